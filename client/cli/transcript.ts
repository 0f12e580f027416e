import type { Message } from "../core/message.ts";
import { safeBlock, safeText } from "../safe-text.ts";
import type { Output } from "./print.ts";
import { clock, dayLine, sameDay } from "./times.ts";

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
    const time = new Date(message.sentAt);
    const now = this.#options.now();
    if (this.#day === undefined ? !sameDay(time, now) : !sameDay(time, this.#day)) {
      output.line(output.paint("dim", `── ${dayLine(time, now)} ──`));
    }
    this.#day = time;
    this.fit([message]);
    const who = this.#who(message).padEnd(this.#nameWidth);
    const isOwn = message.from === this.#own;
    const text = indent(safeBlock(message.text), STAMP + this.#nameWidth + 2);
    const shown = message.content === "text" ? text : output.paint("dim", text);
    const name = output.paint(isOwn ? "dim" : "cyan", who);
    output.line(`${output.paint("dim", clock(time))}  ${name}  ${shown}${this.#mark(message)}`);
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

/** Lines after the first begin where the first does: no line of a text can pass for a message. */
function indent(block: string, columns: number): string {
  return block.replaceAll("\n", `\n${" ".repeat(columns)}`);
}
