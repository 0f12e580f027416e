// That each statement which many people's work waits for touches the parts of the tables that it names and no others,
// and reads nothing from end to end: by PostgreSQL's own account, planned for the values and planned once for all.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { StubReason } from "../../proto/gen/sotto/relay/v1/messaging_pb.ts";
import { type Plan, Plans } from "../../test/support/plans.ts";
import { type FreshDatabase, freshDatabase } from "../../test/support/postgres.ts";
import { deviceStanding } from "../auth/sql/device-standing.ts";
import { countPrekeys } from "../directory/sql/count-prekeys.ts";
import { deleteOneTimePrekeys } from "../directory/sql/delete-prekeys.ts";
import { insertOneTimePrekeys } from "../directory/sql/insert-one-time-prekeys.ts";
import { takeBundles } from "../directory/sql/take-bundles.ts";
import { insertEntry } from "../groups/sql/insert-entry.ts";
import { selectCheckpoints, selectEntries } from "../groups/sql/select-entries.ts";
import { selectEntry } from "../groups/sql/select-entry.ts";
import { appendRows } from "../messaging/sql/append-rows.ts";
import { emptyRow } from "../messaging/sql/empty-row.ts";
import { insertDeviceStarts } from "../messaging/sql/insert-device-starts.ts";
import { insertRosters } from "../messaging/sql/insert-rosters.ts";
import { lockConversations } from "../messaging/sql/lock-conversations.ts";
import { selectActiveDevices } from "../messaging/sql/select-active-devices.ts";
import { selectConversations } from "../messaging/sql/select-conversations.ts";
import { selectConversationsBehind } from "../messaging/sql/select-conversations-behind.ts";
import { selectErasable } from "../messaging/sql/select-erasable.ts";
import { selectFellows } from "../messaging/sql/select-fellows.ts";
import { selectPast } from "../messaging/sql/select-past.ts";
import { selectPosters } from "../messaging/sql/select-posters.ts";
import { selectAbsences, selectRosters } from "../messaging/sql/select-rosters.ts";
import { selectRows } from "../messaging/sql/select-rows.ts";
import { selectSubmitState } from "../messaging/sql/select-submit-state.ts";
import { updateRosterVersions } from "../messaging/sql/update-roster-versions.ts";
import { upsertCursors } from "../messaging/sql/upsert-cursors.ts";
import { seeDevice, selectSeen } from "../upkeep/sql/see-device.ts";

/** By what each table is divided. */
const divided = {
  log: "conversation",
  roster_slots: "conversation",
  cursors: "account",
  one_time_prekeys: "account",
} as const;

/** What nobody's message waits for: the upkeep and the operator read all parts. */
const unhurried = ["admin/", "upkeep/"];

/** Accounts, each in a conversation with the next, and every tenth in a group of ten as well. */
const PEOPLE = 3_000;
/** Accounts in all: most say nothing. */
const ACCOUNTS = 30_000;
const ROWS_EACH = 12;
const GROUPS = 100;

let fresh: FreshDatabase;
let client: pg.PoolClient;
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

const sha = (text: string): Buffer => createHash("sha256").update(text).digest();
const account = (n: number): Buffer => sha(`account ${n}`);
const device = (n: number): Buffer => sha(`device ${n}`).subarray(0, 16);
const direct = (n: number): Buffer => sha(`direct ${n}`);
const group = (n: number): Buffer => sha(`group ${n}`);

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
        inhparent, 16, substring(relname from '\\d+$')::integer, wanted.key
      )`,
    [table, keys.map((key) => Buffer.from(key))],
  );
  return rows.map(({ part }) => part);
}

const whichOf = ({ planning, statement }: Plan): string => `${planning} of\n${statement}`;

interface Names {
  readonly conversations?: readonly Uint8Array[];
  readonly accounts?: readonly Uint8Array[];
  /** In a list, of which the planner does not know that it has one item. */
  readonly isList?: true;
  /** It may be planned badly until the tables were analyzed for the first time. */
  readonly isRare?: true;
}

const isPart = /^(log|roster_slots|cursors|one_time_prekeys)_\d\d$/;
/** Whoever reads one of these from end to end gets slower with everybody who comes. */
const large = /^(?:accounts|devices|prekeys|conversations|conversation_members|rosters|.*_\d\d)$/;

async function check(plan: Plan, { conversations = [], accounts = [], isList }: Names): Promise<void> {
  const what = whichOf(plan);
  for (const [table, key] of Object.entries(divided)) {
    const named = await partsOf(table, key === "conversation" ? conversations : accounts);
    const parts = (names: ReadonlySet<string>) =>
      [...names].filter((name) => isPart.exec(name)?.[1] === table);
    expect(named, what).toEqual(expect.arrayContaining(parts(plan.read)));
    // For a single key the others are left out before anything is read.
    if (named.length === 1 && !isList) expect(parts(plan.opened).length, what).toBeLessThanOrEqual(1);
  }
}

/** The first is asked for what one person does; then what a batch is of. */
const one = { accountId: account(7), deviceId: device(7), conversationId: direct(7) };
const mine: Names = { conversations: [direct(6), direct(7)], accounts: [account(7)] };
const inOne: Names = { conversations: [direct(7)], accounts: [account(7)] };
const batch = [11, 42, 250, 777].map((n) => ({
  accountId: account(n),
  deviceId: device(n),
  conversationId: direct(n),
}));
const ofBatch: Names = {
  conversations: batch.map(({ conversationId }) => conversationId),
  accounts: batch.map(({ accountId }) => accountId),
};
const bytes = (length: number) => Buffer.alloc(length, 5);

function submit({ accountId, deviceId, conversationId }: typeof one) {
  return { conversationId, sender: accountId, senderDevice: deviceId, messageId: bytes(16) };
}

function move({ conversationId }: typeof one) {
  const state = { fromHead: BigInt(ROWS_EACH), fromHash: sha("x 1"), rosterVersion: 1n };
  return { conversationId, ...state, toHead: BigInt(ROWS_EACH + 1), logHash: bytes(32), writtenBy: 3 };
}

function row(from: typeof one) {
  const hashes = { envelopeHash: bytes(32), rowHash: bytes(32), logHash: bytes(32) };
  const times = { storedAt: 1, expiresAt: 0 };
  const content = { envelope: bytes(10), packedWraps: bytes(10) };
  return {
    ...submit(from),
    ...hashes,
    ...times,
    ...content,
    sequence: BigInt(ROWS_EACH + 1),
    rosterVersion: 1,
  };
}

const page = { ...one, after: 3n, limit: 100, maxBytes: 1_000_000, now: 1 };
const versions = batch.map(({ conversationId }) => ({ conversationId, version: 1n }));
const entry = {
  conversationId: group(3),
  sequence: 1,
  hash: bytes(32),
  checkpoint: false,
  entry: bytes(10),
  signer: account(7),
  signerDevice: device(7),
  logSequence: BigInt(ROWS_EACH + 1),
  rowHash: bytes(32),
  logHash: bytes(32),
  rosterVersion: 1n,
  storedAt: 1,
};
const range = { from: 0, to: 10, maxBytes: 1_000_000 };
const slots = [{ accountId: account(7), deviceId: device(7) }] as never;
const inGroup: Names = { conversations: [group(3)] };

const statements: readonly (readonly [string, Names, (db: Plans) => Promise<unknown>])[] = [
  ["auth/sql/device-standing.ts", {}, (db) => deviceStanding(db, one.accountId, one.deviceId)],
  [
    "messaging/sql/select-submit-state.ts",
    { ...inOne, isList: true },
    (db) => selectSubmitState(db, [submit(one)]),
  ],
  ["messaging/sql/select-submit-state.ts", ofBatch, (db) => selectSubmitState(db, batch.map(submit))],
  ["messaging/sql/append-rows.ts", ofBatch, (db) => appendRows(db, batch.map(move), batch.map(row))],
  [
    "messaging/sql/append-rows.ts",
    { conversations: [direct(70)], isList: true },
    (db) => {
      const other = { ...one, conversationId: direct(70) };
      return appendRows(db, [move(other)], [row(other)]);
    },
  ],
  ["messaging/sql/select-rows.ts", inOne, (db) => selectRows(db, page)],
  [
    "messaging/sql/upsert-cursors.ts",
    ofBatch,
    (db) =>
      upsertCursors(
        db,
        batch.map((acknowledged) => ({ ...acknowledged, sequence: 5n })),
      ),
  ],
  ["messaging/sql/select-past.ts", inOne, (db) => selectPast(db, one.accountId, one.deviceId)],
  [
    "messaging/sql/select-conversations.ts",
    { ...ofBatch, accounts: [account(7)] },
    (db) => selectConversations(db, one.accountId, one.deviceId, [direct(6), direct(7)]),
  ],
  [
    "messaging/sql/select-conversations-behind.ts",
    mine,
    (db) => selectConversationsBehind(db, one.accountId, one.deviceId),
  ],
  ["messaging/sql/select-rosters.ts", ofBatch, (db) => selectRosters(db, versions)],
  ["messaging/sql/select-rosters.ts", ofBatch, (db) => selectAbsences(db, versions)],
  [
    "messaging/sql/insert-rosters.ts",
    ofBatch,
    (db) =>
      insertRosters(
        db,
        versions.map(({ conversationId }) => ({
          conversationId,
          version: 2n,
          hash: bytes(32),
          devices: slots,
        })),
      ),
  ],
  ["messaging/sql/select-posters.ts", inOne, (db) => selectPosters(db, one.conversationId)],
  [
    "messaging/sql/select-fellows.ts",
    { ...inOne, isRare: true },
    (db) => selectFellows(db, [one.conversationId]),
  ],
  [
    "messaging/sql/select-erasable.ts",
    inOne,
    (db) => selectErasable(db, one.accountId, one.conversationId, 3n),
  ],
  ["messaging/sql/empty-row.ts", inOne, (db) => emptyRow(db, one.conversationId, 3n, StubReason.DELETED)],
  ["messaging/sql/insert-device-starts.ts", mine, (db) => insertDeviceStarts(db, one.accountId, [bytes(16)])],
  ["messaging/sql/lock-conversations.ts", mine, (db) => lockConversations(db, one.accountId)],
  [
    "messaging/sql/select-active-devices.ts",
    ofBatch,
    (db) =>
      selectActiveDevices(
        db,
        batch.map(({ conversationId }) => conversationId),
      ),
  ],
  ["messaging/sql/update-roster-versions.ts", ofBatch, (db) => updateRosterVersions(db, versions, false)],
  ["groups/sql/select-entries.ts", inGroup, (db) => selectEntries(db, group(3), range)],
  ["groups/sql/select-entries.ts", inGroup, (db) => selectCheckpoints(db, group(3), range)],
  ["groups/sql/select-entry.ts", inGroup, (db) => selectEntry(db, group(3), 0)],
  ["groups/sql/insert-entry.ts", inGroup, (db) => insertEntry(db, entry)],
  ["directory/sql/count-prekeys.ts", inOne, (db) => countPrekeys(db, one.accountId, one.deviceId)],
  [
    "directory/sql/take-bundles.ts",
    ofBatch,
    (db) =>
      takeBundles(
        db,
        batch.map((wish) => ({ ...wish, oneTime: true })),
      ),
  ],
  [
    "directory/sql/insert-one-time-prekeys.ts",
    inOne,
    (db) =>
      insertOneTimePrekeys(db, one.accountId, one.deviceId, [{ id: 99, createdAt: 1, published: bytes(10) }]),
  ],
  ["directory/sql/delete-prekeys.ts", inOne, (db) => deleteOneTimePrekeys(db, one.accountId, one.deviceId)],
  ["upkeep/sql/see-device.ts", inOne, (db) => selectSeen(db, one.accountId, one.deviceId)],
  ["upkeep/sql/see-device.ts", inOne, (db) => seeDevice(db, one.accountId, one.deviceId, 5)],
];

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
      expect(
        [...plan.scanned].filter((name) => large.test(name)),
        whichOf(plan),
      ).toEqual([]);
    }
  });
}

let analysis: Promise<unknown> | undefined;
function analyzed(): Promise<unknown> {
  analysis ??= client.query("vacuum analyze");
  return analysis;
}
