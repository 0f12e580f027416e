import { styleText } from "node:util";
import { ChatError } from "../core/chat-error.ts";
import { safeJson } from "../safe-text.ts";

export interface OutputOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly color: boolean;
}

type Style = "bold" | "dim" | "red" | "yellow" | "cyan";
type Stream = NodeJS.WritableStream & { isTTY?: boolean; columns?: number };

/** The only writer of standard output: results go there, all else to standard error. Lines are already safe. */
export class Output {
  readonly json: boolean;
  readonly quiet: boolean;
  /** Aborts when nobody reads standard output any more, or it cannot be written. */
  readonly closed: AbortSignal;
  readonly #out: Stream;
  readonly #err: Stream;
  readonly #color: { out: boolean; err: boolean };
  readonly #closing = new AbortController();
  #failure: ChatError | undefined;

  constructor(options: OutputOptions, out: Stream = process.stdout, err: Stream = process.stderr) {
    this.json = options.json;
    this.quiet = options.quiet;
    this.#out = out;
    this.#err = err;
    this.#color = { out: options.color && out.isTTY === true, err: options.color && err.isTTY === true };
    this.closed = this.#closing.signal;
    out.on("error", (error: NodeJS.ErrnoException) => this.#fail(error));
    err.on("error", () => undefined);
  }

  /** Whether results for a person may have colours. */
  get hasColors(): boolean {
    return this.#color.out;
  }

  /** Whether somebody looks at results. */
  get isTerminal(): boolean {
    return this.#out.isTTY === true;
  }

  /** A line, or several, of a result for a person. */
  line(text: string): void {
    if (!this.closed.aborted) this.#out.write(`${text}\n`);
  }

  /** A result for a script: one line of compact JSON. */
  object(value: object): void {
    this.line(safeJson(value));
  }

  /** The same on standard error. */
  errorObject(value: object): void {
    this.warn(safeJson(value));
  }

  /** Something to know beside the result. */
  note(text: string): void {
    if (!this.quiet && !this.json) this.warn(text);
  }

  /** Something that must be said even to who asked for quiet. */
  warn(text: string): void {
    this.#err.write(`${text}\n`);
  }

  /** Part of a line of a result. */
  paint(style: Style, text: string): string {
    return paint(this.#color.out, style, text);
  }

  /** Part of a line of a note. */
  paintNote(style: Style, text: string): string {
    return paint(this.#color.err, style, text);
  }

  /** Resolves when everything is written, or nobody wants it. Rejects with `cannot_write`. */
  async flush(): Promise<void> {
    if (!this.closed.aborted) {
      await new Promise<void>((resolve) => {
        this.closed.addEventListener("abort", () => resolve(), { once: true });
        this.#out.write("", () => resolve());
      });
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  #fail(error: NodeJS.ErrnoException): void {
    if (error.code !== "EPIPE") {
      this.#failure = new ChatError("cannot_write", "The output cannot be written.", {
        hint: "Check the disk or the device that it goes to.",
        cause: error,
      });
    }
    this.#closing.abort();
  }
}

function paint(color: boolean, style: Style, text: string): string {
  return color ? styleText(style, text, { validateStream: false }) : text;
}
