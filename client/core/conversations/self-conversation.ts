import { selfConversationId } from "../../../keys/index.ts";
import { addConversation, findDirect } from "../../store/conversations.ts";
import type { Profile } from "../profile.ts";

/** The conversation of this account with its own devices, made when there is none. Inside a transaction. */
export function selfConversation({ db, identity }: Profile): number {
  const { accountId: own, name } = identity;
  const id = selfConversationId(own);
  return (
    findDirect(db, id)?.conversation ??
    addConversation(db, { conversationId: id, kind: "self", peerName: name, peerAccount: own })
  );
}
