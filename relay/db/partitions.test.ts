import { cp, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type FreshDatabase, freshDatabase } from "../../test/support/postgres.ts";
import { migrate } from "./migrate.ts";
import { migrationsFolder } from "./migration-files.ts";

/** In how many parts. */
const PARTS = { log: 4, one_time_prekeys: 16, roster_slots: 16 };
const DIVIDED = Object.keys(PARTS);
const MIGRATION = "0038_partitions.sql";

let fresh: FreshDatabase;
let client: pg.Client;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sotto-before-"));
  for (const name of await readdir(migrationsFolder())) {
    if (name < MIGRATION) await cp(join(migrationsFolder(), name), join(folder, name));
  }
  fresh = await freshDatabase({ empty: true });
  client = new pg.Client({ ...fresh.connection, application_name: "test" });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await fresh.drop();
  await rm(folder, { recursive: true });
});

async function texts(statement: string, values: unknown[] = []): Promise<string[]> {
  const { rows } = await client.query<{ text: string }>(statement, values);
  return rows.map(({ text }) => text);
}

/** All that a table demands of its rows, how it stores them, and what finds them. */
async function shape(): Promise<Record<string, string[]>> {
  const shapes: Record<string, string[]> = {};
  for (const table of DIVIDED) {
    shapes[table] = [
      ...(await texts(
        `select conname || ' ' || pg_get_constraintdef(oid) as text
        from pg_constraint
        where conrelid = $1::regclass
          and conparentid = 0
        order by 1`,
        [table],
      )),
      ...(await texts(
        `select replace(indexdef, ' ON ONLY ', ' ON ') as text
        from pg_indexes
        where tablename = $1
        order by 1`,
        [table],
      )),
      ...(await texts(
        `select concat_ws(' ', attname, format_type(atttypid, atttypmod), attstorage, attnotnull,
          pg_get_expr(adbin, adrelid)) as text
        from pg_attribute
        left join pg_attrdef on adrelid = attrelid and adnum = attnum
        where attrelid = $1::regclass
          and attnum > 0
        order by attnum`,
        [table],
      )),
    ];
  }
  return shapes;
}

/** Column storage and settings, of the table or of each of its parts; must be the same in all. */
async function storage(table: string): Promise<string> {
  const [first = "", ...others] = await texts(
    `select concat_ws(' ', reloptions::text, array_agg(attname || attstorage::text order by attnum)::text) as text
    from pg_class
    join pg_attribute on attrelid = pg_class.oid and attnum > 0
    where relkind = 'r'
      and (pg_class.oid = $1::regclass or pg_class.oid in (select inhrelid from pg_inherits where inhparent = $1::regclass))
    group by pg_class.oid, reloptions`,
    [table],
  );
  for (const other of others) expect(other).toBe(first);
  return first;
}

/** By table. */
async function each<Found>(find: (table: string) => Promise<Found>): Promise<Found[]> {
  const found: Found[] = [];
  for (const table of DIVIDED) found.push(await find(table));
  return found;
}

const contents = () => each((table) => texts(`select t::text as text from ${table} as t order by 1`));

async function fill(): Promise<void> {
  const id = "sha256(convert_to(n::text, 'utf8'))";
  const device = `substring(${id}, 1, 16)`;
  await client.query(`
    insert into accounts (account_id, name, registered_at, head_sequence, head_hash)
    select ${id}, 'name' || n, 0, 0, ${id} from generate_series(1, 100) as n;
    insert into devices (account_id, device_id, signing_key, active, added_sequence)
    select ${id}, ${device}, ${id}, true, 0 from generate_series(1, 100) as n;
    insert into prekeys (account_id, device_id) select ${id}, ${device} from generate_series(1, 100) as n;
    insert into one_time_prekeys select ${id}, ${device}, n, ${id} from generate_series(1, 100) as n;
    insert into roster_slots select ${id}, n, 0, ${id}, ${device} from generate_series(1, 100) as n;
    insert into log (conversation_id, sequence, message_id, sender_account, sender_device, envelope_hash, row_hash,
      log_hash, roster_version, stored_at, expires_at, envelope, wraps, kind, stub)
    select ${id}, n, case when n % 2 = 0 then ${device} end, ${id}, ${device}, ${id}, ${id}, ${id}, 1, n, n % 3, ${id}, ${id},
      2 - n % 2, 0 from generate_series(1, 100) as n;
  `);
}

test("what is divided keeps its rows, and all that holds for them", async () => {
  expect(await migrate(fresh.connection, { folder })).toEqual({ state: "ready" });
  await fill();
  const before = { shape: await shape(), contents: await contents() };
  const stored = await each(storage);
  expect(await migrate(fresh.connection)).toEqual({ state: "ready" });
  expect(await contents()).toEqual(before.contents);
  expect(await shape()).toEqual(before.shape);
  expect(await each(storage)).toEqual(stored);
  const parts = await texts(
    `select inhparent::regclass::text || ' ' || count(*) as text
    from pg_inherits
    join pg_class on pg_class.oid = inhrelid
    where relkind = 'r'
    group by inhparent
    order by 1`,
  );
  expect(parts).toEqual(Object.entries(PARTS).map(([table, count]) => `${table} ${count}`));
  // A hundred keys fall into nearly all of them.
  for (const [table, count] of Object.entries(PARTS)) {
    const [used] = await texts(`select count(distinct tableoid)::text as text from ${table}`);
    expect(Number(used)).toBeGreaterThan(count * 0.8);
  }
});

test("what hung on a row before hangs on it still", async () => {
  await client.query("delete from prekeys where account_id = sha256('7')");
  const left = await texts(
    "select prekey_id::text as text from one_time_prekeys where account_id = sha256('7')",
  );
  expect(left).toEqual([]);
  const orphan = client.query("insert into one_time_prekeys values (sha256('7'), '\\x00', 1, '')");
  await expect(orphan).rejects.toMatchObject({ code: "23503" });
});
