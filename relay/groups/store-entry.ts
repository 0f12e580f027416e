import {
  type ConversationId,
  encodeMembership,
  encodeStoredMembership,
  extendLog,
  hash,
  type MembershipEntry,
  type MembershipState,
  membershipRowHash,
  type RosterSlot,
  rankOf,
} from "../../keys/public.ts";
import type { Queries } from "../db/pool.ts";
import { ErrorReason, RelayError } from "../errors.ts";
import type { Moved } from "../fanout/bus.ts";
import { type DeviceKey, deviceKey } from "../fanout/committed-row.ts";
import { addRoster, bumpRoster } from "../messaging/bump-rosters.ts";
import { Rosters, rosterKey } from "../messaging/rosters.ts";
import { type MemberChanges, memberChanges } from "./member-changes.ts";
import { insertEntry } from "./sql/insert-entry.ts";
import type { LockedMembership } from "./sql/lock-membership.ts";
import { takeName } from "./sql/take-name.ts";
import { endMembers, updateRoles } from "./sql/update-members.ts";
import { upsertMembers } from "./sql/upsert-members.ts";
import { upsertMembership } from "./sql/upsert-membership.ts";

/** A conversation under the lock. */
export interface Place {
  readonly id: ConversationId;
  readonly locked: LockedMembership;
  readonly storedAt: number;
}

export interface Appended {
  readonly sequence: bigint;
  readonly logHash: Uint8Array;
  /** To publish after the commit. */
  readonly events: readonly Moved[];
}

interface Step {
  readonly before: MembershipState | undefined;
  readonly after: MembershipState;
}

/** Writes what a checked entry changes. */
export async function storeEntry(
  transaction: Queries,
  { id, locked, storedAt }: Place,
  entry: MembershipEntry,
  { before, after }: Step,
): Promise<Appended> {
  const rowHash = membershipRowHash(entry.hash);
  const head = extendLog({ sequence: Number(locked.head), hash: hash(locked.log_hash) }, rowHash);
  const sequence = BigInt(head.sequence);
  const { type } = entry.content;
  if (after.kind === "room" && !(await takeName(transaction, id, after.name))) {
    throw new RelayError(ErrorReason.NAME_TAKEN, "another room has this name");
  }
  await insertEntry(transaction, {
    conversationId: id,
    sequence: entry.sequence,
    hash: entry.hash,
    checkpoint: type === "create" || type === "checkpoint",
    entry: entry.bytes,
    signer: entry.signer.accountId,
    signerDevice: entry.signer.deviceId,
    logSequence: sequence,
    rowHash,
    logHash: head.hash,
    rosterVersion: locked.roster_version,
    storedAt,
  });
  await upsertMembership(transaction, {
    conversationId: id,
    name: after.kind === "room" ? after.name : null,
    postRole: rankOf(after.policy.post),
    state: encodeStoredMembership(after),
    checkpointState: type === "checkpoint" && before !== undefined ? encodeMembership(before) : null,
  });

  const changes = memberChanges(before, after);
  await storeMembers(transaction, id, locked, changes);
  const devices = await newRoster(transaction, id, locked, changes, type);
  const sender = deviceKey(entry.signer.accountId, entry.signer.deviceId);
  const row = {
    sequence,
    rowHash,
    sender,
    envelope: new Uint8Array(),
    envelopeHash: new Uint8Array(),
    entry: entry.bytes,
    wraps: [],
    slots: new Map<DeviceKey, number>(),
    storedAt: BigInt(storedAt),
  };
  const moved = { kind: "moved", conversationId: id } as const;
  return {
    sequence,
    logHash: head.hash,
    // Newcomers are told of the head, with which their reading begins.
    events: [
      { ...moved, devices: devices.known, row },
      { ...moved, devices: devices.arrived },
    ],
  };
}

async function storeMembers(
  transaction: Queries,
  id: ConversationId,
  locked: LockedMembership,
  { joined, left, moved }: MemberChanges,
): Promise<void> {
  const { head, log_hash, roster_version, last_removal_version } = locked;
  if (joined.length > 0) {
    const start = { sequence: head, hash: head === 0n ? null : log_hash, roster: last_removal_version };
    await upsertMembers(transaction, id, joined, start);
  }
  if (left.length > 0) {
    await endMembers(transaction, id, left, { sequence: head + 1n, roster: roster_version });
  }
  if (moved.length > 0) await updateRoles(transaction, id, moved);
}

/** Makes a new roster if the entry asks for one. Returns the devices of those who were there, and of newcomers. */
async function newRoster(
  transaction: Queries,
  id: ConversationId,
  { head, roster_version: version }: LockedMembership,
  { joined, left }: MemberChanges,
  type: MembershipEntry["content"]["type"],
): Promise<{ known: readonly DeviceKey[]; arrived: readonly DeviceKey[] }> {
  if (head === 0n) return { known: [], arrived: (await addRoster(transaction, id)).devices.map(keyOf) };
  const wanted = { conversationId: id, version };
  const known = (await new Rosters().load(transaction, [wanted])).get(rosterKey(wanted))?.keys ?? [];
  if (joined.length === 0 && left.length === 0 && type !== "rekey") return { known, arrived: [] };
  const removal = left.length > 0 || type === "rekey";
  const next = await bumpRoster(transaction, { ...wanted, version: version + 1n }, removal);
  const before = new Set(known);
  return { known, arrived: next.devices.map(keyOf).filter((key) => !before.has(key)) };
}

function keyOf({ accountId, deviceId }: RosterSlot): DeviceKey {
  return deviceKey(accountId, deviceId);
}
