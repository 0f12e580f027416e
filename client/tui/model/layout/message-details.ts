import { safeBlock, safeText } from "../../../safe-text.ts";
import type { MessageEntry } from "../data.ts";
import type { Line, Span, Style } from "../line.ts";
import { textLines } from "./marked-text.ts";
import { nameStyle } from "./message-lines.ts";
import { column, span } from "./spans.ts";
import { wrap } from "./text.ts";
import { clock, day, until } from "./times.ts";

const LABEL = 14;
/** Of the longest text that can be sent, in its worst shape, more than anybody reads. */
const MAX_LINES = 5_000;

const blankLine: Line = { spans: [] };

/** A message, all of it, and all that became of it. */
export function detailLines(message: MessageEntry, me: string, now: number, width: number): readonly Line[] {
  const { from, sentAt, deleted, text, quote } = message;
  const head: Line = {
    spans: [span(from, nameStyle(from)), span(`  ${day(sentAt, now)}, ${clock(sentAt)}`, "dim")],
  };
  const answered = quote === undefined ? [] : [line(`↳ ${quote.from}: ${quote.text}`, "dim")];
  const content = deleted
    ? [line("message deleted", "dim")]
    : textLines(safeBlock(text), width, me, MAX_LINES).map(({ spans }): Line => ({ spans }));
  const became = facts(message, now).flatMap((fact) => factLines(fact, width));
  return [blankLine, head, ...answered, ...content, ...(became.length === 0 ? [] : [blankLine, ...became])];
}

interface Fact {
  readonly label: string;
  readonly text: string;
  readonly style?: Style;
}

const states: Readonly<Record<MessageEntry["state"], string | undefined>> = {
  queued: "queued: it is sent when the relay can be reached",
  sent: "✓ sent: the relay has it",
  delivered: "✓✓ delivered",
  read: "read",
  failed: "failed: it was not sent",
  received: undefined,
};

function facts(message: MessageEntry, now: number): readonly Fact[] {
  const { state, trouble, receipts, edited, pinned, expiresAt, sharedBy, votes, reactions } = message;
  const found: Fact[] = [];
  const add = (label: string, text: string | undefined, style?: Style) => {
    if (text !== undefined && text !== "") found.push({ label, text, ...(style && { style }) });
  };
  add("State", states[state], state === "failed" ? "bad" : "plain");
  if (message.content === "text") add("Trouble", trouble, "bad");
  else {
    add("Why", trouble === undefined ? undefined : capitalized(trouble));
    add("What helps", message.remedy);
  }
  if (receipts !== undefined) {
    const { read, delivered, missing } = receipts;
    const seen = new Set(read);
    add("Read by", read.join(", "));
    add("Delivered to", delivered.filter((name) => !seen.has(name)).join(", "));
    add("Not yet", missing.join(", "), "warn");
  }
  add(
    "Shared by",
    sharedBy && `${sharedBy}, from before your time; nothing proves that it was written so`,
    "warn",
  );
  if (!message.deleted) {
    add("Edited", edited ? "by who wrote it" : undefined);
    add("Pinned", pinned ? "yes" : undefined);
    add("Disappears", expiresAt === undefined ? undefined : `in ${until(expiresAt, now)}`);
    if (votes.up > 0 || votes.down > 0) {
      const mine = votes.mine === undefined ? "" : `, you voted ${votes.mine}`;
      add("Votes", `▲${votes.up} ▼${votes.down}${mine}`);
    }
    for (const { emoji, by } of reactions) add(emoji, by.join(", "));
  }
  return found;
}

function capitalized(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1).replace(/\.$/, "")}.`;
}

function factLines({ label, text, style = "plain" }: Fact, width: number): readonly Line[] {
  const isNarrow = width < 2 * LABEL;
  const rows = wrap(safeText(text), isNarrow ? width : width - LABEL);
  if (isNarrow) return [line(label, "dim"), ...rows.map((row) => line(row, style))];
  return rows.map((row, at): Line => {
    const before: readonly Span[] = at === 0 ? labelled(label) : [span(" ".repeat(LABEL))];
    return { spans: [...before, span(row, style)] };
  });
}

function labelled(label: string): readonly Span[] {
  return [...column(label, LABEL - 1, "dim"), span(" ")];
}

function line(text: string, style: Style): Line {
  return { spans: [span(text, style)] };
}
