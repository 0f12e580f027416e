import { randomUUID } from "node:crypto";
import type { AccountId } from "../../../keys/index.ts";
import { readPinnedName } from "../../store/accounts.ts";
import { readConversation } from "../../store/conversations.ts";
import { snapshot } from "../../store/database.ts";
import { readMessage } from "../../store/messages.ts";
import { findTexts, type Marks } from "../../store/search.ts";
import { ChatError } from "../chat-error.ts";
import { parseMoment } from "../parse-time.ts";
import { badName, foldName } from "../people/names.ts";
import type { Profile } from "../profile.ts";
import { type Message, toMessage } from "./message.ts";
import { conversationNumber } from "./read-messages.ts";
import { spotOf } from "./read-transcript.ts";
import { joinFilters, parseSearchQuery, type SearchFilters } from "./search-query.ts";

export interface MessageSearch {
  /** As `parseSearchQuery` reads it. */
  readonly query: string;
  /** The same filters that a query may hold, given beside it. */
  readonly filters?: SearchFilters;
  readonly limit: number;
}

export interface MessageFound {
  readonly message: Message;
  /** The local number of its conversation, and where it is in the transcript of that. */
  readonly conversation: number;
  readonly key: string;
  readonly place: number;
  /** The part of the text around what was found, on one line. As remote as the text itself. */
  readonly snippet: readonly SnippetPart[];
}

export interface SnippetPart {
  readonly text: string;
  /** It is what was searched for. */
  readonly isMatch: boolean;
}

/** A snippet has few words, but a word may be as long as a message. */
const LONGEST_PART = 80;

/**
 * Searches all that is in this profile; newest first. Throws `bad_input` for a query that means nothing, `bad_name`,
 * `unknown_person` and `unknown_conversation` for its filters.
 */
export function searchMessages(profile: Profile, search: MessageSearch): MessageFound[] {
  const query = parseSearchQuery(search.query);
  const filters = joinFilters(query.filters, search.filters ?? {});
  // No text can hold these marks: nobody knows them beforehand.
  const secret = randomUUID();
  const marks = { open: `\u0001${secret}`, close: `\u0002${secret}` };
  return snapshot(profile.db, () => {
    const conversation = filters.in === undefined ? undefined : conversationNumber(profile, filters.in);
    if (conversation === null) return [];
    const narrow = {
      ...(conversation === undefined ? {} : { conversation }),
      ...(filters.from === undefined ? {} : { from: senderCalled(profile, filters.from) }),
      ...(filters.before === undefined ? {} : { before: timeOf(profile, "before", filters.before) }),
      ...(filters.after === undefined ? {} : { after: timeOf(profile, "after", filters.after) }),
    };
    const found = findTexts(profile.db, { terms: query.terms, ...narrow, limit: search.limit }, marks);
    return found.flatMap(({ position, snippet }) => {
      const stored = readMessage(profile.db, position);
      if (stored === undefined) return [];
      const message = toMessage(profile, readConversation(profile.db, stored.conversation), stored);
      return [
        { message, conversation: stored.conversation, ...spotOf(stored), snippet: partsOf(snippet, marks) },
      ];
    });
  });
}

function senderCalled(profile: Profile, given: string): AccountId {
  const name = foldName(given);
  const { identity } = profile;
  if (name === "me" || name === identity.name) return identity.accountId;
  if (!/^[a-z0-9_.-]+$/.test(name)) throw badName(given);
  const known = readPinnedName(profile.db, name);
  if (known !== undefined) return known;
  throw new ChatError("unknown_person", `Nobody called ${name} is known in this profile.`, {
    hint: "`from:` takes the name of somebody who has written here.",
  });
}

function timeOf({ runtime }: Profile, filter: "before" | "after", given: string): number {
  const time = parseMoment(given, runtime.now());
  if (time !== undefined) return time;
  throw new ChatError("bad_input", `${filter}: cannot read the time "${given}".`, {
    hint: "Write it as 2026-11-20, 2026-11-20T09:00, or 2h for two hours ago.",
  });
}

function partsOf(snippet: string, marks: Marks): SnippetPart[] {
  const parts: SnippetPart[] = [];
  const add = (text: string, isMatch: boolean, keepEnd = false) => {
    const short = shorten(text.replace(/\s+/g, " "), keepEnd);
    if (short !== "") parts.push({ text: short, isMatch });
  };
  const [before = "", ...rest] = snippet.split(marks.open);
  add(before.trimStart(), false, true);
  for (const each of rest) {
    const [match = "", after = ""] = each.split(marks.close);
    add(match, true);
    add(after, false);
  }
  return parts;
}

/** What stands before a match is cut at its beginning. */
function shorten(text: string, keepEnd: boolean): string {
  const characters = Array.from(text);
  if (characters.length <= LONGEST_PART) return text;
  return keepEnd
    ? `…${characters.slice(-LONGEST_PART).join("")}`
    : `${characters.slice(0, LONGEST_PART).join("")}…`;
}
