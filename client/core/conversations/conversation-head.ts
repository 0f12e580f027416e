import { equal, mayPost, validName } from "../../../keys/index.ts";
import { type ContactStanding, readContact } from "../../store/contacts.ts";
import { type ConversationKind, findNumbered, type StoredConversation } from "../../store/conversations.ts";
import { newestLines } from "../../store/events.ts";
import { readSecurityEvents } from "../../store/security-events.ts";
import { type ChatEvent, toEvent } from "../event.ts";
import { membershipOf, nameOf } from "../groups/memberships.ts";
import { changedKeyOf } from "../people/changed-key.ts";
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
  /** Of the others: those whose safety numbers were found equal. */
  readonly verified: readonly string[];
  /** Of a direct conversation: what the other one is to this account. */
  readonly person: {
    readonly standing: ContactStanding;
    /** Another account came under the name, and nobody has decided about it. */
    readonly isChanged: boolean;
    /** It is with the account that had the name before. */
    readonly isFormer: boolean;
  } | null;
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
  const members = membersOf(profile, stored);
  const own = profile.identity.accountId;
  const verified = members.filter(
    (member) => !equal(member, own) && readContact(profile.db, member).verifiedAt !== undefined,
  );
  return {
    kind,
    members: members.map((member) => nameOf(profile, member)),
    mayPost: standing === "member" && isOpen,
    alarms: alarms.length,
    verified: verified.map((member) => nameOf(profile, member)),
    person: kind === "dm" ? personIn(profile, stored) : null,
  };
}

function personIn(
  profile: Profile,
  { peerAccount, peerName }: StoredConversation,
): ConversationHead["person"] {
  // A person who was never met here is whoever will be found under the name.
  const standing = peerAccount === undefined ? "stranger" : readContact(profile.db, peerAccount).standing;
  const isFormer = !validName(peerName);
  return { standing, isChanged: !isFormer && changedKeyOf(profile, peerName) !== undefined, isFormer };
}

/** What became of a group, the newest first: who joined, left, was removed and so on. */
export function groupHistory(profile: Profile, conversation: number, limit: number): ChatEvent[] {
  const stored = findNumbered(profile.db, conversation);
  if (stored === undefined) return [];
  return newestLines(profile.db, conversation, limit).map((row) => toEvent(profile, stored, row));
}
