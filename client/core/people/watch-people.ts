import { setTimeout as sleep } from "node:timers/promises";
import { isDeviceRefused, NetError } from "../../net/net-error.ts";
import type { Person } from "../../net/relay-connection.ts";
import { FIRST_DELAY_MS, LONGEST_DELAY_MS, retryDelay } from "../connection/retry-delay.ts";
import type { Connect } from "../outbox/drain-outbox.ts";
import { checkedPerson, listFrom, type PersonListed } from "./people.ts";

export interface PeopleWatching {
  readonly signal: AbortSignal;
  /** Everybody first, in the order of their names, then whoever is new; nobody twice. */
  readonly onPeople: (people: readonly PersonListed[]) => void;
  readonly onConnection?: (state: "connected" | "offline", error?: NetError) => void;
}

/**
 * Tells who is on the relay, and who joins, until the signal aborts. After a lost connection everybody is listed again,
 * and those who came meanwhile are told. Rejects only with what waiting cannot mend.
 */
export async function watchPeople(connect: Connect, watching: PeopleWatching): Promise<void> {
  const { signal, onConnection } = watching;
  const seen = new Set<string>();
  let delay = FIRST_DELAY_MS;
  while (!signal.aborted) {
    const error = await watchOnce(connect, watching, seen, () => {
      delay = FIRST_DELAY_MS;
      onConnection?.("connected");
    });
    if (signal.aborted) return;
    if (error !== undefined && isFinal(error)) throw error;
    if (error?.reason !== "token_expired") onConnection?.("offline", error);
    await sleep(retryDelay(delay, error?.retryAfter), undefined, { signal }).catch(() => undefined);
    delay = Math.min(delay * 2, LONGEST_DELAY_MS);
  }
}

/** Returns why it ended. */
async function watchOnce(
  connect: Connect,
  { signal, onPeople }: PeopleWatching,
  seen: Set<string>,
  onConnected: () => void,
): Promise<NetError | undefined> {
  const ending = new AbortController();
  let broken: NetError | undefined;
  /** New people wait here until everybody is listed. */
  let early: PersonListed[] | undefined = [];
  const tell = (people: readonly PersonListed[]): void => {
    const fresh = people.filter(({ account }) => !seen.has(account));
    for (const { account } of fresh) seen.add(account);
    if (fresh.length > 0) onPeople(fresh);
  };
  const hear = (people: Person[]): void => {
    try {
      const checked = people.map(checkedPerson);
      if (early === undefined) tell(checked);
      else early.push(...checked);
    } catch (error) {
      if (!(error instanceof NetError)) throw error;
      broken = error;
      ending.abort();
    }
  };
  try {
    const connection = await connect();
    try {
      const both = AbortSignal.any([signal, ending.signal]);
      const watch = await connection.watchPeople(hear, both);
      const everybody: PersonListed[] = [];
      for await (const person of listFrom(connection)) everybody.push(person);
      if (signal.aborted) return undefined;
      onConnected();
      tell(everybody);
      tell(early);
      early = undefined;
      const reason = await watch.closed;
      return broken ?? reason;
    } finally {
      ending.abort();
      connection.close();
    }
  } catch (error) {
    if (error instanceof NetError) return error;
    throw error;
  }
}

/** The relay does not take this device any more, tells nobody who is on it, or is none. */
function isFinal(error: NetError): boolean {
  return error.code === "untrusted" || error.reason === "directory_closed" || isDeviceRefused(error);
}
