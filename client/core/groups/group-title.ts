// A group's title is a message of an owner or admin, and the newest in the log counts. Who joins has only what his
// invitation said, so whoever gave the title that the group has now tells him.
import { type AccountId, isOwnerOrAdmin, memberOf } from "../../../keys/index.ts";
import type { StoredConversation } from "../../store/conversations.ts";
import { readCounter, setCounter } from "../../store/counters.ts";
import type { Database } from "../../store/database.ts";
import { meetingPlace } from "../conversations/conversations.ts";
import { queueControl } from "../outbox/queue-silent.ts";
import type { Profile } from "../profile.ts";
import { membershipOf } from "./memberships.ts";

/** `told`: by an invitation, or by who told a newcomer. */
const origins = ["told", "given here", "read in the log"] as const;
type Origin = (typeof origins)[number];

export function titleOrigin(db: Database, conversation: number): Origin {
  return origins[readCounter(db, `title_origin_${conversation}`)] ?? "told";
}

export function setTitleOrigin(db: Database, conversation: number, origin: Origin): void {
  setCounter(db, `title_origin_${conversation}`, origins.indexOf(origin));
}

/** Somebody has come in. Inside a transaction. */
export function tellTitle(profile: Profile, stored: StoredConversation, newcomer: AccountId): void {
  const { conversation, conversationId, kind, title } = stored;
  if (kind !== "group" || conversationId === undefined || title === undefined) return;
  if (titleOrigin(profile.db, conversation) !== "given here") return;
  const state = membershipOf(profile, stored);
  if (state === undefined || memberOf(state, newcomer) === undefined) return;
  if (!isOwnerOrAdmin(state, profile.identity.accountId)) return;
  const value = { conversationId, title, messages: [] };
  const direct = meetingPlace(profile, stored, newcomer);
  queueControl(profile, direct, { case: "history", value }, profile.runtime.now());
}
