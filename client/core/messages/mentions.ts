import { equal } from "../../../keys/index.ts";
import { readConversation } from "../../store/conversations.ts";
import { membersOf } from "../conversations/conversations.ts";
import { nameOf } from "../groups/memberships.ts";
import type { Profile } from "../profile.ts";

/** Not within a word, such as an address; a full stop that ends a sentence does not belong to a name. */
const MENTION = /(?<![\w@.-])@([a-z0-9][a-z0-9_.-]{1,30}[a-z0-9_-])/gi;

/** The members whom `@name` in a text stands for. */
export function mentionsIn(profile: Profile, conversation: number, text: string): Uint8Array[] {
  if (!text.includes("@")) return [];
  const named = new Set(Array.from(text.matchAll(MENTION), ([, name]) => name?.toLowerCase()));
  return membersOf(profile, readConversation(profile.db, conversation)).filter((member) =>
    named.has(nameOf(profile, member)),
  );
}

export function namesMe(profile: Profile, mentions: readonly Uint8Array[]): boolean {
  return mentions.some((mention) => equal(mention, profile.identity.accountId));
}
