import { readConversation, type StoredConversation, setSender } from "../../store/conversations.ts";
import { readCounter, setCounter } from "../../store/counters.ts";
import type { Profile } from "../profile.ts";

/**
 * A row that this device has sent, says the relay, and that is not known here: a later state of this profile did. The
 * count of what this device has sent there goes on after it. Inside a transaction.
 */
export function noteUnknownOwnRow({ db }: Profile, { conversation }: StoredConversation): void {
  const { senderSequence } = readConversation(db, conversation);
  setSender(db, conversation, { sequence: senderSequence + 1, content: undefined });
  setCounter(db, "own_rows_unknown", readCounter(db, "own_rows_unknown") + 1);
}

/** Whether there are such rows since the keys were last renewed. */
export function missesOwnRows({ db }: Profile): boolean {
  return readCounter(db, "own_rows_unknown") > 0;
}

/** Whether what was queued then can have been sent by another state of this profile. */
export function mayBeSentAlready({ db }: Profile, queuedAt: number): boolean {
  return queuedAt <= readCounter(db, "keys_renewed");
}
