import {
  conversationId,
  decodeStoredMembership,
  invitationOf,
  type MembershipState,
  memberOf,
  readMembershipEntry,
} from "../../keys/public.ts";
import type { GetMembershipRequest } from "../../proto/gen/sotto/relay/v1/groups_pb.ts";
import type { Queries } from "../db/pool.ts";
import { malformed, unknownConversation } from "../errors.ts";
import type { Caller } from "../service.ts";
import { MAX_ENTRIES_BYTES } from "./limits.ts";
import { selectCheckpoints, selectEntries } from "./sql/select-entries.ts";
import { selectEntry } from "./sql/select-entry.ts";
import { selectMembership } from "./sql/select-membership.ts";

/** Everything up to the head that was read first: entries never change, so one more meanwhile does no harm. */
export async function getMembership(db: Queries, request: GetMembershipRequest, caller: Caller) {
  const id = conversationId(request.conversationId);
  const row = await selectMembership(db, id);
  if (row === undefined) throw unknownConversation();
  const state = decodeStoredMembership(row.state);
  if (!maySee(state, caller)) throw unknownConversation();
  const { checkpoint } = state;
  const head = await wantedHead(db, state, request.entriesWanted);
  const answer = { head: { sequence: BigInt(head.sequence), hash: head.hash } };
  const page = (from: number | bigint, to: number) => ({
    from: Math.min(Number(from), Number.MAX_SAFE_INTEGER),
    to,
    maxBytes: MAX_ENTRIES_BYTES,
  });
  // The state that an older checkpoint speaks of is not kept: what is wanted of before the newest one goes by the entries.
  const isCovered =
    head.sequence >= checkpoint.sequence && request.entriesHeld <= BigInt(checkpoint.sequence);
  if (row.checkpoint_state === null || !isCovered) {
    return { ...answer, entries: await selectEntries(db, id, page(request.entriesHeld, head.sequence)) };
  }
  const checkpoints = await selectCheckpoints(db, id, page(request.checkpointsFrom, checkpoint.sequence));
  const last = checkpoints.at(-1);
  if (last === undefined) throw malformed("no checkpoints from there on");
  if (readMembershipEntry(last).sequence < checkpoint.sequence) return { ...answer, checkpoints };
  const entries = await selectEntries(db, id, page(checkpoint.sequence + 1, head.sequence));
  return { ...answer, checkpoints, state: row.checkpoint_state, entries };
}

async function wantedHead(db: Queries, { conversation, head }: MembershipState, entriesWanted: bigint) {
  if (entriesWanted === 0n || entriesWanted > BigInt(head.sequence)) return head;
  const sequence = Number(entriesWanted) - 1;
  const found = await selectEntry(db, conversation, sequence);
  if (found === undefined) throw new Error("a membership without one of its entries");
  return { sequence, hash: found.hash };
}

function maySee(state: MembershipState, { accountId }: Caller): boolean {
  if (state.kind === "room") return true;
  return memberOf(state, accountId) !== undefined || invitationOf(state, accountId) !== undefined;
}
