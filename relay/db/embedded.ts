// A real PostgreSQL in the relay's data folder, that lives and dies with the relay.
//   DIR/postgres/          0700, of the account that PostgreSQL runs as; also holds its Unix socket
//   DIR/postgres/password  0600, random
//   DIR/postgres/data      the cluster
import type { ChildProcess } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, chown, lstat, mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import type { ClientConfig } from "pg";
import { unwritable } from "../data-folder.ts";
import type { Logger } from "../logger.ts";
import { StartupError } from "../startup-error.ts";
import { stopOrphan } from "./orphan.ts";
import {
  type Account,
  type Binaries,
  cannotRun,
  chooseAccount,
  findBinaries,
  finished,
  run,
} from "./postgres-process.ts";

export interface EmbeddedPostgres {
  readonly connection: ClientConfig;
  readonly pid: () => number | undefined;
  stop(): Promise<void>;
}

const USER = "sotto";
/** What a Unix socket's path may have on every system, with room for `.s.PGSQL.5432`. */
const MAX_SOCKET_FOLDER = 85;
const STOP_MS = 5_000;
/** How long backends of a killed postmaster may hold on to its shared memory. */
const LEFTOVERS_MS = 20_000;
const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 5_000;

/** Settings that hold whatever postgresql.conf says. */
const settings = {
  fsync: "on",
  synchronous_commit: "on",
  full_page_writes: "on",
  listen_addresses: "",
  unix_socket_permissions: "0600",
  max_connections: "50",
  jit: "off",
  logging_collector: "off",
  // Its messages reach our log: no statements, no values, no refusals of single statements.
  log_destination: "stderr",
  log_min_messages: "log",
  log_min_error_statement: "panic",
  log_error_verbosity: "terse",
  log_checkpoints: "off",
  log_line_prefix: "",
};

/** `folder`: an existing folder that this process has locked. */
export async function startEmbedded(folder: string, log: Logger): Promise<EmbeddedPostgres> {
  const home = join(folder, "postgres");
  const data = join(home, "data");
  const binaries = findBinaries();
  const account = chooseAccount(home);
  await makeFolder(home, account);
  const password = await makePassword(join(home, "password"), account);
  const sockets = await socketFolder(home, account);
  if (!existsSync(join(data, "PG_VERSION"))) await makeCluster(binaries, home, account);
  if (await stopOrphan(data)) log.warn("stopped the PostgreSQL that an earlier relay had left behind");

  const cluster = new Cluster(binaries, data, sockets, account, log);
  await cluster.start();
  return {
    connection: connectionTo(sockets, password),
    pid: () => cluster.pid,
    stop: async () => {
      await cluster.stop();
      if (sockets !== home) await rm(sockets, { recursive: true, force: true });
    },
  };
}

/** How to reach the one that runs in this folder, for whoever may read its password. Undefined: none was ever there. */
export async function embeddedConnection(folder: string): Promise<ClientConfig | undefined> {
  const home = join(folder, "postgres");
  if (!existsSync(join(home, "data", "PG_VERSION"))) return undefined;
  const password = (await readFile(join(home, "password"), "utf8")).trim();
  return connectionTo(socketPlace(home), password);
}

function connectionTo(sockets: string, password: string): ClientConfig {
  return { host: sockets, port: 5432, user: USER, password, database: "postgres", ssl: false };
}

async function makeFolder(path: string, account: Account | undefined): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    if (account !== undefined) await chown(path, account.uid, account.gid);
    await chmod(path, 0o700);
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

async function makePassword(path: string, account: Account | undefined): Promise<string> {
  if (existsSync(path)) return (await readFile(path, "utf8")).trim();
  const password = randomBytes(32).toString("base64url");
  const file = await open(`${path}.tmp`, "w", 0o600).catch((cause) => {
    throw unwritable(path, cause);
  });
  try {
    await file.writeFile(`${password}\n`);
    if (account !== undefined) await file.chown(account.uid, account.gid);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.tmp`, path);
  return password;
}

/** Beside the cluster; or, where that path is too long for a socket, in a folder of its own. */
function socketPlace(home: string): string {
  if (Buffer.byteLength(home) <= MAX_SOCKET_FOLDER) return home;
  return join(tmpdir(), `sotto-${createHash("sha256").update(home).digest("hex").slice(0, 16)}`);
}

/** Makes that folder, which nobody else can enter. */
async function socketFolder(home: string, account: Account | undefined): Promise<string> {
  const folder = socketPlace(home);
  if (folder === home) return home;
  try {
    const left = await lstat(folder).catch(() => undefined);
    if (left?.uid === (account?.uid ?? process.getuid?.())) await rm(folder, { recursive: true });
    await mkdir(folder, { mode: 0o700 });
  } catch (cause) {
    throw unwritable(folder, cause); // somebody else has it: not ours to remove
  }
  if (account !== undefined) await chown(folder, account.uid, account.gid);
  return folder;
}

/** Made aside and renamed, so that an interrupted start leaves nothing half-made. */
async function makeCluster(binaries: Binaries, home: string, account: Account | undefined): Promise<void> {
  const unfinished = join(home, "data.new");
  await rm(unfinished, { recursive: true, force: true });
  const { ok, complaints } = await finished(
    run(
      binaries.initdb,
      [
        `--pgdata=${unfinished}`,
        `--username=${USER}`,
        `--pwfile=${join(home, "password")}`,
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        // Independent of what the system has: sort order must not change under an index when a library does.
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--no-instructions",
      ],
      account,
      home,
    ),
  );
  if (!ok) throw failed("cannot make its data folder", home, complaints);
  await rename(unfinished, join(home, "data"));
}

function failed(what: string, folder: string, complaints: string): StartupError {
  const lines = complaints.split("\n").map((line) => line.trim());
  const why =
    lines.filter((line) => /\b(?:error|FATAL|PANIC|could not|cannot|failed)\b/.test(line)).at(-1) ?? "";
  const noSpace = /No space left|Disk quota|Read-only file system|Permission denied/.test(complaints);
  return new StartupError(
    noSpace ? "data_folder_unwritable" : "postgres_failed",
    `The embedded PostgreSQL ${what} in ${folder}${why === "" ? "" : `: ${why}`}.`,
    "Look at the lines above, or give the relay a PostgreSQL with --database-url postgres://….",
  );
}

/** One postmaster at a time on one data folder; another when it dies and nobody asked it to. */
class Cluster {
  readonly #binaries: Binaries;
  readonly #data: string;
  readonly #sockets: string;
  readonly #account: Account | undefined;
  readonly #log: Logger;
  #postmaster: ChildProcess | undefined;
  #ended: Promise<unknown> = Promise.resolve();
  readonly #stopping = new AbortController();

  constructor(binaries: Binaries, data: string, sockets: string, account: Account | undefined, log: Logger) {
    this.#binaries = binaries;
    this.#data = data;
    this.#sockets = sockets;
    this.#account = account;
    this.#log = log;
  }

  get pid(): number | undefined {
    return this.#postmaster?.pid;
  }

  async start(): Promise<void> {
    for (const end = Date.now() + LEFTOVERS_MS; ; ) {
      const complaints = await this.#launch();
      if (complaints === undefined) return;
      const leftovers = /pre-existing shared memory block|lock file ".*" already exists/.test(complaints);
      if (!leftovers || Date.now() > end) throw failed("does not start", this.#data, complaints);
      await pause(FIRST_RETRY_MS);
    }
  }

  /** Resolves when it takes connections; with its last words when it ended before. */
  #launch(): Promise<string | undefined> {
    const flags = { ...settings, unix_socket_directories: this.#sockets };
    const postmaster = run(
      this.#binaries.postgres,
      ["-D", this.#data, ...Object.entries(flags).flatMap(([name, value]) => ["-c", `${name}=${value}`])],
      this.#account,
      this.#data,
    );
    this.#postmaster = postmaster;
    let words = "";
    let ready = false;
    return new Promise((resolve, reject) => {
      postmaster.once("error", (cause) => reject(cannotRun(cause)));
      if (postmaster.stderr !== null) {
        createInterface({ input: postmaster.stderr }).on("line", (line) => {
          if (ready) this.#log.info({ postgres: line }, "PostgreSQL says");
          else words = `${words}${line}\n`.slice(-4_000);
          if (!ready && line.includes("database system is ready to accept connections")) {
            ready = true;
            resolve(undefined);
          }
        });
      }
      this.#ended = new Promise((ended) => {
        postmaster.once("close", () => {
          this.#postmaster = undefined;
          ended(undefined);
          if (!ready) resolve(words);
          else if (!this.#stopping.signal.aborted) void this.#revive();
        });
      });
    });
  }

  async #revive(): Promise<void> {
    this.#log.error("PostgreSQL ended by itself; starting it again");
    for (
      let wait = FIRST_RETRY_MS;
      !this.#stopping.signal.aborted;
      wait = Math.min(wait * 2, LAST_RETRY_MS)
    ) {
      const complaints = await this.#launch().catch((error: Error) => error.message);
      if (complaints === undefined) {
        this.#log.info("PostgreSQL is back");
        return;
      }
      this.#log.error({ postgres: complaints.trim().split("\n").at(-1) }, "PostgreSQL does not start");
      await pause(wait, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
    }
  }

  /** A fast shutdown; at once if that takes too long. PostgreSQL recovers from either. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    for (const signal of ["SIGINT", "SIGQUIT", "SIGKILL"] as const) {
      if (this.#postmaster === undefined) return;
      this.#postmaster.kill(signal);
      await Promise.race([this.#ended, pause(STOP_MS, undefined, { ref: false })]);
    }
  }
}
