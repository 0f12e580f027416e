import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const LAUNCHER = fileURLToPath(new URL("../../bin/chat.js", import.meta.url));

/** What a finished `chat` process left behind. `code` is null if a signal ended it. */
export interface Finished {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  /** Standard input; closed and empty unless given. */
  input?: string | Uint8Array;
  env?: Record<string, string>;
  /** Milliseconds after which the process is killed and the test fails. */
  timeout?: number;
}

/** A `chat` process that is still running: `chat tail`, or one that a test will kill. */
export interface Running {
  readonly process: ChildProcess;
  readonly finished: Promise<Finished>;
  /** Lines of stdout so far. */
  lines(): string[];
  /** Resolves as soon as `test` holds for the lines of stdout; rejects after `timeout` milliseconds. */
  until(test: (lines: string[]) => boolean, timeout?: number): Promise<string[]>;
  kill(signal?: NodeJS.Signals): Promise<Finished>;
}

/** One person at one machine: a `CHAT_HOME` of their own, and real `chat` processes on it. */
export class Person {
  readonly name: string;
  readonly home: string;
  readonly #relay: string;
  readonly #running = new Set<Running>();

  constructor(name: string, home: string, relay: string) {
    this.name = name;
    this.home = home;
    this.#relay = relay;
  }

  get passwordFile(): string {
    return join(this.home, "password");
  }

  get recoveryFile(): string {
    return join(this.home, "recovery");
  }

  environment(extra: Record<string, string> = {}): Record<string, string> {
    return {
      PATH: process.env["PATH"] ?? "",
      HOME: this.home,
      CHAT_HOME: join(this.home, "chat"),
      CHAT_RELAY: this.#relay,
      TZ: "UTC",
      LANG: "C.UTF-8",
      ...extra,
    };
  }

  /** Starts `chat ARGUMENTS`. */
  start(arguments_: string[], options: RunOptions = {}): Running {
    const child = spawn(process.execPath, [LAUNCHER, ...arguments_], {
      env: this.environment(options.env),
      stdio: ["pipe", "pipe", "pipe"],
    });
    const running = watch(child);
    this.#running.add(running);
    void running.finished.finally(() => this.#running.delete(running));
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(options.input ?? "");
    return running;
  }

  /** Runs `chat ARGUMENTS` to its end. */
  async chat(arguments_: string[], options: RunOptions = {}): Promise<Finished> {
    const running = this.start(arguments_, options);
    const limit = options.timeout ?? 45_000;
    const timer = setTimeout(() => running.process.kill("SIGKILL"), limit);
    try {
      const finished = await running.finished;
      if (finished.signal === "SIGKILL") {
        throw new Error(`chat ${arguments_.join(" ")} did not end in ${limit} ms\n${report(finished)}`);
      }
      return finished;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Runs `chat ARGUMENTS`, expects exit 0 and gives its stdout. */
  async ok(arguments_: string[], options: RunOptions = {}): Promise<string> {
    const finished = await this.chat(arguments_, options);
    if (finished.code !== 0) throw new Error(`chat ${arguments_.join(" ")}\n${report(finished)}`);
    return finished.stdout;
  }

  /** Runs `chat ARGUMENTS --json`, expects exit 0 and gives the objects. */
  async json(arguments_: string[], options: RunOptions = {}): Promise<Record<string, unknown>[]> {
    return parseLines(await this.ok([...arguments_, "--json"], options));
  }

  async register(): Promise<void> {
    await writeFile(this.passwordFile, `correct horse ${this.name}\n`);
    await this.ok([
      "register",
      this.name,
      "--password-file",
      this.passwordFile,
      "--recovery-file",
      this.recoveryFile,
    ]);
    // People of tests talk at once; those of requests turn them on.
    await this.ok(["settings", "requests", "off"]);
  }

  /** Kills what still runs. */
  async endAll(): Promise<void> {
    await Promise.all([...this.#running].map((running) => running.kill("SIGKILL")));
  }

  async leave(): Promise<void> {
    await this.endAll();
    await rm(this.home, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** A person with an empty home. Call `leave` at the end. */
export async function newcomer(name: string, relay: string): Promise<Person> {
  return new Person(name, await mkdtemp(join(tmpdir(), `sotto-${name}-`)), relay);
}

/** A person who has made an account with `chat register`. */
export async function registered(name: string, relay: string): Promise<Person> {
  const someone = await newcomer(name, relay);
  await someone.register();
  return someone;
}

export function parseLines(text: string): Record<string, unknown>[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

function report(finished: Finished): string {
  return `exit ${finished.code ?? finished.signal}\n--- stdout\n${finished.stdout}\n--- stderr\n${finished.stderr}`;
}

/** Collects the output of a child process. */
export function watch(child: ChildProcess): Running {
  let stdout = "";
  let stderr = "";
  const listeners = new Set<() => void>();
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    for (const listener of listeners) listener();
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const finished = new Promise<Finished>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      resolve({ code, signal, stdout, stderr });
      for (const listener of listeners) listener();
    });
  });
  const lines = () => stdout.split("\n").filter((line) => line !== "");
  return {
    process: child,
    finished,
    lines,
    until: (test, timeout = 30_000) =>
      new Promise((resolve, reject) => {
        const settle = (end: () => void) => {
          clearTimeout(timer);
          listeners.delete(look);
          end();
        };
        const look = () => {
          if (test(lines())) settle(() => resolve(lines()));
          else if (child.exitCode !== null || child.signalCode !== null) {
            settle(() => reject(new Error(`ended early\n--- stdout\n${stdout}\n--- stderr\n${stderr}`)));
          }
        };
        const timer = setTimeout(
          () =>
            settle(() => reject(new Error(`waited in vain\n--- stdout\n${stdout}\n--- stderr\n${stderr}`))),
          timeout,
        );
        listeners.add(look);
        look();
      }),
    kill: (signal = "SIGTERM") => {
      child.kill(signal);
      return finished;
    },
  };
}
