import { readConversation } from "../../store/conversations.ts";
import { changeMarker } from "../../store/database.ts";
import { eventsArrivedAfter, type StoredEvent } from "../../store/events.ts";
import { messagesArrivedAfter, newestArrival, type StoredMessage } from "../../store/messages.ts";
import { nextChange } from "../../store/watch-database.ts";
import { resolveTo } from "../conversations/conversations.ts";
import { type ChatEvent, toEvent } from "../event.ts";
import { expireMessages, untilNextExpiry } from "../messages/expire-messages.ts";
import { type Message, toMessage } from "../messages/message.ts";
import type { Profile } from "../profile.ts";

const ROWS_A_TURN = 200;

export type { ChatEvent };

export interface Watching {
  /** Names as the user gave them; without any, all conversations. */
  readonly conversations?: readonly string[];
  /** The `arrival` of the last message or event that was seen; without it, from now on. */
  readonly after?: number;
  /** Leave out what this account wrote. */
  readonly othersOnly?: boolean;
  readonly signal: AbortSignal;
}

export type Happening =
  | { readonly type: "message"; readonly message: Message }
  | { readonly type: "event"; readonly event: ChatEvent };

/**
 * Messages and events as they become certain, received or accepted by the relay, whichever process brought that about;
 * from the database only. Erases what disappears meanwhile. Ends when the signal aborts. Throws `bad_name` at once.
 */
export function watchAll(profile: Profile, watching: Watching): AsyncIterable<Happening> {
  const names = watchedNames(profile, watching.conversations ?? []);
  return watch(profile, watching, names, watching.after ?? newestArrival(profile.db));
}

/** As conversations are called in what is watched; undefined for all of them. Throws `bad_name`. */
export function watchedNames(profile: Profile, given: readonly string[]): ReadonlySet<string> | undefined {
  if (given.length === 0) return undefined;
  const destinations = given.map((name) => resolveTo(profile, name));
  return new Set(destinations.map((each) => (each.kind === "self" ? "me" : each.name)));
}

/** The messages alone. */
export function watchMessages(profile: Profile, watching: Watching): AsyncIterable<Message> {
  return messagesOf(watchAll(profile, watching));
}

async function* messagesOf(happenings: AsyncIterable<Happening>): AsyncGenerator<Message> {
  for await (const each of happenings) if (each.type === "message") yield each.message;
}

async function* watch(
  profile: Profile,
  { othersOnly, signal }: Watching,
  names: ReadonlySet<string> | undefined,
  from: number,
): AsyncGenerator<Happening> {
  let after = from;
  while (!signal.aborted) {
    const marker = changeMarker(profile.db);
    for (;;) {
      const { arrived, isFull } = arrivedAfter(profile, after);
      for (const row of arrived) {
        if (signal.aborted) return;
        after = row.arrival ?? after;
        const happening = toHappening(profile, row);
        if (happening === undefined) continue;
        const { conversation, from: who } =
          happening.type === "message" ? happening.message : happening.event;
        if (names !== undefined && !names.has(conversation)) continue;
        if (othersOnly === true && who === profile.identity.name) continue;
        yield happening;
      }
      if (!isFull) break;
    }
    expireMessages(profile);
    await nextChange(profile.db, marker, { signal, within: untilNextExpiry(profile) });
  }
}

/** Both in one order, as far as it is sure that neither lacks something in between. */
function arrivedAfter({ db }: Profile, after: number) {
  const messages = messagesArrivedAfter(db, after, ROWS_A_TURN);
  const events = eventsArrivedAfter(db, after, ROWS_A_TURN);
  const full = [messages, events].filter((rows) => rows.length === ROWS_A_TURN);
  const through = Math.min(...full.map((rows) => rows.at(-1)?.arrival ?? after));
  const arrived: (StoredMessage | StoredEvent)[] = [...messages, ...events]
    .filter(({ arrival }) => (arrival ?? 0) <= through)
    .sort((one, other) => (one.arrival ?? 0) - (other.arrival ?? 0));
  return { arrived, isFull: full.length > 0 };
}

function toHappening(profile: Profile, row: StoredMessage | StoredEvent): Happening | undefined {
  const conversation = readConversation(profile.db, row.conversation);
  const isRequest = "event" in row && row.event === "request";
  if (conversation.shelf === "blocked" || (conversation.shelf === "request" && !isRequest)) return undefined;
  if ("event" in row) return { type: "event", event: toEvent(profile, conversation, row) };
  if (row.kind === "silent" || row.gone) return undefined;
  return { type: "message", message: toMessage(profile, conversation, row) };
}
