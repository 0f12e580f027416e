import { equal } from "../../../keys/index.ts";
import { findNumbered } from "../../store/conversations.ts";
import { readSecurityEvents, type SecurityEvent } from "../../store/security-events.ts";
import { membersOf } from "../conversations/conversations.ts";
import type { Profile } from "../profile.ts";

/** What was found about a conversation, or about who is in it with this account, after that finding; oldest first. */
export function findingsAbout(profile: Profile, conversation: number, after = 0): SecurityEvent[] {
  const events = readSecurityEvents(profile.db, after);
  const stored = events.length === 0 ? undefined : findNumbered(profile.db, conversation);
  if (stored === undefined) return [];
  const own = profile.identity.accountId;
  const others = membersOf(profile, stored).filter((member) => !equal(member, own));
  return events.filter(({ conversation: where, accountId }) => {
    if (where !== undefined) return where === conversation;
    return accountId !== undefined && others.some((member) => equal(member, accountId));
  });
}
