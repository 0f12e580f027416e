import { type AccountId, equal, sha256 } from "../../../keys/index.ts";
import type { StoredConversation } from "../../store/conversations.ts";
import { addEvent } from "../../store/events.ts";
import type { Profile } from "../profile.ts";
import { isAccepted } from "./standing.ts";

/** Those who follow hear once that somebody unknown wrote, or invited to a group. Inside a transaction. */
export function tellRequest(
  profile: Profile,
  { conversation, conversationId }: Pick<StoredConversation, "conversation" | "conversationId">,
  sender: AccountId,
  request: "message" | "invitation",
): void {
  const isOwn = equal(sender, profile.identity.accountId);
  if (isOwn || conversationId === undefined || isAccepted(profile, sender)) return;
  addEvent(profile.db, {
    eventId: sha256(Buffer.concat([Buffer.from("request"), conversationId])).slice(0, 16),
    event: "request",
    conversation,
    accountId: sender,
    at: profile.runtime.now(),
    details: { request },
  });
}
