import type { ChatEvent } from "../core/inbox/watch-messages.ts";
import type { Message } from "../core/messages/message.ts";
import { safeBlock, safeText } from "../safe-text.ts";
import type { Output } from "./print.ts";
import { clock, dateOf, dayLine, sameDay } from "./times.ts";

const STAMP = "09:12  ".length;

/** Prints messages one after the other: a line for each day, then time, sender and text in columns. */
export class Transcript {
  readonly #output: Output;
  readonly #own: string;
  readonly #options: { manyConversations: boolean; now: () => Date };
  #day: Date | undefined;
  #nameWidth = 0;

  constructor(output: Output, own: string, options: { manyConversations: boolean; now: () => Date }) {
    this.#output = output;
    this.#own = own;
    this.#options = options;
  }

  /** Makes room for the names of all of these, so that their texts stand in one column. */
  fit(messages: readonly Message[]): void {
    for (const message of messages) this.#nameWidth = Math.max(this.#nameWidth, this.#who(message).length);
  }

  print(message: Message): void {
    const output = this.#output;
    const time = dateOf(message.sentAt);
    const now = this.#options.now();
    if (this.#day === undefined ? !sameDay(time, now) : !sameDay(time, this.#day)) {
      output.line(output.paint("dim", `── ${dayLine(time, now)} ──`));
    }
    this.#day = time;
    this.fit([message]);
    const who = this.#who(message).padEnd(this.#nameWidth);
    const isOwn = message.from === this.#own;
    const margin = STAMP + this.#nameWidth + 2;
    const text = indent(safeBlock(message.deleted ? "[deleted]" : message.text), margin);
    const isWritten = message.content === "text" && !message.deleted;
    const quote =
      message.quote === null ? "" : `${output.paint("dim", quoted(message.quote))}\n${" ".repeat(margin)}`;
    const shown = `${quote}${isWritten ? text : output.paint("dim", text)}`;
    const remedy =
      message.unreadable === null
        ? ""
        : `\n${" ".repeat(margin)}${output.paint("dim", safeText(message.unreadable.remedy))}`;
    const name = output.paint(isOwn ? "dim" : "cyan", who);
    output.line(
      `${output.paint("dim", clock(time))}  ${name}  ${shown}${this.#annotations(message)}${this.#mark(message)}${remedy}`,
    );
  }

  /** What happened beside messages, in a line of its own. */
  printEvent(event: ChatEvent): void {
    const where = this.#options.manyConversations ? ` (${event.conversation})` : "";
    const line = `${clock(dateOf(event.at))}  ${event.from} ${sayEvent(event)}${where}`;
    this.#output.line(this.#output.paint("dim", safeText(line)));
  }

  #annotations({ edited, pinned, sharedBy, votes: { up, down }, reactions }: Message): string {
    const counts = Object.entries(reactions).map(([emoji, by]) => `${emoji} ${by.length}`);
    const parts = [
      edited ? "(edited)" : "",
      pinned ? "(pinned)" : "",
      sharedBy === null ? "" : `(shared by ${sharedBy})`,
      up + down > 0 ? `▲${up} ▼${down}` : "",
      ...counts,
    ].filter((part) => part !== "");
    return parts.length === 0 ? "" : this.#output.paint("dim", safeText(`  ${parts.join("  ")}`));
  }

  #who({ from, conversation }: Message): string {
    const isShownWhere = this.#options.manyConversations && from === this.#own;
    return safeText(isShownWhere ? `${from} → ${conversation}` : from);
  }

  #mark({ state, trouble }: Message): string {
    if (state === "queued") return this.#output.paint("yellow", "  [queued]");
    if (state !== "failed") return "";
    return this.#output.paint("red", safeText(`  [not sent: ${trouble?.text ?? "unknown cause"}]`));
  }
}

const QUOTE_LENGTH = 60;

/** The beginning of what is answered, on one line. */
function quoted({ from, text }: { readonly from: string; readonly text: string }): string {
  const line = text.slice(0, 20 * QUOTE_LENGTH).replace(/\s+/g, " ");
  const shown = Array.from(new Intl.Segmenter().segment(line), ({ segment }) => segment);
  const cut = shown.length > QUOTE_LENGTH ? `${shown.slice(0, QUOTE_LENGTH - 1).join("")}…` : line;
  return safeText(`↳ ${from}: ${cut}`);
}

function sayEvent({ event, message, details }: ChatEvent): string {
  const which = message === null ? "" : ` ${message.slice(0, 8)}`;
  const { value, emoji, member, state, request, added, accepted } = details;
  switch (event) {
    case "edit":
      return `edited${which}`;
    case "delete":
      return `deleted${which}`;
    case "reaction":
      return Array.isArray(emoji) && emoji.length > 0
        ? `reacted ${emoji.join(" ")} to${which}`
        : `took back the reactions to${which}`;
    case "vote":
      return value === "none" ? `took back the vote on${which}` : `voted ${value} on${which}`;
    case "pin":
      return `${value === true ? "pinned" : "unpinned"}${which}`;
    case "receipt":
      return `has ${state === "read" ? "read" : "received"}${which}`;
    case "expired":
      return `wrote${which}, which has disappeared`;
    case "request":
      return request === "invitation"
        ? "invites you: see `chat requests`"
        : "asks to write to you: see `chat requests`";
    case "device_added":
      return `has a new device${typeof added === "string" ? ` ${added.slice(0, 8)}` : ""}`;
    case "key_changed":
      return accepted === true
        ? "is another account now, which you accepted"
        : "has another account key than before: nothing is sent there until you decide";
    default:
      return [event, member].filter((part) => typeof part === "string").join(" ");
  }
}

/** Lines after the first begin where the first does: no line of a text can pass for a message. */
function indent(block: string, columns: number): string {
  return block.replaceAll("\n", `\n${" ".repeat(columns)}`);
}
