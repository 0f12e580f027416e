import { mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeCertificate } from "../test/support/certificate.ts";
import { silent } from "../test/support/log.ts";
import {
  dial,
  failureOf,
  joinRelay,
  logIn,
  newAccount,
  reasonOf,
  register,
  startLogin,
} from "../test/support/member.ts";
import { type FreshDatabase, freshDatabase } from "../test/support/postgres.ts";
import { startTestRelay } from "../test/support/relay.ts";
import { listAccounts } from "./admin/accounts.ts";
import { makeInvitation } from "./admin/invitations.ts";
import { withRelayDatabase } from "./admin/open-database.ts";
import type { RelayConfig } from "./config.ts";
import { lockFolder } from "./data-folder.ts";
import { EVENTS_APPLICATION } from "./db/carry-events.ts";
import { Database } from "./db/pool.ts";
import { openDoors } from "./doors.ts";
import { loadSecrets } from "./secrets.ts";
import { startRelay } from "./start-relay.ts";
import { StartupError } from "./startup-error.ts";

let folder: string;
let fresh: FreshDatabase;
let config: RelayConfig;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sotto-start-"));
  fresh = await freshDatabase();
  config = {
    host: "127.0.0.1",
    port: 0,
    dataFolder: join(folder, "data"),
    database: fresh.connection,
    tls: undefined,
    behindProxy: false,
    doors: openDoors,
  };
});

afterEach(async () => {
  await fresh.drop();
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
});

async function refusal(change: Partial<RelayConfig>): Promise<StartupError> {
  const error = await startRelay({ ...config, ...change }, { log: silent }).catch((error: unknown) => error);
  if (!(error instanceof StartupError)) throw new Error("it started, or failed otherwise", { cause: error });
  return error;
}

test("a port in use is told apart from an address that is not ours", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => other.once("listening", resolve));
  const { port } = other.address() as { port: number };
  expect(await refusal({ port })).toMatchObject({ code: "port_in_use", exitStatus: 69 });
  other.close();
  expect(await refusal({ host: "203.0.113.7" })).toMatchObject({ code: "cannot_listen", exitStatus: 69 });
});

test("a database that is away, locked or missing is unreachable", async () => {
  const away = { connectionString: "postgres://me:sesame@127.0.0.1:1/chat" };
  const missing = { ...fresh.connection, database: "nowhere" };
  const locked = { ...fresh.connection, password: "wrong" };
  for (const database of [away, missing, locked]) {
    const error = await refusal({ database });
    expect(error).toMatchObject({ code: "database_unreachable", exitStatus: 69 });
    expect(error.message).not.toContain("sesame");
  }
});

test("a database that a newer version has set up is left alone, unless that lets this one in", async () => {
  await fresh.database.query("insert into migrations (name, run_on) values ('9999_later', now())");
  const relay = await startRelay(config, { log: silent });
  await relay.stop();
  await fresh.database.query("update schema_support set oldest = 9999");
  const error = await refusal({});
  expect(error).toMatchObject({ code: "database_newer", exitStatus: 78 });
  expect(error.message).toContain("9999_later");
});

test("what is offline is not done beside a relay, nor by its operator", async () => {
  await fresh.database.query("delete from migrations where name = '0036_cuts'");
  const other = new Database({
    connection: fresh.connection,
    size: 1,
    onError: () => undefined,
    application: EVENTS_APPLICATION,
  });
  await other.query("select 1");
  const error = await refusal({});
  expect(error).toMatchObject({ code: "relay_running", exitStatus: 69 });
  expect(error.message).toContain("0036_cuts cannot be done beside");
  const asOperator = withRelayDatabase({ dataFolder: folder, database: fresh.connection }, (db) =>
    listAccounts(db, () => undefined),
  );
  await expect(asOperator).rejects.toMatchObject({ code: "relay_running" });
  await other.close();
});

test("a data folder that cannot be made is refused", async () => {
  await writeFile(join(folder, "file"), "");
  for (const dataFolder of [join(folder, "file"), join(folder, "file", "below"), "/proc/none"]) {
    expect(await refusal({ dataFolder })).toMatchObject({ code: "data_folder_unwritable", exitStatus: 73 });
  }
});

test("a data folder whose PostgreSQL another relay runs is refused", async () => {
  await mkdir(config.dataFolder);
  const unlock = lockFolder(config.dataFolder);
  const error = await refusal({ database: undefined });
  expect(error).toMatchObject({ code: "data_folder_in_use", exitStatus: 69 });
  unlock();
});

test.each(["", "{}", "null", '{"version":2}'])(
  "secrets that read %j are refused, not replaced",
  async (text) => {
    await mkdir(config.dataFolder);
    await writeFile(join(config.dataFolder, "secrets.json"), text);
    expect(await refusal({})).toMatchObject({ code: "secrets_unusable", exitStatus: 78 });
  },
);

test("secrets are made once, even by two relays at once, and are ours alone to read", async () => {
  const made = await Promise.all([loadSecrets(folder), loadSecrets(folder), loadSecrets(folder)]);
  const [first, ...others] = made.map((secrets) => [secrets.opaqueSetup, secrets.tokenKeys[0].id]);
  for (const other of others) expect(other).toEqual(first);
  expect((await stat(join(folder, "secrets.json"))).mode & 0o777).toBe(0o600);
});

test("certificates that no client could use are refused", async () => {
  const good = await makeCertificate(folder, "good");
  const other = await makeCertificate(folder, "other");
  const old = await makeCertificate(folder, "old", { from: -10, to: -1 });
  const pairs = [
    [join(folder, "none.crt"), good.keyPath, /Cannot read the certificate/],
    [good.certPath, join(folder, "none.key"), /Cannot read the key/],
    [good.keyPath, good.keyPath, /not a PEM certificate/],
    [good.certPath, good.certPath, /not a PEM private key/],
    [good.certPath, other.keyPath, /does not belong to the certificate/],
    [old.certPath, old.keyPath, /ran out on/],
  ] as const;
  for (const [certPath, keyPath, sentence] of pairs) {
    const error = await refusal({ tls: { certPath, keyPath } });
    expect(error).toMatchObject({ code: "certificate_unusable", exitStatus: 78 });
    expect(error.message).toMatch(sentence);
  }
});

test("two relays on one database and one set of secrets are one service", async () => {
  const relays = await Promise.all([0, 1].map(() => startRelay(config, { log: silent })));
  const [one = "", two = ""] = relays.map(({ url }) => url);
  const member = await joinRelay(one, "alice");
  const client = dial(two);
  expect((await startLogin(client, "alice", "any")).response.accountId).toEqual(
    (await startLogin(member.client, "alice", "any")).response.accountId,
  );
  client.close();
  member.client.close();
  await Promise.all(relays.map((relay) => relay.stop()));
});

test("a relay that is closed takes nobody, with whatever invitation; who is in can log in", async () => {
  const open = await startRelay(config, { log: silent });
  const alice = await joinRelay(open.url, "alice", "pass");
  const now = Date.now();
  const { token } = await makeInvitation(fresh.database, { uses: 1, expiresAt: undefined, now });
  const doors = { directory: "open", registration: "closed" } as const;
  const closed = await startRelay({ ...config, doors }, { log: silent });
  const client = dial(closed.url);
  const bob = await newAccount("bob");
  expect(await reasonOf(register(client, bob, "pass", token))).toBe("registration_closed");
  await logIn(client, alice, "pass");
  expect((await fresh.database.query("select 1 from accounts")).rowCount).toBe(1);
  for (const one of [client, alice.client]) one.close();
  await Promise.all([open.stop(), closed.stop()]);
});

test("two relays may set up an empty database at the same time", async () => {
  const empty = await freshDatabase({ empty: true });
  const relays = await Promise.all(
    [0, 1, 2].map(() => startRelay({ ...config, database: empty.connection }, { log: silent })),
  );
  await Promise.all(relays.map((relay) => relay.stop()));
  await empty.drop();
});

test("logins and registrations are limited, by name and by address", async () => {
  const relay = await startTestRelay({
    behindProxy: true,
    rates: {
      registrationsPerAddress: { count: 4, seconds: 60 },
      failedLoginsPerNameAndAddress: { count: 3, seconds: 60 },
    },
  });
  const member = await joinRelay(relay.url, "alice");
  const { client } = member;
  for (let i = 0; i < 3; i += 1) await startLogin(client, "alice", "wrong");
  const failure = await failureOf(startLogin(client, "alice", "wrong"));
  expect(failure.reason).toBe("rate_limited");
  expect(failure.retryAfter).toBeGreaterThan(50_000);
  expect(failure.retryAfter).toBeLessThanOrEqual(60_000);
  await startLogin(client, "bob", "wrong");

  await register(client, await newAccount("bob"), "pass");
  expect(await reasonOf(register(client, await newAccount("carol"), "pass"))).toBe("rate_limited");
  client.close();
  await relay.stop();
});
