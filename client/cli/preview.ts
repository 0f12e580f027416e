import { safeText } from "../safe-text.ts";

const LENGTH = 60;

/** The beginning of a text on one line, cut between characters as people see them. */
export function preview(text: string): string {
  const line = safeText(text.slice(0, 20 * LENGTH).replace(/\s+/g, " "));
  const shown = Array.from(new Intl.Segmenter().segment(line), ({ segment }) => segment);
  return shown.length <= LENGTH ? line : `${shown.slice(0, LENGTH - 1).join("")}…`;
}
