// Notifications outside the window, by escape sequences that some terminals turn into those of the desktop.
import { safeText } from "../safe-text.ts";

export interface Notification {
  /** Whom or where it is from. */
  readonly title: string;
  readonly text: string;
}

/** `bell`: the terminal knows no sequence for it, or is not known to know one. */
export type NotificationWay = "osc 9" | "osc 777" | "bell";

/** UTF-16 units. */
const MAX_TITLE = 80;
const MAX_TEXT = 240;

/** Whoever writes again within this time is in the same burst, of which only the first message is told. */
const BURST_MS = 4_000;

/**
 * By what terminals say of themselves. In tmux or screen the sequences get through only where that is allowed; their
 * bell always does.
 */
export function notificationWay({
  TMUX,
  STY,
  TERM = "",
  TERM_PROGRAM = "",
  VTE_VERSION,
}: Readonly<Record<string, string | undefined>>): NotificationWay {
  if (TMUX !== undefined || STY !== undefined) return "bell";
  if (/^(iTerm\.app|WezTerm|ghostty)$/.test(TERM_PROGRAM) || /^xterm-(kitty|ghostty)$/.test(TERM)) {
    return "osc 9";
  }
  return /^(foot|rxvt)/.test(TERM) || VTE_VERSION !== undefined ? "osc 777" : "bell";
}

/** With nothing in it that ends the sequence, parts its fields, or is a command of its own. */
export function notificationSequence(way: NotificationWay, { title, text }: Notification): string {
  const [head, body] = [harmless(title, MAX_TITLE), harmless(text, MAX_TEXT)];
  switch (way) {
    case "osc 9":
      return `\u001b]9;${head}: ${body}\u0007`;
    case "osc 777":
      return `\u001b]777;notify;${head};${body}\u0007`;
    case "bell":
      return "";
  }
}

function harmless(text: string, most: number): string {
  const line = safeText(
    text
      .slice(0, 2 * most)
      .toWellFormed()
      .replace(/\s+/gu, " ")
      .trim(),
  );
  const cut = line.length > most ? `${line.slice(0, most - 1).toWellFormed()}…` : line;
  return cut.replaceAll(";", ",");
}

/** Tells the first of a burst from those that follow it. */
export class Bursts {
  #last = Number.NEGATIVE_INFINITY;

  begins(now: number): boolean {
    const isFirst = now - this.#last >= BURST_MS;
    this.#last = now;
    return isFirst;
  }
}
