import { type IPty, spawn } from "@lydell/node-pty";
import xterm from "@xterm/headless";
import stringWidth from "string-width";

const PATIENCE_MS = 15_000;

export interface Ending {
  readonly code: number;
  /** 0 if none did. */
  readonly signal: number;
}

/** One cell of the screen, as a terminal shows it. Colours: a place in its palette, or `#rrggbb`. */
export interface Cell {
  /** Empty where nothing was written. */
  readonly text: string;
  /** 2 of a wide character, 0 of the cell that it covers. */
  readonly width: number;
  readonly color: number | string | undefined;
  readonly background: number | string | undefined;
  readonly isBold: boolean;
  readonly isDim: boolean;
  readonly isUnderlined: boolean;
  readonly isInverse: boolean;
}

export interface TerminalOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly env?: Record<string, string>;
  readonly cwd?: string;
}

/** A program in a real pseudo-terminal, and the screen that a person would see. */
export class VirtualTerminal {
  readonly exited: Promise<Ending>;
  readonly #pty: IPty;
  readonly #screen: xterm.Terminal;
  readonly #listeners = new Set<() => void>();
  #output = "";
  #ending: Ending | undefined;
  #title = "";

  constructor(command: readonly [string, ...string[]], options: TerminalOptions = {}) {
    const { columns: cols = 80, rows = 24, env = {}, cwd } = options;
    const [file, ...parameters] = command;
    this.#screen = new xterm.Terminal({ cols, rows, scrollback: 1_000, allowProposedApi: true });
    this.#screen.unicode.register(widths);
    this.#screen.unicode.activeVersion = widths.version;
    this.#pty = spawn(file, parameters, {
      name: "xterm-256color",
      cols,
      rows,
      env: { PATH: process.env["PATH"] ?? "", LANG: "C.UTF-8", TZ: "UTC", ...env },
      ...(cwd === undefined ? {} : { cwd }),
    });
    this.#pty.onData((data) => {
      this.#output += data;
      this.#screen.write(data, () => this.#look());
    });
    // Answers to what the program asks the terminal.
    this.#screen.onData((data) => this.type(data));
    this.#screen.onTitleChange((title) => {
      this.#title = title;
    });
    this.exited = new Promise((resolve) => {
      this.#pty.onExit(({ exitCode, signal }) => {
        this.#ending = { code: exitCode, signal: signal ?? 0 };
        resolve(this.#ending);
        this.#look();
      });
    });
  }

  get pid(): number {
    return this.#pty.pid;
  }

  /** All bytes that the program wrote. */
  get output(): string {
    return this.#output;
  }

  get title(): string {
    return this.#title;
  }

  /** On the screen that full-screen programs have to themselves. */
  get isOnOtherScreen(): boolean {
    return this.#screen.buffer.active.type === "alternate";
  }

  get modes(): xterm.IModes {
    return this.#screen.modes;
  }

  get isCursorShown(): boolean {
    return this.#output.lastIndexOf("\u001b[?25h") >= this.#output.lastIndexOf("\u001b[?25l");
  }

  get cursor(): { readonly x: number; readonly y: number } {
    const { cursorX: x, cursorY: y } = this.#screen.buffer.active;
    return { x, y };
  }

  /** What is on the screen, without blanks at the end of rows. */
  rows(): string[] {
    const { active } = this.#screen.buffer;
    return Array.from({ length: this.#screen.rows }, (_, y) => {
      return active.getLine(active.baseY + y)?.translateToString(true) ?? "";
    });
  }

  cells(): Cell[][] {
    const { active } = this.#screen.buffer;
    return Array.from({ length: this.#screen.rows }, (_, y) => {
      const line = active.getLine(active.baseY + y);
      return Array.from({ length: this.#screen.cols }, (_, x) => cellOf(line?.getCell(x)));
    });
  }

  screen(): string {
    return this.rows().join("\n");
  }

  /** Everything, with what has scrolled away. */
  history(): string {
    const { active } = this.#screen.buffer;
    return Array.from({ length: active.length }, (_, y) => active.getLine(y)?.translateToString(true)).join(
      "\n",
    );
  }

  type(text: string): void {
    if (this.#ending === undefined) this.#pty.write(text);
  }

  paste(text: string): void {
    this.type(this.modes.bracketedPasteMode ? `\u001b[200~${text}\u001b[201~` : text);
  }

  /** With the left button, on a cell counted from 0. */
  click(x: number, y: number): void {
    this.type(`\u001b[<0;${x + 1};${y + 1}M\u001b[<0;${x + 1};${y + 1}m`);
  }

  resize(columns: number, rows: number): void {
    this.#screen.resize(columns, rows);
    this.#pty.resize(columns, rows);
  }

  kill(signal: NodeJS.Signals): void {
    this.#pty.kill(signal);
  }

  /** Resolves with the screen that shows it. */
  async shows(what: string | RegExp, patience = PATIENCE_MS): Promise<string> {
    await this.until(
      () => (typeof what === "string" ? this.screen().includes(what) : what.test(this.screen())),
      `the screen shows ${what}`,
      patience,
    );
    return this.screen();
  }

  async until(test: () => boolean, what: string, patience = PATIENCE_MS): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const look = () => {
        if (!test()) return;
        settle();
        resolve();
      };
      const timer = setTimeout(() => {
        settle();
        const end = this.#ending === undefined ? "" : `\nexit ${this.#ending.code}/${this.#ending.signal}`;
        reject(new Error(`waited in vain until ${what}${end}\n${this.#framed()}`));
      }, patience);
      // Modes and the like change without anything being drawn.
      const again = setInterval(look, 50);
      const settle = () => {
        clearTimeout(timer);
        clearInterval(again);
        this.#listeners.delete(look);
      };
      this.#listeners.add(look);
      look();
    });
  }

  /** Closes the terminal, as closing its window does. */
  async hangUp(): Promise<void> {
    // Its types leave this out.
    (this.#pty as IPty & { destroy(): void }).destroy();
    await this.exited;
  }

  async close(): Promise<void> {
    if (this.#ending === undefined) this.#pty.kill("SIGKILL");
    await this.exited;
    this.#screen.dispose();
  }

  #look(): void {
    for (const listener of this.#listeners) listener();
  }

  #framed(): string {
    const edge = "─".repeat(this.#screen.cols);
    return [edge, ...this.rows(), edge].join("\n");
  }
}

/** Characters as wide as terminals of today show them: those that know emoji, each code point by itself. */
const widths: xterm.IUnicodeVersionProvider & {
  charProperties(codePoint: number, preceding: number): number;
} = {
  version: "today",
  wcwidth(codePoint) {
    if (codePoint < 0x300) return codePoint < 0x20 || (codePoint > 0x7e && codePoint < 0xa0) ? 0 : 1;
    return Math.min(2, stringWidth(String.fromCodePoint(codePoint))) as 0 | 1 | 2;
  },
  /** As the terminal's own: what has no width joins what is before it. */
  charProperties(codePoint, preceding) {
    const before = (preceding >> 1) & 3;
    const width = this.wcwidth(codePoint);
    const joins = width === 0 && before > 0;
    return ((joins ? before : width) << 1) | Number(joins);
  },
};

function cellOf(cell: xterm.IBufferCell | undefined): Cell {
  const color = (isPalette: boolean | undefined, isRgb: boolean | undefined, value = 0) =>
    isRgb ? `#${value.toString(16).padStart(6, "0")}` : isPalette ? value : undefined;
  return {
    text: cell?.getChars() ?? "",
    width: cell?.getWidth() ?? 1,
    color: color(cell?.isFgPalette(), cell?.isFgRGB(), cell?.getFgColor()),
    background: color(cell?.isBgPalette(), cell?.isBgRGB(), cell?.getBgColor()),
    isBold: cell?.isBold() !== 0,
    isDim: cell?.isDim() !== 0,
    isUnderlined: cell?.isUnderline() !== 0,
    isInverse: cell?.isInverse() !== 0,
  };
}
