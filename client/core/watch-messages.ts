import { setTimeout as sleep } from "node:timers/promises";
import { readConversation } from "../store/conversations.ts";
import { changeMarker } from "../store/database.ts";
import { messagesArrivedAfter, newestArrival } from "../store/messages.ts";
import { resolveTo } from "./conversations.ts";
import { type Message, toMessage } from "./message.ts";
import type { Profile } from "./profile.ts";

const POLL_MS = 50;
const MESSAGES_A_TURN = 200;

export interface Watching {
  /** Names as the user gave them; without any, all conversations. */
  readonly conversations?: readonly string[];
  /** The `arrival` of the last message that was seen; without it, from now on. */
  readonly after?: number;
  /** Leave out what this account wrote. */
  readonly othersOnly?: boolean;
  readonly signal: AbortSignal;
}

/**
 * Messages as they become certain, received or accepted by the relay, whichever process brought that about; from the
 * database only. Ends when the signal aborts. Throws `bad_name` at once.
 */
export function watchMessages(profile: Profile, watching: Watching): AsyncIterable<Message> {
  const names = watching.conversations?.map((name) => {
    const destination = resolveTo(profile, name);
    return destination.kind === "self" ? "me" : destination.name;
  });
  const after = watching.after ?? newestArrival(profile.db);
  return watch(
    profile,
    watching,
    names === undefined || names.length === 0 ? undefined : new Set(names),
    after,
  );
}

async function* watch(
  profile: Profile,
  { othersOnly, signal }: Watching,
  names: ReadonlySet<string> | undefined,
  from: number,
): AsyncGenerator<Message> {
  let after = from;
  while (!signal.aborted) {
    const marker = changeMarker(profile.db);
    for (;;) {
      const arrived = messagesArrivedAfter(profile.db, after, MESSAGES_A_TURN);
      for (const stored of arrived) {
        if (signal.aborted) return;
        after = stored.arrival ?? after;
        if (stored.kind === "silent") continue;
        const message = toMessage(profile, readConversation(profile.db, stored.conversation), stored);
        if (names !== undefined && !names.has(message.conversation)) continue;
        if (othersOnly === true && message.from === profile.identity.name) continue;
        yield message;
      }
      if (arrived.length < MESSAGES_A_TURN) break;
    }
    while (!signal.aborted && changeMarker(profile.db) === marker) {
      await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}
