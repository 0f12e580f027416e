import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type FreshDatabase, freshDatabase } from "../../test/support/postgres.ts";
import { migrate } from "./migrate.ts";
import { Database } from "./pool.ts";

let folder: string;
let fresh: FreshDatabase;
let clients: pg.Client[];
let me: pg.Client;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sotto-migrations-"));
  fresh = await freshDatabase({ empty: true });
  clients = [];
  me = await connect("test");
  await file("0001_things", "-- offline\ncreate table things (id integer primary key, shape text);");
});
afterEach(async () => {
  for (const client of clients) await client.end();
  await fresh.drop();
  await rm(folder, { recursive: true, force: true });
});

async function file(name: string, text: string): Promise<void> {
  await writeFile(join(folder, `${name}.sql`), text);
}

async function connect(application: string): Promise<pg.Client> {
  const client = new pg.Client({ ...fresh.connection, application_name: application });
  await client.connect();
  clients.push(client);
  return client;
}

const run = (attempts = 1) => migrate(fresh.connection, { folder, attempts });

async function done(): Promise<string[]> {
  const { rows } = await me.query<{ name: string }>("select name from migrations order by id");
  return rows.map(({ name }) => name);
}

async function validity(index: string): Promise<boolean | undefined> {
  const { rows } = await me.query<{ indisvalid: boolean }>(
    "select indisvalid from pg_index where indexrelid = to_regclass($1)",
    [index],
  );
  return rows[0]?.indisvalid;
}

const index = (name: string) =>
  `-- online, outside a transaction\n-- So that shapes are found.\ncreate index concurrently if not exists ${name}\n  on things (shape);`;

test("of programs that start at once one works, and the others find it done", async () => {
  await file("0002_shapes", index("things_shape"));
  await file("0003_sizes", "-- online\nalter table things add column size integer;");
  const states = await Promise.all([run(), run(), run()]);
  expect(states.map(({ state }) => state)).toEqual(["ready", "ready", "ready"]);
  expect(await done()).toEqual(["0001_things", "0002_shapes", "0003_sizes"]);
  expect(await validity("things_shape")).toBe(true);
});

test("beside a relay an online migration is done, and nothing is if one of them is not online", async () => {
  await run();
  const events = await connect("sotto-events");
  await file("0002_sizes", "-- online\nalter table things add column size integer;");
  expect(await run()).toEqual({ state: "ready" });
  await file("0003_more", "-- online\nalter table things add column more integer;");
  await file("0004_types", "-- offline\nalter table things alter column size type bigint;");
  expect(await run()).toEqual({ state: "served", migration: "0004_types", relays: 1 });
  expect(await done()).toEqual(["0001_things", "0002_sizes"]);
  await events.end();
  clients.pop();
  // One that starts has no connection for events yet.
  const starting = new Database({ connection: fresh.connection, size: 1, onError: () => undefined });
  await starting.query("select 1");
  expect(await run()).toMatchObject({ state: "served" });
  await starting.close();
  await expect.poll(() => run()).toEqual({ state: "ready" });
  expect(await done()).toEqual(["0001_things", "0002_sizes", "0003_more", "0004_types"]);
});

test("a program is let on a newer schema as long as its level is supported", async () => {
  await run();
  await me.query("insert into migrations (name, run_on) values ('0007_later', now())");
  const newer = { state: "newer", migration: "0007_later" };
  expect(await run()).toEqual(newer); // nothing is said of who may
  await me.query("create table schema_support (oldest integer)");
  await me.query("insert into schema_support values (1)");
  expect(await run()).toEqual({ state: "ready" });
  await me.query("update schema_support set oldest = 2");
  expect(await run()).toEqual(newer);
  // It has one that the newer program has never heard of: no line of versions leads here.
  await file("0005_own", "-- online\ncreate table own (id integer);");
  expect(await run()).toEqual(newer);
  expect(await done()).toEqual(["0001_things", "0007_later"]);
});

test("one that does not get its table gives way, and goes on when it is free", async () => {
  await run();
  await file("0002_sizes", "-- online\nalter table things add column size integer;");
  const other = await connect("backup");
  await other.query("begin");
  await other.query("lock table things in access share mode");
  expect(await run(1)).toEqual({ state: "held", migration: "0002_sizes" });
  const patient = run(20);
  // Who only reads gets his turn while the migration pauses.
  await me.query("select * from things");
  await other.query("commit");
  expect(await patient).toEqual({ state: "ready" });
  expect(await done()).toEqual(["0001_things", "0002_sizes"]);
});

test("an index that was left behind invalid is made anew", async () => {
  await run();
  await me.query("insert into things values (1, 'round'), (2, 'round')");
  await file("0002_shapes", index("things_shape").replace("create index", "create unique index"));
  await expect(run()).rejects.toThrow("things_shape");
  expect(await validity("things_shape")).toBe(false);
  expect(await done()).toEqual(["0001_things"]);
  await me.query("delete from things where id = 2");
  expect(await run()).toEqual({ state: "ready" });
  expect(await validity("things_shape")).toBe(true);
});

test("what failed in a transaction has left nothing", async () => {
  await run();
  await file("0002_two", "-- online\nalter table things add column size integer;\nselect nonsense;");
  await expect(run()).rejects.toThrow("nonsense");
  const { rows } = await me.query(
    "select from information_schema.columns where table_name = 'things' and column_name = 'size'",
  );
  expect(rows).toEqual([]);
});
