import { join } from "node:path";
import { readCounter, setCounter } from "../../store/counters.ts";
import { tryLock } from "../../store/lock.ts";
import { newestArrival } from "../../store/messages.ts";
import { ChatError } from "../chat-error.ts";
import type { Profile } from "../profile.ts";

/** A named place in what this profile comes to know, kept across restarts: there a script goes on. */
export interface Consumer {
  /** The arrival after which it goes on; the first time, from now on. */
  start(): number;
  /** All that arrived up to this is dealt with, and will not be shown to this consumer again. */
  advance(arrival: number): void;
  close(): void;
}

/** One process at a time is a consumer: of two, each would deal with everything. Throws `bad_name`, `not_allowed`. */
export function openConsumer({ db, paths }: Profile, name: string): Consumer {
  if (!/^[a-z0-9][a-z0-9_.-]{0,31}$/.test(name)) {
    throw new ChatError("bad_name", "This is not a name for a consumer.", {
      hint: "Use 1-32 of `a-z 0-9 _ . -`, beginning with a letter or digit.",
    });
  }
  const lock = tryLock(join(paths.folder, `consumer-${name}.lock`));
  if (lock === undefined) {
    throw new ChatError("not_allowed", `Another process follows as the consumer "${name}" at this moment.`, {
      hint: "End that one, or take another name.",
    });
  }
  // Kept is the arrival that comes next, so that there is something to keep before anything has arrived.
  const counter = `consumer_${name}` as const;
  const advance = (arrival: number): void => setCounter(db, counter, arrival + 1);
  return {
    start: () => {
      if (readCounter(db, counter) === 0) advance(newestArrival(db));
      return readCounter(db, counter) - 1;
    },
    advance,
    close: () => lock.release(),
  };
}
