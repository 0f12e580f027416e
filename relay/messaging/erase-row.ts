import { type AccountId, conversationId, equal, rankOf } from "../../keys/public.ts";
import { type EraseRowRequest, StubReason } from "../../proto/gen/sotto/relay/v1/messaging_pb.ts";
import type { Queries } from "../db/pool.ts";
import { malformed, notPermitted, unknownConversation } from "../errors.ts";
import type { Caller } from "../service.ts";
import { emptyRow } from "./sql/empty-row.ts";
import { type ErasableRow, selectErasable } from "./sql/select-erasable.ts";

/** The row keeps its hash and its message id. Nobody is told: whoever has it has it, whoever comes gets the stub. */
export async function eraseRow(db: Queries, request: EraseRowRequest, caller: Caller) {
  const id = conversationId(request.conversationId);
  if (request.sequence > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw malformed("a sequence number that no log reaches");
  }
  const row = await selectErasable(db, caller.accountId, id, request.sequence);
  if (row === undefined) throw unknownConversation();
  if (row.sender_account === null) throw malformed("no message has that number");
  if (!mayErase(row.role, row.sender_account, caller.accountId)) {
    throw notPermitted("only its sender, and who runs the group, may erase a message");
  }
  await emptyRow(db, id, request.sequence, StubReason.DELETED);
  return {};
}

/** Admins and owners others' messages too; in a direct conversation nobody has a role. */
function mayErase(role: ErasableRow["role"], sender: Uint8Array, caller: AccountId): boolean {
  return equal(sender, caller) || (role ?? 0) >= rankOf("admin");
}
