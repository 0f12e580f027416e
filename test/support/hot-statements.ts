// The statements that many people's work waits for, each with what it is really given, over a database that
// relay/db/plans.test.ts fills.
import { createHash } from "node:crypto";
import { StubReason } from "../../proto/gen/sotto/relay/v1/messaging_pb.ts";
import { deviceStandings } from "../../relay/auth/sql/device-standing.ts";
import type { Queries } from "../../relay/db/pool.ts";
import { countPrekeys } from "../../relay/directory/sql/count-prekeys.ts";
import { deleteOneTimePrekeys } from "../../relay/directory/sql/delete-prekeys.ts";
import { insertOneTimePrekeys } from "../../relay/directory/sql/insert-one-time-prekeys.ts";
import { selectAcquainted } from "../../relay/directory/sql/select-acquainted.ts";
import { takeBundles } from "../../relay/directory/sql/take-bundles.ts";
import { selectMoved } from "../../relay/fanout/sql/select-moved.ts";
import { selectShutOut } from "../../relay/fanout/sql/select-shut-out.ts";
import { insertEntry } from "../../relay/groups/sql/insert-entry.ts";
import { lockMembership } from "../../relay/groups/sql/lock-membership.ts";
import { selectCheckpoints, selectEntries } from "../../relay/groups/sql/select-entries.ts";
import { selectEntry } from "../../relay/groups/sql/select-entry.ts";
import { selectMembership } from "../../relay/groups/sql/select-membership.ts";
import { wasEverMember } from "../../relay/groups/sql/was-ever-member.ts";
import { addStored } from "../../relay/messaging/sql/add-stored.ts";
import { appendRows } from "../../relay/messaging/sql/append-rows.ts";
import { emptyRow } from "../../relay/messaging/sql/empty-row.ts";
import { insertDeviceStarts } from "../../relay/messaging/sql/insert-device-starts.ts";
import { insertRosters } from "../../relay/messaging/sql/insert-rosters.ts";
import { lockConversations } from "../../relay/messaging/sql/lock-conversations.ts";
import { selectActiveDevices } from "../../relay/messaging/sql/select-active-devices.ts";
import { selectConversations } from "../../relay/messaging/sql/select-conversations.ts";
import { selectConversationsBehind } from "../../relay/messaging/sql/select-conversations-behind.ts";
import { selectErasable } from "../../relay/messaging/sql/select-erasable.ts";
import { selectFellows } from "../../relay/messaging/sql/select-fellows.ts";
import { selectPasts } from "../../relay/messaging/sql/select-past.ts";
import { selectPosters } from "../../relay/messaging/sql/select-posters.ts";
import { selectAbsences, selectRosters } from "../../relay/messaging/sql/select-rosters.ts";
import { selectRows } from "../../relay/messaging/sql/select-rows.ts";
import { selectSubmitState } from "../../relay/messaging/sql/select-submit-state.ts";
import { updateRosterVersions } from "../../relay/messaging/sql/update-roster-versions.ts";
import { upsertCursors } from "../../relay/messaging/sql/upsert-cursors.ts";
import { seeDevice, selectSeen } from "../../relay/upkeep/sql/see-device.ts";

/** Accounts, each in a conversation with the next, and every tenth in a group of ten as well. */
export const PEOPLE = 3_000;
/** Accounts in all: most say nothing. */
export const ACCOUNTS = 30_000;
export const ROWS_EACH = 12;
export const GROUPS = 100;

const sha = (text: string): Buffer => createHash("sha256").update(text).digest();
const account = (n: number): Buffer => sha(`account ${n}`);
const device = (n: number): Buffer => sha(`device ${n}`).subarray(0, 16);
const direct = (n: number): Buffer => sha(`direct ${n}`);
const group = (n: number): Buffer => sha(`group ${n}`);

/** What a statement names. */
export interface Names {
  readonly conversations?: readonly Uint8Array[];
  readonly accounts?: readonly Uint8Array[];
  /** In a list, of which the planner does not know that it has one item. */
  readonly isList?: true;
  /** It may be planned badly until the tables were analyzed for the first time. */
  readonly isRare?: true;
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
const amounts = batch.map(({ accountId }) => ({ accountId, rows: 1, bytes: 100 }));
const inGroup: Names = { conversations: [group(3)] };

export const statements: readonly (readonly [string, Names, (db: Queries) => Promise<unknown>])[] = [
  ["auth/sql/device-standing.ts", {}, (db) => deviceStandings(db, [one])],
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
  ["messaging/sql/select-past.ts", { accounts: [account(7)], isList: true }, (db) => selectPasts(db, [one])],
  [
    "messaging/sql/select-conversations.ts",
    { ...ofBatch, accounts: [account(7)] },
    (db) => selectConversations(db, one.accountId, one.deviceId, [direct(6), direct(7)]),
  ],
  [
    "messaging/sql/select-conversations-behind.ts",
    mine,
    (db) => selectConversationsBehind(db, [{ ...one, restoredKnown: 0n }]),
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
  ["messaging/sql/add-stored.ts", {}, (db) => addStored(db, { day: 20_000, firstDay: 19_970 }, amounts)],
  ["fanout/sql/select-moved.ts", {}, (db) => selectMoved(db, ofBatch.accounts ?? [], "1000")],
  ["fanout/sql/select-shut-out.ts", {}, (db) => selectShutOut(db, batch)],
  ["groups/sql/was-ever-member.ts", {}, (db) => wasEverMember(db, one.conversationId, one.accountId)],
  ["groups/sql/lock-membership.ts", {}, (db) => lockMembership(db, group(3))],
  ["groups/sql/select-membership.ts", {}, (db) => selectMembership(db, group(3))],
  [
    "directory/sql/select-acquainted.ts",
    {},
    (db) => selectAcquainted(db, one.accountId, [account(8), account(80)]),
  ],
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
