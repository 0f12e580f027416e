import { Writable } from "node:stream";
import type { ReadStream, WriteStream } from "node:tty";
import { type Input, KeyReader } from "./keys.ts";

/** UTF-16 units of what was written to standard error meanwhile. */
const MAX_KEPT_ERRORS = 64 * 1024;

const CSI = "\u001b[";
const OSC_TITLE = "\u001b]2;";
const BELL = "\u0007";

/**
 * Other screen, cursor hidden, pastes and focus reported, keys told apart (kitty protocol; terminals without it ignore
 * that), and the title kept for later. Terminals differ in how wide some characters are: a row that is too wide for this
 * one is cut, since one that went on in the next would push the whole screen out of place. Each has its end in `LEAVE`, in
 * the opposite order: some belong to the screen.
 */
const ENTER = `${CSI}22;2t${CSI}?1049h${CSI}?7l${CSI}?25l${CSI}?2004h${CSI}?1004h${CSI}>1u`;
const LEAVE = `${CSI}?2026l${CSI}0m${CSI}<u${CSI}?1004l${CSI}?2004l${CSI}?25h${CSI}?7h${CSI}?1049l${CSI}23;2t`;
const MOUSE_ON = `${CSI}?1000h${CSI}?1006h`;
const MOUSE_OFF = `${CSI}?1006l${CSI}?1000l`;
/** Ink goes down over what stays as it is row by row, which is most of what a key costs a slow line. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: what Ink writes, not what somebody wrote
const DOWN = /(?:\u001b\[E){2,}/g;
/** Its end is the end of the frame that Ink draws after it. */
const CLEAR = `${CSI}?2026h${CSI}0m${CSI}H${CSI}2J`;

export interface Streams {
  readonly input: ReadStream;
  readonly output: WriteStream;
  /** What is written here meanwhile would spoil the screen: it is kept until the terminal is given back. */
  readonly errors: WriteStream;
}

export interface TerminalEvents {
  /** All that one piece of input held. */
  readonly input: (inputs: readonly Input[]) => void;
  readonly resize: () => void;
  /** The terminal is gone. */
  readonly gone: () => void;
}

/** The terminal while the client has it, and the only place that changes its modes or gives it back. */
export class Terminal {
  /** Where Ink draws. What it writes while the terminal is not ours goes nowhere. */
  readonly canvas: Canvas;
  readonly #input: ReadStream;
  readonly #output: WriteStream;
  readonly #errors: WriteStream;
  #keptErrors = "";
  readonly #events: TerminalEvents;
  #keys = new KeyReader();
  #silence: NodeJS.Timeout | undefined;
  #isOurs = false;
  #hasMouse = false;
  #title = "";

  constructor({ input, output, errors }: Streams, events: TerminalEvents) {
    this.#input = input;
    this.#output = output;
    this.#errors = errors;
    this.#events = events;
    this.canvas = new Canvas((text) => this.#write(text));
    input.on("error", this.#onGone);
    output.on("error", this.#onGone);
  }

  /** In cells. A terminal that has no size yet says 0. */
  get size(): { readonly columns: number; readonly rows: number } {
    return { columns: this.#output.columns || 80, rows: this.#output.rows || 24 };
  }

  /** Takes the terminal over; also again, after something else had it or the process was stopped. */
  enter(): void {
    // Node does not change a mode that it believes to be set, whatever somebody else did to the terminal meanwhile.
    this.#setRaw(false);
    this.#setRaw(true);
    if (!this.#isOurs) {
      this.#isOurs = true;
      this.#keys = new KeyReader();
      this.#input.setEncoding("utf8").on("data", this.#onData).on("end", this.#onGone);
      this.#output.on("resize", this.#onResize);
      this.#input.ref();
      this.#input.resume();
      this.#keepErrors();
    }
    this.#write(ENTER + (this.#hasMouse ? MOUSE_ON : ""));
    if (this.#title !== "") this.#write(titled(this.#title));
  }

  /** Gives it back as it was. Safe at any time, in a handler of the process's end too. */
  leave(): void {
    if (!this.#isOurs) return;
    clearTimeout(this.#silence);
    this.#write((this.#hasMouse ? MOUSE_OFF : "") + LEAVE);
    this.#isOurs = false;
    this.#input.off("data", this.#onData).off("end", this.#onGone);
    this.#output.off("resize", this.#onResize);
    this.#input.pause();
    this.#setRaw(false);
    this.#releaseErrors();
  }

  setMouse(hasMouse: boolean): void {
    if (hasMouse === this.#hasMouse) return;
    this.#hasMouse = hasMouse;
    this.#write(hasMouse ? MOUSE_ON : MOUSE_OFF);
  }

  setTitle(title: string): void {
    if (title === this.#title) return;
    this.#title = title;
    this.#write(titled(title));
  }

  bell(): void {
    this.#write(BELL);
  }

  notify(sequence: string): void {
    this.#write(sequence);
  }

  /** Into the clipboard of whoever sits at the terminal, over SSH too (OSC 52). */
  copy(text: string): void {
    this.#write(`\u001b]52;c;${Buffer.from(text).toString("base64")}${BELL}`);
  }

  #write(text: string): void {
    if (!this.#isOurs || !this.#output.writable) return;
    this.#output.write(text);
  }

  #keepErrors(): void {
    if (!this.#errors.isTTY) return;
    const keep = (chunk: string | Uint8Array, ...rest: unknown[]): boolean => {
      if (this.#keptErrors.length < MAX_KEPT_ERRORS) {
        this.#keptErrors += typeof chunk === "string" ? chunk : Buffer.from(chunk).toString();
      }
      const done = rest.at(-1);
      if (typeof done === "function") done();
      return true;
    };
    // Warnings of Node and of libraries come this way too, past everything that could be asked to keep quiet.
    this.#errors.write = keep as WriteStream["write"];
  }

  #releaseErrors(): void {
    Reflect.deleteProperty(this.#errors, "write");
    if (this.#keptErrors !== "") this.#errors.write(this.#keptErrors);
    this.#keptErrors = "";
  }

  #setRaw(isRaw: boolean): void {
    try {
      this.#input.setRawMode(isRaw);
    } catch {
      // The terminal is gone, or belongs to another process group by now.
    }
  }

  readonly #onData = (chunk: string): void => {
    clearTimeout(this.#silence);
    this.#hear(this.#keys.push(chunk));
    const { patience } = this.#keys;
    if (patience !== undefined) this.#silence = setTimeout(() => this.#hear(this.#keys.flush()), patience);
  };

  readonly #onResize = (): void => this.#events.resize();
  readonly #onGone = (): void => this.#events.gone();

  #hear(inputs: readonly Input[]): void {
    if (inputs.length > 0) this.#events.input(inputs);
  }
}

function titled(title: string): string {
  return `${OSC_TITLE}${title}${BELL}`;
}

/**
 * The terminal as Ink sees it. It never says that its size changed: at a new size everything is wiped and drawn anew,
 * once, instead of the old frame and then the new one. What Ink writes for one frame goes out in one piece.
 */
export class Canvas extends Writable {
  readonly isTTY = true;
  columns = 80;
  rows = 24;
  readonly #write: (text: string) => void;
  #kept: string | undefined;

  constructor(write: (text: string) => void) {
    super({ decodeStrings: false });
    this.#write = write;
  }

  /** Draws, at this size, and sends what was written meanwhile at its end. */
  inOnePiece(work: () => void): void {
    this.#kept = "";
    try {
      work();
    } finally {
      const text = this.#kept;
      this.#kept = undefined;
      if (text !== "") this.#write(text.replace(DOWN, (run) => `${CSI}${run.length / 3}E`));
    }
  }

  /** Wipes the terminal. `forget` has whoever draws forget what it has drawn, which it may want to write about. */
  wipe(forget: () => void): void {
    forget();
    this.#kept = CLEAR;
  }

  override _write(chunk: string | Buffer, _encoding: BufferEncoding, done: () => void): void {
    const text = String(chunk);
    if (this.#kept === undefined) this.#write(text);
    else this.#kept += text;
    done();
  }
}
