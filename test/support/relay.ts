import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Database } from "../../relay/db/pool.ts";
import { type Doors, openDoors } from "../../relay/doors.ts";
import type { Rates } from "../../relay/limits.ts";
import { startRelay } from "../../relay/start-relay.ts";
import { type Finished, type Running, watch } from "./chat.ts";
import { keptLog } from "./log.ts";
import { bringPostgres, freshDatabase } from "./postgres.ts";

/** A relay in this process, on a random port, with a fresh database of the shared PostgreSQL. */
export interface TestRelay {
  readonly url: string;
  readonly database: Database;
  /** Milliseconds that the relay's clock is ahead; change it to let time pass. */
  ahead: number;
  now(): number;
  /** What it has logged so far. */
  log(): string;
  stop(): Promise<void>;
}

export interface TestRelayOptions {
  readonly rates?: Partial<Rates>;
  readonly tls?: "self-signed" | { readonly certPath: string; readonly keyPath: string };
  readonly behindProxy?: boolean;
  readonly doors?: Partial<Doors>;
}

export async function startTestRelay(options: TestRelayOptions = {}): Promise<TestRelay> {
  const folder = await mkdtemp(join(tmpdir(), "sotto-relay-"));
  const fresh = await freshDatabase();
  const { log, lines } = keptLog();
  const time = { ahead: 0, now: (): number => Date.now() + time.ahead };
  const relay = await startRelay(
    {
      host: "127.0.0.1",
      port: 0,
      dataFolder: folder,
      database: fresh.connection,
      tls: options.tls,
      behindProxy: options.behindProxy ?? false,
      doors: { ...openDoors, ...options.doors },
    },
    { log, clock: time.now, ...(options.rates === undefined ? {} : { rates: options.rates }) },
  );
  return Object.assign(time, {
    url: relay.url,
    database: fresh.database,
    log: lines,
    stop: async () => {
      await relay.stop();
      await fresh.drop();
      await rm(folder, { recursive: true, force: true });
    },
  });
}

/** A real `chat relay` process with its own embedded PostgreSQL. */
export interface SpawnedRelay {
  readonly url: string;
  /** Its data folder. */
  readonly folder: string;
  readonly process: Running;
  /** Its stderr so far, over all starts. */
  log(): string;
  postgresPid(): Promise<number>;
  /** `kill -9`. */
  kill(victim: "relay" | "postgres" | "both"): Promise<void>;
  /** On the same folder and port; waits until it is ready. */
  startAgain(): Promise<void>;
  /** SIGTERM, waits for the end, and removes the folder. */
  stop(): Promise<Finished>;
}

export interface SpawnOptions {
  /** More parameters of `chat relay`. */
  readonly parameters?: readonly string[];
  /** For Node. */
  readonly nodeOptions?: readonly string[];
  readonly env?: Record<string, string>;
  /** Run the sources instead of the built `chat`. */
  readonly sources?: boolean;
  /** Another build of `chat`: its bin/chat.js. */
  readonly program?: string;
  /** Let it make its PostgreSQL itself, or none where the parameters name one. */
  readonly fresh?: boolean;
  /** Its data folder, which is there already; else a new one, which `stop` removes. */
  readonly folder?: string;
}

const BUILT = [fileURLToPath(new URL("../../bin/chat.js", import.meta.url)), "relay"];
const SOURCES = [fileURLToPath(new URL("./run-relay.ts", import.meta.url))];

/** Where the built `chat` has its own. */
export const COMPILE_CACHE = join(tmpdir(), "node-compile-cache");

/** Starts `chat relay` with these parameters and does not wait. */
export function runChatRelay(parameters: readonly string[], options: SpawnOptions = {}): Running {
  const built = options.program === undefined ? BUILT : [options.program, "relay"];
  const start = options.sources ? SOURCES : built;
  const child = spawn(process.execPath, [...(options.nodeOptions ?? []), ...start, ...parameters], {
    env: {
      PATH: process.env["PATH"] ?? "",
      HOME: tmpdir(),
      NODE_NO_WARNINGS: "1",
      NODE_COMPILE_CACHE: COMPILE_CACHE,
      ...options.env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  return watch(child);
}

export async function spawnRelay(options: SpawnOptions = {}): Promise<SpawnedRelay> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), "sotto-relay-")));
  // Benchmarks have no PostgreSQL that they share.
  if (!options.fresh && process.env["VITEST"] !== undefined) await bringPostgres(folder);
  let log = "";
  const start = async (listen: string): Promise<{ running: Running; url: string }> => {
    const parameters = ["--listen", listen, "--data", folder, ...(options.parameters ?? [])];
    const running = runChatRelay(parameters, options);
    running.process.stderr?.on("data", (text: string) => {
      log += text;
    });
    const [line = ""] = await running.until((lines) => lines.length > 0);
    return { running, url: line.replace("relay ready on ", "") };
  };
  let { running, url } = await start("127.0.0.1:0");
  const postgresPid = async (): Promise<number> =>
    Number.parseInt(await readFile(join(folder, "postgres", "data", "postmaster.pid"), "utf8"), 10);
  return {
    url,
    folder,
    get process() {
      return running;
    },
    log: () => log,
    postgresPid,
    kill: async (victim) => {
      if (victim !== "relay") process.kill(await postgresPid(), "SIGKILL");
      if (victim !== "postgres") await running.kill("SIGKILL");
    },
    startAgain: async () => {
      ({ running, url } = await start(new URL(url).host));
    },
    stop: async () => {
      const finished = await running.kill("SIGTERM");
      if (options.folder === undefined) await rm(folder, { recursive: true, force: true, maxRetries: 3 });
      return finished;
    },
  };
}
