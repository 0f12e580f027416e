import {
  conversationId,
  decodeStoredMembership,
  invitationOf,
  type MembershipState,
  memberOf,
} from "../../keys/public.ts";
import type { GetMembershipRequest } from "../../proto/gen/sotto/relay/v1/groups_pb.ts";
import type { Queries } from "../db/pool.ts";
import { unknownConversation } from "../errors.ts";
import type { Caller } from "../service.ts";
import { MAX_ENTRIES_BYTES } from "./limits.ts";
import { selectCheckpoints, selectEntries } from "./sql/select-entries.ts";
import { selectMembership } from "./sql/select-membership.ts";

/** Everything up to the head that was read first: entries never change, so one more meanwhile does no harm. */
export async function getMembership(db: Queries, request: GetMembershipRequest, caller: Caller) {
  const id = conversationId(request.conversationId);
  const row = await selectMembership(db, id);
  if (row === undefined) throw unknownConversation();
  const state = decodeStoredMembership(row.state);
  if (!maySee(state, caller)) throw unknownConversation();
  const { head, checkpoint } = state;
  const isBehind = request.entriesHeld <= BigInt(checkpoint.sequence) && row.checkpoint_state !== null;
  const held = isBehind ? checkpoint.sequence + 1 : Number(request.entriesHeld);
  const range = { from: held, to: head.sequence, maxBytes: MAX_ENTRIES_BYTES };
  return {
    ...(isBehind && {
      checkpoints: await selectCheckpoints(db, id, checkpoint.sequence),
      state: row.checkpoint_state ?? new Uint8Array(),
    }),
    entries: held > head.sequence ? [] : await selectEntries(db, id, range),
    head: { sequence: BigInt(head.sequence), hash: head.hash },
  };
}

function maySee(state: MembershipState, { accountId }: Caller): boolean {
  if (state.kind === "room") return true;
  return memberOf(state, accountId) !== undefined || invitationOf(state, accountId) !== undefined;
}
