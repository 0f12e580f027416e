// What is under test: one relay with its own PostgreSQL, or what an operator runs in earnest: two relays before one
// PostgreSQL, with NATS between them, each way between two of them a wire of its own.
import { execFile, execFileSync, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type EmbeddedPostgres, startEmbedded } from "../../relay/db/embedded.ts";
import { keptLog } from "../support/log.ts";
import { type NatsServer, startNats } from "../support/nats.ts";
import { type SpawnedRelay, spawnRelay } from "../support/relay.ts";
import { layWire, type Wire } from "./wire.ts";

export interface Installation {
  /** Where clients go. */
  readonly url: string;
  readonly relays: readonly SpawnedRelay[];
  /** Between clients and relays. */
  readonly front: Wire;
  /** Between a relay and its PostgreSQL or NATS. */
  readonly inside: readonly Wire[];
  /** Undefined while it does not run. */
  postgresPid(): Promise<number | undefined>;
  readonly nats?: NatsServer;
  /** The disk of the database, where it can be filled. */
  readonly disk?: { fill(): Promise<void>; free(): Promise<void> };
  /** The clock of all relays, milliseconds ahead of the machine's. */
  readonly clock?: { set(ahead: number): Promise<void> };
  /** The database is copied; and, with no relay running, put back to the copy. */
  readonly backup?: { take(): Promise<void>; restore(): Promise<void> };
  log(): string;
  stop(): Promise<void>;
}

/** One relay that brings its PostgreSQL. */
export async function oneRelay(): Promise<Installation> {
  const relay = await spawnRelay();
  const front = await layWire(portOf(relay));
  return {
    url: urlOf(front),
    relays: [relay],
    front,
    inside: [],
    postgresPid: () => relay.postgresPid().catch(() => undefined),
    log: () => relay.log(),
    stop: async () => {
      front.stop();
      await relay.stop();
    },
  };
}

/** A disk on which PostgreSQL has room for a run, and that is filled in a moment. */
const DISK_MIB = 700;

/** Needs nats-server. The clock jumps where libfaketime is, the disk is filled where this process may mount one. */
export async function twoRelays(): Promise<Installation> {
  const folder = await mkdtemp(join(tmpdir(), "sotto-faults-"));
  // PostgreSQL runs as another user here and there.
  chmodSync(folder, 0o755);
  const undo: (() => unknown)[] = [() => rm(folder, { recursive: true, force: true, maxRetries: 3 })];
  const stop = async (): Promise<void> => {
    for (let step = undo.pop(); step !== undefined; step = undo.pop()) await step();
  };
  try {
    const store = join(folder, "store");
    mkdirSync(store, { mode: 0o755 });
    const isSmall = mountDisk(store);
    if (isSmall) undo.push(() => execFileSync("umount", ["-l", store]));
    const kept = keptLog();
    let postgres: EmbeddedPostgres | undefined = await startEmbedded(store, kept.log);
    undo.push(() => postgres?.stop());
    const nats = await startNats();
    undo.push(() => nats.stop());

    const inside: Wire[] = [];
    const wireTo = async (target: number | string): Promise<number> => {
      const wire = await layWire(target);
      undo.push(() => wire.stop());
      inside.push(wire);
      return wire.port;
    };
    const { host, user, password } = postgres.connection;
    const data = join(folder, "relay");
    mkdirSync(data, { mode: 0o700 });
    const clock = fakeClock(join(folder, "clock"));
    await clock?.set(0);
    const start = async (): Promise<SpawnedRelay> => {
      const database = await wireTo(`${host}/.s.PGSQL.5432`);
      const bus = await wireTo(nats.port);
      const relay = await spawnRelay({
        folder: data,
        fresh: true,
        env: clock?.env ?? {},
        parameters: [
          "--database-url",
          `postgres://${user}:${password}@127.0.0.1:${database}/postgres?sslmode=disable`,
          "--nats",
          `nats://127.0.0.1:${bus}`,
        ],
      });
      undo.push(() => relay.stop());
      return relay;
    };
    const relays = [await start(), await start()];
    const front = await layWire(...relays.map(portOf));
    undo.push(() => front.stop());

    const copy = join(folder, "copy");
    const halted = async (work: () => Promise<void>): Promise<void> => {
      await postgres?.stop();
      postgres = undefined;
      await work();
      postgres = await startEmbedded(store, kept.log);
    };
    return {
      url: urlOf(front),
      relays,
      front,
      inside,
      postgresPid: async () => postgres?.pid(),
      nats,
      ...(isSmall && { disk: diskOf(store) }),
      ...(clock && { clock }),
      backup: {
        take: () =>
          halted(async () => {
            await rm(copy, { recursive: true, force: true });
            await promisify(execFile)("cp", ["-Rp", join(store, "postgres"), copy]);
          }),
        restore: () =>
          halted(async () => {
            if (!existsSync(copy)) return;
            await rm(join(store, "postgres"), { recursive: true, force: true });
            await promisify(execFile)("cp", ["-Rp", copy, join(store, "postgres")]);
          }),
      },
      log: () => [...relays.map((relay) => relay.log()), kept.lines()].join("\n"),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function urlOf({ port }: Wire): string {
  return `http://127.0.0.1:${port}`;
}

function portOf({ url }: SpawnedRelay): number {
  return Number(new URL(url).port);
}

function mountDisk(path: string): boolean {
  const parameters = ["-t", "tmpfs", "-o", `size=${DISK_MIB}m,mode=755`, "tmpfs", path];
  return spawnSync("mount", parameters, { stdio: "ignore" }).status === 0;
}

function diskOf(path: string): NonNullable<Installation["disk"]> {
  const filler = join(path, "filler");
  return {
    fill: async () => {
      // As much as there is: the copy ends where the disk does.
      await promisify(execFile)("dd", ["if=/dev/zero", `of=${filler}`, "bs=1M"]).catch(() => undefined);
    },
    free: () => rm(filler, { force: true }),
  };
}

const FAKETIME_FOLDERS = ["/usr/lib/x86_64-linux-gnu/faketime", "/usr/lib/aarch64-linux-gnu/faketime"];

/** libfaketime reads the file at each look at the clock; what measures how long something takes is left alone. */
function fakeClock(file: string) {
  const library = FAKETIME_FOLDERS.map((folder) => join(folder, "libfaketime.so.1")).find(existsSync);
  if (library === undefined) return undefined;
  return {
    env: {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: "1",
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
      DONT_FAKE_MONOTONIC: "1",
    },
    set: (ahead: number) => writeFile(file, `${ahead < 0 ? "-" : "+"}${Math.abs(ahead) / 1_000}s\n`),
  };
}
