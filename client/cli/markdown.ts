import type { Message } from "../core/messages/message.ts";
import { safeBlock, safeText } from "../safe-text.ts";
import { clock, dateOf } from "./times.ts";

/** What could begin a link, an image, HTML, emphasis, code, a table, a formula or an entity. */
const special = /[\\`*_[\]<>&|~$]/g;
/** What means something at the beginning of a line: headings, lists, rules, underlines. */
const atBeginning = /^(\s*)([#+=-]|\d{1,9}(?=[.)]))/;
type Shown = Pick<Message, "conversation" | "from" | "text" | "edited" | "deleted" | "sentAt" | "state"> &
  Pick<Message, "sharedBy">;

/**
 * Messages as Markdown, one after the other: a heading for each day, then who, when and the text as a quotation. Texts
 * and names come from afar: nothing in them is markup, and nothing a terminal obeys.
 */
export class MarkdownLog {
  readonly #showsConversations: boolean;
  #day = "";

  constructor(options: { manyConversations: boolean }) {
    this.#showsConversations = options.manyConversations;
  }

  title(name: string | undefined): string {
    return `# ${name === undefined ? "All conversations" : escapeLine(name)}\n`;
  }

  entry(message: Shown): string {
    const time = dateOf(message.sentAt);
    const weekday = time.toLocaleDateString("en-GB", { weekday: "long" });
    const day = `${weekday} ${time.toLocaleDateString("en-GB", { dateStyle: "long" })}`;
    const heading = day === this.#day ? "" : `\n## ${day}\n`;
    this.#day = day;
    const where = this.#showsConversations ? ` in ${escapeLine(message.conversation)}` : "";
    const head = `**${escapeLine(message.from)}**${where}, ${clock(time)}${noteOf(message)}`;
    const body = message.text === "" ? "" : `\n${quote(message.text)}\n`;
    return `${heading}\n${head}\n${body}`;
  }
}

function noteOf({ deleted, edited, state, sharedBy }: Shown): string {
  if (deleted) return " (deleted)";
  if (state === "queued") return " (queued)";
  if (state === "failed") return " (not sent)";
  const notes = [
    ...(edited ? ["edited"] : []),
    ...(sharedBy === null ? [] : [`shared by ${escapeLine(sharedBy)}`]),
  ];
  return notes.length === 0 ? "" : ` (${notes.join(", ")})`;
}

/** Each line of its own, by two spaces at the end of all but the last of a paragraph. */
function quote(text: string): string {
  const lines = safeBlock(text).split("\n").map(escapeBlockLine);
  return lines
    .map((line, at) => {
      const isLast = (lines[at + 1] ?? "").trim() === "";
      if (line.trim() === "") return ">";
      return `> ${line.trimEnd()}${isLast ? "" : "  "}`;
    })
    .join("\n");
}

function escapeLine(text: string): string {
  return safeText(text).replace(special, "\\$&");
}

function escapeBlockLine(line: string): string {
  return line
    .replace(special, "\\$&")
    .replace(atBeginning, (_, space: string, mark: string) =>
      /\d/.test(mark) ? `${space}${mark}\\` : `${space}\\${mark}`,
    )
    .replace(/^ +/, (spaces) => "\u00a0".repeat(spaces.length));
}
