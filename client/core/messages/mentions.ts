import { equal } from "../../../keys/index.ts";
import { readConversation } from "../../store/conversations.ts";
import { membersOf } from "../conversations/conversations.ts";
import type { Profile } from "../profile.ts";
import { namedAmong } from "./named-members.ts";

/** The members whom `@name` in a text stands for. */
export function mentionsIn(profile: Profile, conversation: number, text: string): Uint8Array[] {
  return namedAmong(profile, () => membersOf(profile, readConversation(profile.db, conversation)), text);
}

export function namesMe(profile: Profile, mentions: readonly Uint8Array[]): boolean {
  return mentions.some((mention) => equal(mention, profile.identity.accountId));
}
