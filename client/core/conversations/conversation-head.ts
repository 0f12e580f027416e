import { mayPost } from "../../../keys/index.ts";
import { type ConversationKind, findNumbered } from "../../store/conversations.ts";
import { newestLines } from "../../store/events.ts";
import { readSecurityEvents } from "../../store/security-events.ts";
import { type ChatEvent, toEvent } from "../event.ts";
import { membershipOf, nameOf } from "../groups/memberships.ts";
import type { Profile } from "../profile.ts";
import { isGroup, membersOf } from "./conversations.ts";

/** Whom a conversation is with, and how it stands. */
export interface ConversationHead {
  readonly kind: ConversationKind;
  /** This account among them. */
  readonly members: readonly string[];
  readonly mayPost: boolean;
  /** Alarms about this conversation. */
  readonly alarms: number;
}

/** Undefined for a number that stands for nothing. */
export function conversationHead(profile: Profile, conversation: number): ConversationHead | undefined {
  const stored = findNumbered(profile.db, conversation);
  if (stored === undefined) return undefined;
  const { kind, standing } = stored;
  const state = membershipOf(profile, stored);
  const isOpen = !isGroup(kind) || (state !== undefined && mayPost(state, profile.identity.accountId));
  const alarms = readSecurityEvents(profile.db).filter(
    (found) => found.gravity === "stop" && found.conversation === conversation,
  );
  return {
    kind,
    members: membersOf(profile, stored).map((member) => nameOf(profile, member)),
    mayPost: standing === "member" && isOpen,
    alarms: alarms.length,
  };
}

/** What became of a group, the newest first: who joined, left, was removed and so on. */
export function groupHistory(profile: Profile, conversation: number, limit: number): ChatEvent[] {
  const stored = findNumbered(profile.db, conversation);
  if (stored === undefined) return [];
  return newestLines(profile.db, conversation, limit).map((row) => toEvent(profile, stored, row));
}
