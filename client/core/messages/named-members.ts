import type { AccountId } from "../../../keys/index.ts";
import { nameOf } from "../groups/memberships.ts";
import type { Profile } from "../profile.ts";

/** Not within a word, such as an address; a full stop that ends a sentence does not belong to a name. */
const MENTION = /(?<![\w@.-])@([a-z0-9][a-z0-9_.-]{1,30}[a-z0-9_-])/gi;

/** Those of the members whom `@name` in a text stands for. */
export function namedAmong(profile: Profile, members: () => readonly AccountId[], text: string): AccountId[] {
  if (!text.includes("@")) return [];
  const named = new Set(Array.from(text.matchAll(MENTION), ([, name]) => name?.toLowerCase()));
  return members().filter((member) => named.has(nameOf(profile, member)));
}
