// A program in a real pseudo-terminal, and what it does there, measured.
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { type IPty, spawn } from "@lydell/node-pty";
import xterm from "@xterm/headless";

const PATIENCE_MS = 60_000;

export interface Answer {
  /** Milliseconds from the key to the first and to the last that was drawn because of it. */
  readonly first: number;
  readonly last: number;
  readonly bytes: number;
  /** Milliseconds that the processor worked on it. */
  readonly work: number;
}

export class InTerminal {
  readonly #pty: IPty;
  readonly #screen: xterm.Terminal;
  readonly #start = performance.now();
  #hear: (data: string) => void = () => undefined;
  #ended = false;
  readonly exited: Promise<void>;

  constructor(
    command: readonly [string, ...string[]],
    size: { readonly columns: number; readonly rows: number },
    env: Record<string, string>,
  ) {
    const [file, ...parameters] = command;
    this.#screen = new xterm.Terminal({ cols: size.columns, rows: size.rows, allowProposedApi: true });
    this.#pty = spawn(file, parameters, { name: "xterm-256color", cols: size.columns, rows: size.rows, env });
    this.#pty.onData((data) => {
      this.#hear(data);
      this.#screen.write(data);
    });
    this.#screen.onData((data) => this.type(data));
    this.exited = new Promise((resolve) => {
      this.#pty.onExit(() => {
        this.#ended = true;
        resolve();
      });
    });
  }

  type(text: string): void {
    if (!this.#ended) this.#pty.write(text);
  }

  screen(): string {
    const { active } = this.#screen.buffer;
    return Array.from({ length: this.#screen.rows }, (_, y) =>
      (active.getLine(active.baseY + y)?.translateToString(true) ?? "").trimEnd(),
    ).join("\n");
  }

  /** Milliseconds from the start until something on the screen shows it. */
  async shown(test: (screen: string) => boolean, what: string): Promise<number> {
    for (;;) {
      const at = await this.#drawn();
      if (test(this.screen())) return at - this.#start;
      if (this.#ended || performance.now() - this.#start > PATIENCE_MS) {
        throw new Error(`waited in vain for ${what}:\n${this.screen()}`);
      }
    }
  }

  /** When something was drawn next, and the screen has it. */
  #drawn(): Promise<number> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => settle(performance.now()), 1_000);
      const settle = (at: number) => {
        clearTimeout(timer);
        this.#hear = () => undefined;
        // After what was drawn.
        setImmediate(() => this.#screen.write("", () => resolve(at)));
      };
      this.#hear = () => {
        settle(performance.now());
      };
    });
  }

  /** Presses a key and waits until nothing more is drawn. */
  async press(key: string, quietMs: number): Promise<Answer> {
    let first = Number.NaN;
    let last = Number.NaN;
    let bytes = 0;
    const worked = this.work();
    const start = performance.now();
    this.#hear = (data) => {
      last = performance.now() - start;
      if (Number.isNaN(first)) first = last;
      bytes += Buffer.byteLength(data);
    };
    this.type(key);
    await sleep(quietMs);
    this.#hear = () => undefined;
    return { first, last, bytes, work: this.work() - worked };
  }

  /** Milliseconds of the processor so far, in all threads. */
  work(): number {
    return this.#sum((task) => Number(readFileSync(`${task}/schedstat`, "utf8").split(" ")[0]) / 1e6);
  }

  /** How often it went to sleep so far: the thread that runs the program, and those of V8 beside it. */
  sleeps(): { readonly main: number; readonly others: number } {
    const of = (task: string) =>
      Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(read(`${task}/status`))?.[1]);
    const main = of(`/proc/${this.#pty.pid}/task/${this.#pty.pid}`);
    return { main, others: this.#sum(of) - main };
  }

  /** Megabytes. */
  memory(): number {
    return Number(/^VmRSS:\s+(\d+)/m.exec(read(`/proc/${this.#pty.pid}/status`))?.[1]) / 1024;
  }

  async end(): Promise<void> {
    if (!this.#ended) this.#pty.kill("SIGKILL");
    await this.exited;
    this.#screen.dispose();
  }

  #sum(of: (task: string) => number): number {
    const folder = `/proc/${this.#pty.pid}/task`;
    return readdirSync(folder)
      .map((task) => of(`${folder}/${task}`))
      .reduce((sum, each) => sum + each, 0);
  }
}

function read(path: string): string {
  return readFileSync(path, "utf8");
}
