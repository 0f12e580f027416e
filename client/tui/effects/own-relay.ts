import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:http2";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { relayAnswers } from "../../core/account/find-relay.ts";
import { ChatError } from "../../core/chat-error.ts";
import { chooseRelay } from "../../core/connection/connect.ts";
import { freePort } from "../../core/connection/free-port.ts";

/** The relay of an earlier client needs a moment to end. */
const PATIENCE_MS = 15_000;
const PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
const LOG_KEPT = 4_096;

export interface OwnRelayParts {
  /** Where its address is kept, and its data, as `chat relay` keeps them. */
  readonly home: string;
  /** When it aborts, the relay ends. */
  readonly signal: AbortSignal;
  /** `chat`. */
  readonly program?: readonly string[];
}

/**
 * A relay on this machine that runs as long as a client is open: `chat relay`, with its own PostgreSQL, as a process
 * that ends with this one.
 */
export class OwnRelay {
  readonly #parts: OwnRelayParts;
  #child: ChildProcess | undefined;
  #kept: string | undefined;

  constructor(parts: OwnRelayParts) {
    this.#parts = parts;
  }

  /** Where a client of this home runs one; undefined: none ever did. */
  get address(): string | undefined {
    try {
      return chooseRelay(readFileSync(this.#addressFile, "utf8").trim()).url;
    } catch {
      return undefined;
    }
  }

  /** The address of the one that runs where relays run, or else of one that is started now. */
  async start(): Promise<{ readonly url: string; readonly isOwn: boolean }> {
    const own = this.address;
    const { url, port } = chooseRelay(own);
    if (await relayAnswers(url)) return { url, isOwn: own !== undefined };
    const started = await this.#startPatiently(own === undefined ? await freePort(port) : port);
    writeFileSync(this.#addressFile, `${started}\n`, { mode: 0o600 });
    return { url: started, isOwn: true };
  }

  /** If this relay is one's own: starts it whenever nobody answers there, until the client ends. */
  async keep(url: string, onTrouble: (error: unknown) => void): Promise<void> {
    const { signal } = this.#parts;
    if (url !== this.address || url === this.#kept) return;
    this.#kept = url;
    let pause = PAUSE_MS;
    while (!signal.aborted) {
      try {
        if (!(await relayAnswers(url))) await this.#startPatiently(chooseRelay(url).port);
        pause = PAUSE_MS;
        await this.#end(url);
      } catch (error) {
        if (!signal.aborted) onTrouble(error);
        pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
      }
      await sleep(pause, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  get #addressFile(): string {
    return join(this.#parts.home, "relay.url");
  }

  /** Another client may have been quicker, or its relay may be ending. */
  async #startPatiently(port: number): Promise<string> {
    const patience = performance.now() + PATIENCE_MS;
    for (;;) {
      try {
        return await this.#launch(port);
      } catch (error) {
        const url = `http://127.0.0.1:${port}`;
        if (port !== 0 && (await relayAnswers(url))) return url;
        const isPassing = error instanceof StartFailure && error.reason === "data_folder_in_use";
        if (!isPassing || performance.now() > patience) throw error;
        await sleep(PAUSE_MS, undefined, { signal: this.#parts.signal });
      }
    }
  }

  #launch(port: number): Promise<string> {
    const { home, signal, program = [process.execPath, process.argv[1] ?? ""] } = this.#parts;
    const [file = "", ...parameters] = program;
    signal.throwIfAborted();
    // PostgreSQL, which as root runs as somebody else, must get through to its folder.
    mkdirSync(home, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 });
    const options = ["--listen", `127.0.0.1:${port}`, "--data", join(home, "relay"), "--json"];
    const child = spawn(file, [...parameters, "relay", ...options], {
      // The channel tells it when this process ends. In a session of its own, as Ctrl-Z is not meant for it.
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      detached: true,
    });
    child.unref();
    child.channel?.unref();
    const stop = () => {
      if (child.connected) child.disconnect();
    };
    signal.addEventListener("abort", stop, { once: true });
    let [said, log] = ["", ""];
    return new Promise((resolve, reject) => {
      child.stdout?.setEncoding("utf8").on("data", (text: string) => {
        said += text;
        const url = /^relay ready on (\S+)\n/.exec(said)?.[1];
        if (url === undefined) return;
        this.#child = child;
        resolve(url);
      });
      child.stderr?.setEncoding("utf8").on("data", (text: string) => {
        log = (log + text).slice(-LOG_KEPT);
      });
      child.once("error", (cause) => reject(failure(log, cause)));
      child.once("close", () => {
        signal.removeEventListener("abort", stop);
        if (this.#child === child) this.#child = undefined;
        reject(failure(log));
      });
    });
  }

  /** Resolves when the relay there has ended. */
  #end(url: string): Promise<void> {
    const { signal } = this.#parts;
    const child = this.#child;
    return new Promise((resolve) => {
      const settle = () => {
        signal.removeEventListener("abort", settle);
        line?.destroy();
        resolve();
      };
      signal.addEventListener("abort", settle, { once: true });
      // That of another client: a connection without calls ends with it.
      const line = child === undefined ? connect(url) : undefined;
      line?.on("error", () => undefined).once("close", settle);
      line?.unref();
      child?.once("close", settle);
    });
  }
}

class StartFailure extends ChatError {
  /** The relay's own word for it. */
  readonly reason: string;

  constructor(reason: string, message: string, hint: string) {
    super("relay_unreachable", message, { hint });
    this.reason = reason;
  }
}

/** Its last words are JSON. */
function failure(log: string, cause?: unknown): Error {
  for (const line of log.trim().split("\n").reverse()) {
    try {
      const { type, code, message, hint } = JSON.parse(line);
      if (type === "error") return new StartFailure(String(code), String(message), String(hint));
    } catch {
      // not a whole line
    }
  }
  return new ChatError("relay_unreachable", "The relay ended as soon as it was started.", {
    hint: "Run `chat relay` in another terminal to see why.",
    cause,
  });
}
