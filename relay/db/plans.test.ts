// That each statement which many people's work waits for touches the parts of the tables that it names and no others,
// and reads nothing from end to end: by PostgreSQL's own account, planned for the values and planned once for all.
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  ACCOUNTS,
  GROUPS,
  type Names,
  PEOPLE,
  ROWS_EACH,
  statements,
} from "../../test/support/hot-statements.ts";
import { type Plan, Plans } from "../../test/support/plans.ts";
import { type FreshDatabase, freshDatabase } from "../../test/support/postgres.ts";
import type { Connection } from "./pool.ts";

/** By what each table is divided. */
const divided = {
  log: "conversation",
  roster_slots: "conversation",
  one_time_prekeys: "account",
} as const;

/** What nobody's message waits for: the upkeep and the operator look at all parts. */
const unhurried = ["admin/", "doctor/", "upkeep/"];

let fresh: FreshDatabase;
let client: Connection;
let release: () => void;

beforeAll(async () => {
  fresh = await freshDatabase();
  await new Promise<void>((ready) => {
    void fresh.database.withClient((held) => {
      client = held;
      ready();
      return new Promise<void>((resolve) => {
        release = resolve;
      });
    });
  });
  await fill();
});
afterAll(async () => {
  release();
  await fresh.drop();
});

async function fill(): Promise<void> {
  const id = (kind: string, n = "n") => `sha256(convert_to('${kind} ' || ${n}, 'utf8'))`;
  const half = (kind: string, n = "n") => `substring(${id(kind, n)}, 1, 16)`;
  const people = `generate_series(1, ${PEOPLE}) as n`;
  const everybody = `generate_series(1, ${ACCOUNTS}) as n`;
  const groups = `generate_series(1, ${GROUPS}) as n`;
  const next = `n % ${PEOPLE} + 1`;
  await client.query(`
    insert into accounts (account_id, name, registered_at, head_sequence, head_hash)
    select ${id("account")}, 'n' || n, 0, 0, ${id("x")} from ${everybody};
    insert into devices (account_id, device_id, signing_key, active, added_sequence)
    select ${id("account")}, ${half("device")}, ${id("x")}, true, 0 from ${everybody};
    insert into prekeys (account_id, device_id, signed_prekey, last_resort_prekey)
    select ${id("account")}, ${half("device")}, ${id("x")}, ${id("x")} from ${people};
    insert into one_time_prekeys select ${id("account")}, ${half("device")}, p, ${id("x")}
    from ${people}, generate_series(1, 10) as p;
    insert into conversations (conversation_id, kind, incarnation, opened_by, opened_at, head, log_hash, roster_version,
      last_removal_version, written_by)
    select ${id("direct")}, 1, ${half("x")}, ${id("account")}, 0, ${ROWS_EACH}, ${id("x", "1")}, 1, 1, 3 from ${people}
    union all
    select ${id("group")}, 2, ${half("x")}, ${id("account")}, 0, ${ROWS_EACH}, ${id("x", "1")}, 1, 1, 3 from ${groups};
    insert into conversation_members (conversation_id, account_id, role)
    select ${id("direct")}, ${id("account")}, null::int2 from ${people}
    union all
    select ${id("direct")}, ${id("account", next)}, null from ${people}
    union all
    select ${id("group", `n / 10 % ${GROUPS} + 1`)}, ${id("account")}, 1 from ${people} where n % 10 < 3;
    insert into memberships (conversation_id, post_role, state) select ${id("group")}, 0, '' from ${groups};
    insert into membership_entries (conversation_id, sequence, hash, checkpoint, log_sequence)
    select ${id("group")}, 0, ${id("x")}, true, 1 from ${groups};
    insert into rosters (conversation_id, version, hash)
    select ${id("direct")}, 1, ${id("x")} from ${people};
    insert into roster_slots (conversation_id, version, slot, account_id, device_id)
    select ${id("direct")}, 1, 0, ${id("account")}, ${half("device")} from ${people}
    union all
    select ${id("direct")}, 1, 1, ${id("account", next)}, ${half("device", next)} from ${people};
    insert into log (conversation_id, sequence, message_id, sender_account, sender_device, envelope_hash, row_hash,
      log_hash, roster_version, stored_at, expires_at, envelope, wraps)
    select c.id, s, substring(sha256(c.id || convert_to(s::text, 'utf8')), 1, 16), ${id("account")}, ${half("device")},
      ${id("x")}, ${id("x")}, ${id("x")}, 1, s, 0, ${id("x")}, '\\x0002000000000000000000000000'
    from ${people}, generate_series(1, ${ROWS_EACH}) as s,
      lateral (select ${id("direct")} as id union all select ${id("group")} where n <= ${GROUPS}) as c;
    insert into cursors select ${id("account")}, ${half("device")}, ${id("direct")}, 3 from ${people};
  `);
}

/** The names of the parts that hold these keys. */
async function partsOf(table: string, keys: readonly Uint8Array[]): Promise<string[]> {
  const { rows } = await client.query<{ part: string }>(
    `select distinct inhrelid::regclass::text as part
    from pg_inherits
    join pg_class on pg_class.oid = inhrelid
    cross join unnest($2::bytea[]) as wanted (key)
    where inhparent = $1::regclass
      and satisfies_hash_partition(
        inhparent,
        (select count(*)::integer from pg_inherits as parts where parts.inhparent = pg_inherits.inhparent),
        substring(relname from '\\d+$')::integer,
        wanted.key
      )`,
    [table, keys.map((key) => Buffer.from(key))],
  );
  return rows.map(({ part }) => part);
}

const whichOf = ({ planning, statement }: Plan): string => `${planning} of\n${statement}`;

const isPart = /^(log|roster_slots|one_time_prekeys)_\d\d$/;
/** Whoever looks at more rows of one of these than that looks at other people's, and gets slower with each who comes. */
const MANY_ROWS = 300;
const large = /^(?:accounts|devices|prekeys|conversations|conversation_members|rosters|.*_\d\d)$/;

async function check(plan: Plan, { conversations = [], accounts = [], isList }: Names): Promise<void> {
  const what = whichOf(plan);
  for (const [table, key] of Object.entries(divided)) {
    const keys = key === "conversation" ? conversations : accounts;
    const named = await partsOf(table, keys);
    const parts = (names: ReadonlySet<string>) =>
      [...names].filter((name) => isPart.exec(name)?.[1] === table);
    expect(named, what).toEqual(expect.arrayContaining(parts(plan.read)));
    // For a single key the others are left out before anything is read.
    if (keys.length === 1 && !isList) expect(parts(plan.opened).length, what).toBeLessThanOrEqual(1);
  }
}

test("every statement on a table in parts is looked at here", () => {
  const relay = fileURLToPath(new URL("..", import.meta.url));
  const word = new RegExp(`\\b(?:from|join|into|update|using)\\s+(?:${Object.keys(divided).join("|")})\\b`);
  const found = readdirSync(relay, { recursive: true, encoding: "utf8" })
    .filter(
      (path) => /\/sql\/[^/]+(?<!\.test)\.ts$/.test(path) && !unhurried.some((room) => path.startsWith(room)),
    )
    .filter((path) => word.test(readFileSync(`${relay}/${path}`, "utf8")));
  const looked = new Set(statements.map(([path]) => path));
  expect(found.filter((path) => !looked.has(path))).toEqual([]);
  expect(found.length).toBeGreaterThan(10);
});

for (const state of ["filled and never analyzed", "analyzed"]) {
  test.each(statements)(`${state}: %s touches what it names`, async (_path, names, run) => {
    if (state === "analyzed") await analyzed();
    const plans = new Plans(client);
    await client.query("begin");
    await run(plans).finally(() => client.query("rollback"));
    expect(plans.seen.length).toBeGreaterThan(0);
    for (const plan of plans.seen) {
      await check(plan, names);
      if (names.isRare && state !== "analyzed") continue;
      const wide = [...plan.rows].filter(([name, rows]) => large.test(name) && rows > MANY_ROWS);
      expect(wide, whichOf(plan)).toEqual([]);
    }
  });
}

let analysis: Promise<unknown> | undefined;
function analyzed(): Promise<unknown> {
  analysis ??= client.query("vacuum analyze");
  return analysis;
}
