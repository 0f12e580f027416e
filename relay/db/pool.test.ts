import { type AddressInfo, createServer } from "node:net";
import { setTimeout as pause, setImmediate as turn } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type FreshDatabase, freshDatabase } from "../../test/support/postgres.ts";
import { lookAtDatabase } from "./look-at-database.ts";
import { Database, failureKind, isUnavailable, type OnStatement } from "./pool.ts";

let fresh: FreshDatabase;
let database: Database;

beforeAll(async () => {
  fresh = await freshDatabase({ empty: true });
  database = fresh.database;
  await database.query("create table numbers (number bigint primary key)");
});

beforeEach(async () => {
  await database.query("delete from numbers");
});

afterAll(() => fresh?.drop());

async function numbers(): Promise<bigint[]> {
  const { rows } = await database.query<{ number: bigint }>("select number from numbers order by 1");
  return rows.map(({ number }) => number);
}

test("numbers of 64 bits are exact", async () => {
  await database.query("insert into numbers values ($1)", [2n ** 63n - 1n]);
  expect(await numbers()).toEqual([2n ** 63n - 1n]);
});

test("bytes come and go as they are", async () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
  const part = bytes.subarray(3, 200); // a view: what lies around it must not go along
  const { rows } = await database.query<{ bytes: Uint8Array }>("select $1::bytea as bytes", [part]);
  expect(new Uint8Array(rows[0]?.bytes ?? [])).toEqual(new Uint8Array(part));
});

test("a transaction is all or nothing", async () => {
  const failing = database.transaction(async (connection) => {
    await connection.query("insert into numbers values (1)");
    throw new Error("changed my mind");
  });
  await expect(failing).rejects.toThrow("changed my mind");
  expect(await numbers()).toEqual([]);
  const result = await database.transaction(async (connection) => {
    await connection.query("insert into numbers values (1)");
    await connection.query("insert into numbers values (2)");
    return "done";
  });
  expect(result).toBe("done");
  expect(await numbers()).toEqual([1n, 2n]);
});

test("a transaction whose failed statement was overlooked is not taken for committed", async () => {
  const failing = database.transaction(async (connection) => {
    await connection.query("insert into numbers values (1)");
    await connection.query("insert into numbers values (1)").catch(() => undefined);
  });
  await expect(failing).rejects.toThrow("had failed");
  expect(await numbers()).toEqual([]);
});

test("more work than there are connections waits its turn, failures included", async () => {
  const outcomes = await Promise.allSettled(
    Array.from({ length: 60 }, (_, i) =>
      database.transaction(async (connection) => {
        await connection.query("insert into numbers values ($1)", [i]);
        if (i % 3 === 0) throw new Error("no");
        if (i % 3 === 1) await connection.query("select 1 / 0");
      }),
    ),
  );
  expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(20);
  expect(await numbers()).toHaveLength(20);
});

test("a connection that breaks is replaced, and says that the database was away", async () => {
  const breaking = database.transaction(async (connection) => {
    await connection.query("select pg_terminate_backend(pg_backend_pid())");
  });
  const error = await breaking.catch((error: unknown) => error);
  expect(isUnavailable(error)).toBe(true);
  expect(await Promise.all([1, 2, 3, 4, 5, 6].map(numbers))).toHaveLength(6);
});

test("idle connections may be cut by the server at any time", async () => {
  await Promise.all([1, 2, 3, 4, 5].map(numbers));
  await database.withClient(async (client) => {
    await client.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
    );
  });
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(await Promise.all([1, 2, 3, 4, 5].map(numbers))).toHaveLength(5);
});

test("a server that does not answer is away, and asked anew", { timeout: 30_000 }, async () => {
  const one = new Database({
    connection: fresh.connection,
    size: 1,
    onError: () => undefined,
    patienceMs: 100,
  });
  // Without this it would say itself that it takes too long.
  await one.query("set statement_timeout = 0");
  const error = await one.query("select pg_sleep(20)").catch((error: unknown) => error);
  expect([isUnavailable(error), failureKind(error)]).toEqual([true, "timeout"]);
  expect((await one.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  await one.close();
});

test("a server that takes no writes any more is left for another one", async () => {
  const one = new Database({ connection: fresh.connection, size: 1, onError: () => undefined });
  expect(await lookAtDatabase(one)).toBe("writable");
  // As on a connection to what was the primary until just now.
  await one.query("set session characteristics as transaction read only");
  expect(await lookAtDatabase(one)).toBe("read_only");
  const error = await one.query("insert into numbers values (1)").catch((error: unknown) => error);
  expect([isUnavailable(error), failureKind(error)]).toEqual([true, "read_only"]);
  await one.query("insert into numbers values (2)");
  expect(await numbers()).toEqual([2n]);
  await one.close();
  expect(await lookAtDatabase(one)).toBe("away");
});

test("whoever watches hears of each statement, in transactions too, and of what kind a failure is", async () => {
  const heard: string[] = [];
  const onStatement: OnStatement = (statement, _began, failure) => {
    const text = typeof statement === "string" ? statement : (statement?.name ?? "no connection");
    heard.push(failure === undefined ? text : `${text}: ${failureKind(failure.error)}`);
  };
  const { connection } = fresh;
  const watched = new Database({ connection, size: 1, onError: () => undefined, onStatement });
  await watched.query({ name: "ask", text: "select 1" });
  await watched.transaction((transaction) => transaction.query("insert into numbers values (1)"));
  await watched.query("insert into numbers values (1)").catch(() => undefined);
  await watched
    .query("do $$ begin raise exception 'x' using errcode = '57014'; end $$")
    .catch(() => undefined);
  await watched.query("select 1 / 0").catch(() => undefined);
  await watched
    .query("do $$ begin raise exception 'x' using errcode = '53100'; end $$")
    .catch(() => undefined);
  await watched
    .query("do $$ begin raise exception 'x' using errcode = '53300'; end $$")
    .catch(() => undefined);
  await watched.close();
  await watched.query("select 1").catch(() => undefined);
  expect(heard.map((line) => line.replace(/\$\$.*\$\$/, "…"))).toEqual([
    "ask",
    "begin",
    "insert into numbers values (1)",
    "commit",
    "insert into numbers values (1): conflict",
    "do …: timeout",
    "select 1 / 0: other",
    "do …: full",
    "do …: limit",
    "no connection: away",
  ]);
});

test("only trouble with the way to the database counts as its being away", async () => {
  const nowhere = new Database({
    connection: { host: "127.0.0.1", port: 1, user: "u", database: "d" },
    size: 1,
    onError: () => undefined,
  });
  expect(isUnavailable(await nowhere.query("select 1").catch((error: unknown) => error))).toBe(true);
  await nowhere.close();
  expect(isUnavailable(await nowhere.query("select 1").catch((error: unknown) => error))).toBe(true);
  expect(isUnavailable(await database.query("select 1 / 0").catch((error: unknown) => error))).toBe(false);
  const slow = database.transaction(async (connection) => {
    await connection.query("set local statement_timeout = 20");
    await connection.query("select pg_sleep(1)");
  });
  expect(isUnavailable(await slow.catch((error: unknown) => error))).toBe(true);
  expect(isUnavailable(new TypeError("no"))).toBe(false);
  expect(isUnavailable(Object.assign(new Error("ENOENT"), { code: "ENOENT" }))).toBe(false);
});

/** A message of PostgreSQL's protocol. */
function message(type: string, body: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length + 4);
  return Buffer.concat([Buffer.from(type), length, body]);
}

test("a server that dies in the same breath as it takes a connection breaks a statement, not the process", async () => {
  const dying = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => {
      const fields = [
        "SFATAL",
        "VFATAL",
        "C57P01",
        "Mterminating connection due to unexpected postmaster exit",
      ];
      socket.end(
        Buffer.concat([
          message("R", Buffer.alloc(4)), // AuthenticationOk
          message("Z", Buffer.from("I")), // ReadyForQuery
          message("E", Buffer.from(`${fields.join("\0")}\0\0`)),
        ]),
      );
    });
  });
  await new Promise<void>((resolve) => dying.listen(0, "127.0.0.1", resolve));
  const { port } = dying.address() as AddressInfo;
  const connection = { host: "127.0.0.1", port, user: "sotto", password: "x", database: "x", ssl: false };
  const pool = new Database({ connection, size: 1, onError: () => undefined });
  for (let attempt = 0; attempt < 2; attempt += 1) {
    const error: unknown = await pool.query("select 1").catch((cause: unknown) => cause);
    expect(isUnavailable(error)).toBe(true);
  }
  await pool.close();
  dying.close();
});

test("no statement is compiled, whatever the server would do", async () => {
  const connection = { ...fresh.connection, options: "-c jit=on" };
  const one = new Database({ connection, size: 1, onError: () => undefined });
  const { rows } = await one.query<{ jit: string }>("show jit");
  expect(rows).toEqual([{ jit: "off" }]);
  await one.close();
});

test("what is sent reaches PostgreSQL while this process is busy", async () => {
  const large = Buffer.alloc(8 * 1024 * 1024);
  const asked = database.query<{ at: Date }>("select clock_timestamp() as at, length($1::bytea)", [large]);
  await database.sent();
  const free = Date.now() + 1_000;
  while (Date.now() < free);
  const { rows } = await asked;
  expect(rows[0]?.at.getTime()).toBeLessThan(free);
});

test("a connection that ends before everything is sent keeps nobody waiting", async () => {
  const large = Buffer.alloc(8 * 1024 * 1024);
  const work = database.withClient(async (connection) => {
    const asked = connection.query("select length($1::bytea)", [large]);
    await connection.end();
    await asked;
  });
  await turn();
  await database.sent();
  await work.catch(() => undefined);
  await database.sent();
});

test("a statement that waits for a connection keeps nobody waiting", async () => {
  const one = new Database({ connection: fresh.connection, size: 1, onError: () => undefined });
  const { promise, resolve } = Promise.withResolvers<void>();
  const holder = one.withClient(() => promise);
  const waiting = one.query("select 1");
  await one.sent();
  resolve();
  await Promise.all([holder, waiting]);
  await one.close();
});

test("a PostgreSQL that stops reading keeps nobody waiting", async () => {
  const one = new Database({ connection: fresh.connection, size: 1, onError: () => undefined });
  const { rows } = await one.query<{ pid: number }>("select pg_backend_pid() as pid");
  const pid = rows[0]?.pid ?? 0;
  process.kill(pid, "SIGSTOP");
  const large = Buffer.alloc(8 * 1024 * 1024);
  const asked = one.query<{ length: number }>("select length($1::bytea)", [large]);
  const sent = one.sent().then(() => "sent");
  try {
    expect(await Promise.race([sent, asked, pause(2_000, "kept waiting")])).toBe("sent");
  } finally {
    process.kill(pid, "SIGCONT");
  }
  expect((await asked).rows[0]?.length).toBe(large.length);
  await one.close();
});
