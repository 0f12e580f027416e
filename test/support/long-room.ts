// Rooms with a long history, written by the relay's own statements, without a call, a commit and a look at the members for
// each entry: nobody comes or goes in it.
import {
  applyMembershipEntry,
  type ChainState,
  type ConversationId,
  decodeStoredMembership,
  encodeMembership,
  encodeStoredMembership,
  extendLog,
  hash,
  type LogHead,
  type MembershipContent,
  type MembershipState,
  membershipRowHash,
  readMembershipEntry,
} from "../../keys/index.ts";
import type { Database, Queries } from "../../relay/db/pool.ts";
import { insertEntry } from "../../relay/groups/sql/insert-entry.ts";
import { lockMembership } from "../../relay/groups/sql/lock-membership.ts";
import { upsertMembership } from "../../relay/groups/sql/upsert-membership.ts";

/** Whose entries they are. */
export interface EntrySigner {
  readonly chain: ChainState;
  sign(state: MembershipState, content: MembershipContent): Uint8Array;
}

const A_TRANSACTION = 500;

/** Appends `count` entries by one member, whatever `next` says. Nobody is told. Returns the membership after the last. */
export async function lengthen(
  database: Database,
  id: ConversationId,
  count: number,
  by: EntrySigner,
  next: (state: MembershipState) => MembershipContent = changeOfMind,
): Promise<MembershipState> {
  const some = Math.min(count, A_TRANSACTION);
  const state = await database.transaction((transaction) => appendSome(transaction, id, some, by, next));
  return count > some ? lengthen(database, id, count - some, by, next) : state;
}

/** Of an owner. */
function changeOfMind({ policy }: MembershipState): MembershipContent {
  const history = policy.history === "asked" ? "automatic" : "asked";
  return { type: "policy", policy: { ...policy, history } };
}

async function appendSome(
  transaction: Queries,
  id: ConversationId,
  count: number,
  by: EntrySigner,
  next: (state: MembershipState) => MembershipContent,
): Promise<MembershipState> {
  const locked = await lockMembership(transaction, id);
  if (locked === undefined || locked.state === null) throw new Error("no such room");
  let state = decodeStoredMembership(locked.state);
  let head: LogHead = { sequence: Number(locked.head), hash: hash(locked.log_hash) };
  for (let index = 0; index < count; index++) {
    const before = state;
    const entry = readMembershipEntry(by.sign(before, next(before)));
    state = applyMembershipEntry(before, entry.bytes, () => by.chain);
    if (state.members.length !== before.members.length) throw new Error("somebody comes or goes");
    const rowHash = membershipRowHash(entry.hash);
    head = extendLog(head, rowHash);
    const isCheckpoint = entry.content.type === "checkpoint";
    await insertEntry(transaction, {
      conversationId: id,
      sequence: entry.sequence,
      hash: entry.hash,
      checkpoint: isCheckpoint,
      entry: entry.bytes,
      signer: entry.signer.accountId,
      signerDevice: entry.signer.deviceId,
      logSequence: BigInt(head.sequence),
      rowHash,
      logHash: head.hash,
      rosterVersion: locked.roster_version,
      storedAt: Date.now(),
    });
    if (!isCheckpoint && index < count - 1) continue;
    await upsertMembership(transaction, {
      conversationId: id,
      name: state.kind === "room" ? state.name : null,
      postRole: 1,
      state: encodeStoredMembership(state),
      checkpointState: isCheckpoint ? encodeMembership(before) : null,
    });
  }
  return state;
}
