import { readPinnedNames } from "../../store/accounts.ts";
import { readConversations } from "../../store/conversations.ts";
import type { Profile } from "../profile.ts";
import { isGroup } from "./conversations.ts";

/** The names that commands take, as far as this profile knows them: sorted, each once. */
export interface KnownNames {
  readonly people: readonly string[];
  readonly groups: readonly string[];
}

/** Asks nobody. */
export function knownNames({ db }: Profile): KnownNames {
  const conversations = readConversations(db).filter(({ standing }) => standing === "member");
  const direct = conversations.filter(({ kind }) => kind === "dm").map(({ peerName }) => peerName);
  const groups = conversations.filter(({ kind }) => isGroup(kind)).map(({ peerName }) => peerName);
  return { people: sorted([...direct, ...readPinnedNames(db)]), groups: sorted(groups) };
}

/** An alias for a person of before has spaces, and cannot be written without quotes: it is left out. */
function sorted(names: readonly string[]): string[] {
  return [...new Set(names)].filter((name) => /^[a-z0-9_.-]+$/.test(name)).sort();
}
