import { randomBytes } from "node:crypto";
import { chmod, copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client, type ClientConfig } from "pg";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { makeCertificate } from "../../test/support/certificate.ts";
import { parseLines } from "../../test/support/chat.ts";
import { silent } from "../../test/support/log.ts";
import { joinRelay } from "../../test/support/member.ts";
import { bringPostgres, type FreshDatabase, freshDatabase } from "../../test/support/postgres.ts";
import { runChatRelay, spawnRelay } from "../../test/support/relay.ts";
import { readConfig } from "../config.ts";
import { aboutRelay, readAboutRelay } from "../db/about-relay.ts";
import { EVENTS_APPLICATION } from "../db/carry-events.ts";
import { embeddedConnection } from "../db/embedded.ts";
import { chooseAccount, findBinaries, run } from "../db/postgres-process.ts";
import { type Relay, startRelay } from "../start-relay.ts";
import { exitStatusOf } from "../startup-error.ts";
import type { Check, CheckName } from "./check.ts";
import { checkSpace } from "./check-folder.ts";
import { checkServer } from "./check-server.ts";
import { examine } from "./examine.ts";
import { selectRelays } from "./sql/select-relays.ts";

let folder: string;
let data: string;
let fresh: FreshDatabase;
let environment: Record<string, string>;
const relays: Relay[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sotto-doctor-"));
  data = join(folder, "data");
  fresh = await freshDatabase();
  environment = {
    SOTTO_RELAY_DATA: data,
    SOTTO_RELAY_LISTEN: "127.0.0.1:0",
    SOTTO_RELAY_DATABASE_URL: urlOf(fresh.connection),
  };
});

afterEach(async () => {
  for (const relay of relays.splice(0)) await relay.stop();
  await fresh.drop();
  await rm(folder, { recursive: true });
});

function urlOf({ user, password, host = "", port, database }: ClientConfig): string {
  return `postgres://${user}:${password}@${encodeURIComponent(host)}:${port}/${database}`;
}

async function startOne(): Promise<Relay> {
  const config = readConfig([], environment);
  if (config === undefined) throw new Error("no configuration");
  const relay = await startRelay(config, { log: silent });
  relays.push(relay);
  // It serves before it has said what it is.
  const said = async () => (await selectRelays(fresh.database)).filter((one) => readAboutRelay(one.said));
  await vi.waitFor(async () => expect(await said()).toHaveLength(relays.length), 10_000);
  return relay;
}

async function examined(
  flags: Record<string, string> = {},
  now: () => number = Date.now,
): Promise<Map<CheckName, Check>> {
  const found = new Map<CheckName, Check>();
  for await (const check of examine({ flags, environment }, now)) found.set(check.name, check);
  return found;
}

/** The finding, and the exit status that it comes to. */
async function finding(name: CheckName, ...given: Parameters<typeof examined>) {
  const check = (await examined(...given)).get(name);
  if (check === undefined) throw new Error(`nothing was found about ${name}`);
  return { ...check, status: check.code === null ? 0 : exitStatusOf(check.code) };
}

async function asOwner(...statements: string[]): Promise<void> {
  for (const statement of statements) await fresh.database.query(statement);
}

test("where all is well, every check says so", async () => {
  await startOne();
  const found = await examined();
  expect([...found.values()].filter(({ ok }) => !ok)).toEqual([]);
  expect([...found.keys()]).toEqual(
    ["configuration", "folder", "certificate", "listen", "database", "durability", "clock", "schema"].concat([
      "connections",
      "relays",
      "retention",
      "tables",
      "secrets",
      "nats",
    ]),
  );
  expect(found.get("relays")?.detail).toBe("1 relay runs on this database, version source");
  expect(found.get("tables")?.detail).toMatch(/\blog \d/);
});

test("before the first start there is nothing to complain of, and nothing is made", async () => {
  await fresh.database.query("drop schema public cascade");
  await fresh.database.query("create schema public");
  const found = await examined();
  expect([...found.values()].filter(({ ok }) => !ok)).toEqual([]);
  expect(found.get("schema")?.detail).toContain("the first start makes it");
  expect(found.get("folder")?.detail).toContain("is made at the first start");
  const { rows } = await fresh.database.query("select 1 from pg_tables where schemaname = 'public'");
  expect(rows).toEqual([]);
  await expect(mkdir(data)).resolves.toBeUndefined();
});

test("what cannot be made sense of is all that is said", async () => {
  environment["SOTTO_RELAY_LISTEN"] = "7443";
  const found = await examined();
  expect([...found.keys()]).toEqual(["configuration"]);
  expect(found.get("configuration")).toMatchObject({ ok: false, code: "usage" });
});

describe("the database", () => {
  test("that cannot be reached is told, without its password, and all else is looked at", async () => {
    environment["SOTTO_RELAY_DATABASE_URL"] = "postgres://me:sesame@127.0.0.1:1/chat";
    const found = await examined();
    expect(found.get("database")).toMatchObject({ ok: false, code: "database_unreachable" });
    expect(found.get("database")?.detail).toContain("postgres://me:***@127.0.0.1:1/chat");
    expect(JSON.stringify([...found.values()])).not.toContain("sesame");
    expect([...found.keys()]).toEqual(
      expect.arrayContaining(["folder", "certificate", "listen", "secrets", "nats"]),
    );
  });

  test("of an older version is brought up to date by the next start", async () => {
    await asOwner("delete from migrations where name = (select max(name) from migrations)");
    expect(await finding("schema")).toMatchObject({
      ok: false,
      status: 0,
      hint: expect.stringContaining("next start"),
    });
    const { rows } = await fresh.database.query<{ last: string }>("select max(name) as last from migrations");
    const again = await finding("schema");
    expect(again.ok).toBe(false); // it was only looked at
    expect(rows).toHaveLength(1);
  });

  test("of a newer version is not for this one, unless it says so", async () => {
    await asOwner("insert into migrations (name, run_on) values ('9999_later', now())");
    expect(await finding("schema")).toMatchObject({ ok: false, code: null });
    await asOwner("update schema_support set oldest = 9999");
    expect(await finding("schema")).toMatchObject({
      ok: false,
      status: 78,
      detail: expect.stringContaining("9999_later"),
    });
  });

  test("that is too old, or takes no writes, will not do", async () => {
    const row = { version_number: 140_012, version: "14.12 (Debian)", fsync: true, full_page_writes: true };
    const more = { synchronous_commit: "on", read_only: false, now: 0n, database_bytes: 1n };
    const limits = { max_connections: 100, database_limit: -1, role_limit: -1 };
    expect(checkServer({ ...row, ...more, ...limits }, "")).toMatchObject({
      code: "database_unsuitable",
      detail: "PostgreSQL 14.12, 1 bytes of database: too old",
    });
    await asOwner(`alter database ${fresh.connection.database} set default_transaction_read_only = on`);
    expect(await finding("database")).toMatchObject({
      status: 78,
      detail: expect.stringContaining("takes no writes"),
    });
  });

  test("that forgets what it has committed will not do", async () => {
    await asOwner(`alter database ${fresh.connection.database} set synchronous_commit = off`);
    expect(await finding("durability")).toMatchObject({
      status: 78,
      detail: "synchronous_commit off: messages that were acknowledged can be lost",
    });
  });

  test("whose fsync is off will not do", async () => {
    const home = join(folder, "careless");
    await mkdir(home);
    await chmod(folder, 0o711);
    await chmod(home, 0o711);
    await bringPostgres(home);
    const place = join(home, "postgres");
    const settings = [
      "fsync=off",
      "full_page_writes=off",
      "listen_addresses=",
      `unix_socket_directories=${place}`,
    ];
    const cluster = join(place, "data");
    const postmaster = run(
      findBinaries().postgres,
      ["-D", cluster, ...settings.flatMap((setting) => ["-c", setting])],
      chooseAccount(place),
      cluster,
    );
    const ended = new Promise((resolve) => postmaster.once("close", resolve));
    await new Promise<void>((resolve) => {
      postmaster.stderr?.setEncoding("utf8").on("data", (text: string) => {
        if (text.includes("ready to accept connections")) resolve();
      });
    });
    try {
      const connection = await embeddedConnection(home);
      environment["SOTTO_RELAY_DATABASE_URL"] = urlOf(connection ?? {});
      expect(await finding("durability")).toMatchObject({
        status: 78,
        detail: "fsync and full_page_writes off: messages that were acknowledged can be lost",
      });
    } finally {
      postmaster.kill("SIGINT");
      await ended;
    }
  });

  test("with a clock of its own is told apart from ours", async () => {
    expect(await finding("clock", {}, () => Date.now() + 7_200_000)).toMatchObject({
      status: 78,
      detail: "this machine's clock is 2 hours ahead of the database's",
    });
  });

  test("where messages outlive their time says so", async () => {
    await insertMessage({ storedAt: Date.now() - 40 * 86_400_000, expiresAt: 0 });
    expect(await finding("retention")).toMatchObject({
      ok: false,
      code: null,
      detail: expect.stringContaining("10 days longer"),
    });
    environment["SOTTO_RELAY_RETENTION"] = "60d";
    expect(await finding("retention")).toMatchObject({
      ok: true,
      detail: "the oldest message is 40 days old, of 60 days",
    });
    await insertMessage({ storedAt: Date.now(), expiresAt: Math.floor(Date.now() / 1_000) - 3 * 3_600 });
    expect(await finding("retention")).toMatchObject({
      ok: false,
      detail: expect.stringContaining("ended 3 hours ago"),
    });
  });
});

async function insertMessage({
  storedAt,
  expiresAt,
}: {
  storedAt: number;
  expiresAt: number;
}): Promise<void> {
  await fresh.database.transaction(async (transaction) => {
    await transaction.query("set local session_replication_role = replica"); // it stands alone
    await transaction.query(
      `insert into log (conversation_id, sequence, row_hash, log_hash, kind, message_id, sender_account, sender_device,
        envelope_hash, roster_version, envelope, wraps, stored_at, expires_at)
      values ($1, 1, $1, $1, 1, $2, $1, $2, $1, 1, $1, $1, $3, $4)`,
      [randomBytes(32), randomBytes(16), storedAt, expiresAt],
    );
  });
}

describe("connections", () => {
  let role: string;
  const others: Client[] = [];

  beforeEach(async () => {
    role = `role_${randomBytes(4).toString("hex")}`;
    await asOwner(
      `create role ${role} login password 'sesame'`,
      `grant all on all tables in schema public to ${role}`,
    );
    environment["SOTTO_RELAY_DATABASE_URL"] = urlOf({ ...fresh.connection, user: role, password: "sesame" });
  });
  afterEach(async () => {
    for (const other of others.splice(0)) await other.end();
    await asOwner(`drop owned by ${role}`, `drop role ${role}`);
  });

  test("are counted against every limit", async () => {
    expect(await finding("connections")).toMatchObject({ ok: true });
    await asOwner(`alter role ${role} connection limit 9`);
    expect(await finding("connections")).toMatchObject({
      status: 78,
      detail: "1 relay takes up to 12 connections, and the role's connection limit leaves 9",
    });
    await asOwner(`alter database ${fresh.connection.database} connection limit 7`);
    expect((await finding("connections")).detail).toContain("the database's connection limit leaves");
  });

  test("that are all taken are the reason why the database cannot be used", async () => {
    await asOwner(`alter role ${role} connection limit 1`);
    const other = new Client({ ...fresh.connection, user: role, password: "sesame" });
    others.push(other);
    await other.connect();
    expect(await finding("database")).toMatchObject({
      status: 69,
      detail: expect.stringContaining("too many connections"),
      hint: expect.stringContaining("All connections are taken"),
    });
  });
});

describe("certificates", () => {
  test("are told with their days", async () => {
    const at = async (name: string, days: { from?: number; to?: number }) => {
      const { certPath, keyPath } = await makeCertificate(folder, name, days);
      return finding("certificate", { tlsCert: certPath, tlsKey: keyPath });
    };
    expect(await at("old", { from: -10, to: -1 })).toMatchObject({
      status: 78,
      detail: expect.stringContaining("ran out on"),
    });
    expect(await at("soon", { to: 5 })).toMatchObject({
      ok: false,
      code: null,
      detail: expect.stringContaining("runs out in 5 days"),
    });
    expect(await at("good", { to: 90 })).toMatchObject({
      ok: true,
      detail: expect.stringContaining("runs out in 90 days"),
    });
  });

  test("that the relay makes itself are not made by a look", async () => {
    const flags = { tls: "self-signed" };
    expect(await finding("certificate", flags)).toMatchObject({
      ok: true,
      detail: "is made at the first start",
    });
    environment["SOTTO_RELAY_TLS"] = "self-signed";
    const { url } = await startOne();
    const pin = new URL(url).hash;
    expect(await finding("certificate")).toMatchObject({ detail: `has no end, address ends in ${pin}` });
  });
});

describe.skipIf(process.platform === "win32")("what others can read", () => {
  test("is told: the folder and the files in it", async () => {
    await startOne();
    await chmod(data, 0o755);
    expect(await finding("folder")).toMatchObject({ status: 77, hint: `Run \`chmod go-rw ${data}\`.` });
    await chmod(data, 0o711);
    expect(await finding("folder")).toMatchObject({ ok: true });
    await chmod(join(data, "secrets.json"), 0o640);
    expect(await finding("folder")).toMatchObject({
      status: 77,
      detail: expect.stringContaining("secrets.json"),
    });
  });

  test("is told: passwords in a file, and on the command line", async () => {
    const { SOTTO_RELAY_DATABASE_URL: url = "", ...others } = environment;
    environment = others;
    const file = join(folder, "relay.env");
    await writeFile(file, `SOTTO_RELAY_DATABASE_URL=${url}\n`, { mode: 0o644 });
    expect(await finding("configuration", { config: file })).toMatchObject({
      status: 77,
      hint: `Run \`chmod 600 ${file}\`.`,
    });
    await chmod(file, 0o600);
    expect(await finding("configuration", { config: file })).toMatchObject({ ok: true });
    expect(await finding("configuration", { databaseUrl: url })).toMatchObject({
      ok: false,
      code: null,
      hint: expect.stringContaining("SOTTO_RELAY_DATABASE_URL"),
    });
  });
});

test("secrets that are missing where accounts hang on them are the worst of all", async () => {
  const relay = await startOne();
  const member = await joinRelay(relay.url, "alice");
  member.client.close();
  await copyFile(join(data, "secrets.json"), join(folder, "kept"));
  await rm(join(data, "secrets.json"));
  expect(await finding("secrets")).toMatchObject({
    status: 78,
    detail: expect.stringContaining("nobody could log in"),
  });
  await writeFile(join(data, "secrets.json"), "{}", { mode: 0o600 });
  expect(await finding("secrets")).toMatchObject({ status: 78, code: "secrets_unusable" });
  await copyFile(join(folder, "kept"), join(data, "secrets.json"));
});

test("several relays without NATS are told, and NATS that is away", async () => {
  await startOne();
  await startOne();
  expect(await finding("relays")).toMatchObject({
    ok: false,
    code: null,
    detail: "2 relays run on this database, version source; they have no NATS",
    hint: expect.stringContaining("--nats"),
  });
  expect(await finding("connections")).toMatchObject({
    detail: expect.stringContaining("2 relays take up to 24"),
  });
  expect(await finding("nats", { nats: "nats://token@127.0.0.1:1" })).toMatchObject({
    status: 69,
    detail: expect.stringContaining("nats://***@127.0.0.1:1"),
  });
});

test("who runs is told by what each relay says of itself", async () => {
  const relaysThatSay = await Promise.all(
    [aboutRelay({ version: "0.9.0", overNats: true }), aboutRelay({ version: "source", overNats: true })].map(
      async (said) => {
        const client = new Client({ ...fresh.connection, application_name: EVENTS_APPLICATION });
        await client.connect();
        await client.query(`select 1 ${said}`);
        return client;
      },
    ),
  );
  const [older, same] = relaysThatSay;
  const flags = { nats: "nats://127.0.0.1:1" };
  expect(await finding("relays", flags)).toMatchObject({
    ok: false,
    code: null,
    detail: "2 relays run on this database, versions 0.9.0 and source; this is source",
  });
  await older?.end();
  await vi.waitFor(async () => expect(await finding("relays", flags)).toMatchObject({ ok: true }), 10_000);
  await same?.query(`select 1 ${aboutRelay({ version: "source", overNats: false })}`);
  expect(await finding("relays", flags)).toMatchObject({
    ok: false,
    detail: expect.stringContaining("it has no NATS, and this configuration has"),
  });
  await same?.end();
});

test("a disk that is full is told, and one that will be, if the database is on it", () => {
  expect(checkSpace("/data", 63, false)).toMatchObject({ ok: false, code: "data_folder_unwritable" });
  expect(checkSpace("/data", 2_000, true)).toMatchObject({ ok: false, code: null });
  expect(checkSpace("/data", 2_000, false)).toMatchObject({ ok: true });
  expect(checkSpace("/data", 2_048, true)).toMatchObject({ ok: true });
});

test("a place where nobody can listen is told", async () => {
  expect(await finding("listen", { listen: "203.0.113.7:80", behindProxy: "true" })).toMatchObject({
    status: 69,
  });
});

test("chat relay doctor looks at an embedded PostgreSQL, whether the relay runs or not, and leaves nothing behind", async () => {
  const relay = await spawnRelay({ sources: true });
  onTestFinished(async () => void (await relay.stop()));
  const doctor = (...more: string[]) =>
    runChatRelay(["doctor", "--data", relay.folder, "--listen", new URL(relay.url).host, ...more], {
      sources: true,
    }).finished;
  const running = await doctor("--json");
  expect({ code: running.code, stderr: running.stderr }).toEqual({ code: 0, stderr: "" });
  const rows = parseLines(running.stdout);
  expect(rows.every(({ type, ok }) => type === "check" && ok === true)).toBe(true);
  expect(Object.keys(rows[0] ?? {})).toEqual(["type", "name", "ok", "detail", "hint", "code"]);
  await relay.process.kill("SIGTERM");

  const stopped = await doctor();
  expect({ code: stopped.code, stderr: stopped.stderr }).toEqual({ code: 0, stderr: "" });
  expect(stopped.stdout).toMatch(/^✓ database {7}PostgreSQL \d.*started to be looked at/m);
  expect(stopped.stdout).toMatch(/\n\nAll is well\.\n$/);
  await expect(relay.postgresPid()).rejects.toThrow("ENOENT");

  await writeFile(join(relay.folder, "secrets.json"), "{}");
  const hurt = await doctor();
  expect(hurt.code).toBe(78);
  expect(hurt.stdout).toMatch(/^✗ secrets.*\n {17}Put back the file/m);
  expect(hurt.stdout).toMatch(/1 of 14 checks failed\.\n$/);
});
