import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client, type ClientConfig } from "pg";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { silent } from "../../test/support/log.ts";
import { type EmbeddedPostgres, startEmbedded } from "./embedded.ts";
import { chooseAccount, findBinaries, run } from "./postgres-process.ts";

let folder: string;
let home: string;
let data: string;
const started: EmbeddedPostgres[] = [];

async function start(where = folder): Promise<EmbeddedPostgres> {
  const embedded = await startEmbedded(where, silent);
  started.push(embedded);
  return embedded;
}

afterEach(async () => {
  for (const embedded of started.splice(0)) await embedded.stop();
});

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "sotto-embedded-")));
  home = join(folder, "postgres");
  data = join(home, "data");
  // One that an interrupted start has left half-made.
  await mkdir(join(home, "data.new", "base"), { recursive: true });
  await writeFile(join(home, "data.new", "PG_VERSION"), "18\n");
  const first = await startEmbedded(folder, silent);
  await ask(first.connection, "create table kept (word text)");
  await ask(first.connection, "insert into kept values ('kept')");
  await first.stop();
});

afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));

async function ask(connection: ClientConfig, statement: string): Promise<unknown[]> {
  const client = new Client(connection);
  await client.connect();
  try {
    return (await client.query({ text: statement, rowMode: "array" })).rows.flat();
  } finally {
    await client.end();
  }
}

/** Starts on the folder, sees that nothing is lost, and stops. */
async function expectGoodStart(): Promise<void> {
  const embedded = await start();
  await expectKept(embedded);
  await embedded.stop();
  expect(embedded.pid()).toBeUndefined();
  expect(await readdir(data)).not.toContain("postmaster.pid");
}

async function expectKept({ connection, pid }: EmbeddedPostgres): Promise<void> {
  expect(await ask(connection, "select word from kept")).toEqual(["kept"]);
  expect(Number.parseInt(await readFile(join(data, "postmaster.pid"), "utf8"), 10)).toBe(pid());
}

function ended(child: ChildProcess): Promise<unknown> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => child.once("exit", resolve));
}

test("it writes durably, listens on no network, and wants the password of a file that is ours alone", async () => {
  const { connection, stop } = await start();
  for (const setting of ["fsync", "full_page_writes", "synchronous_commit"]) {
    expect(await ask(connection, `show ${setting}`)).toEqual(["on"]);
  }
  expect(await ask(connection, "show listen_addresses")).toEqual([""]);
  await expect(ask({ ...connection, password: "guess" }, "select 1")).rejects.toThrow(
    "authentication failed",
  );
  expect((await stat(home)).mode & 0o777).toBe(0o700);
  expect((await stat(join(home, "password"))).mode & 0o777).toBe(0o600);
  expect(await readdir(home)).not.toContain("data.new");
  await stop();
});

test("a postmaster that a dead relay left behind is stopped, and another one started", async () => {
  const account = chooseAccount(home);
  const { postgres } = findBinaries();
  const flags = ["-D", data, "-c", "listen_addresses=", "-c", `unix_socket_directories=${home}`];
  const orphan = run(postgres, flags, account, data);
  await new Promise<void>((resolve) => {
    orphan.stderr?.on("data", (text: Buffer) => text.includes("ready to accept") && resolve());
  });
  await expectGoodStart();
  await ended(orphan);
  expect(orphan.exitCode).toBe(0);
});

test("a number in postmaster.pid that another process has by now is nobody's postmaster", async () => {
  const account = chooseAccount(home);
  const other = spawn("sleep", ["60"], { ...account, cwd: "/", stdio: "ignore" });
  const { connection, stop } = await start();
  expect(await ask(connection, "select 1")).toEqual([1]);
  const pidFile = await readFile(join(data, "postmaster.pid"), "utf8");
  await stop();
  await writeFile(join(data, "postmaster.pid"), pidFile.replace(/^\d+/, String(other.pid)));
  await expectGoodStart();
  expect(other.exitCode).toBeNull();
  other.kill();
  await ended(other);
});

test("it comes back by itself when its postmaster is killed", async () => {
  const embedded = await start();
  const before = embedded.pid();
  if (before === undefined) throw new Error("it does not run");
  process.kill(before, "SIGKILL");
  for (let tries = 0; tries < 200; tries += 1) {
    const there = await ask(embedded.connection, "select 1").catch(() => []);
    if (there.length > 0 && embedded.pid() !== before) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  expect(embedded.pid()).not.toBe(before);
  await expectKept(embedded);
  await embedded.stop();
});

test("in a folder whose path is too long for a socket it has the socket elsewhere", async () => {
  const long = join(folder, "l".repeat(100));
  await mkdir(long);
  const embedded = await start(long);
  const { host = "" } = embedded.connection;
  expect(host.startsWith(long)).toBe(false);
  expect((await stat(host)).mode & 0o777).toBe(0o700);
  expect(await ask(embedded.connection, "select 1")).toEqual([1]);
  await embedded.stop();
  await expect(stat(host)).rejects.toThrow("ENOENT");
});
