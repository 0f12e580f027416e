// Tells watchers who is new. What is lost here is not lost: a client lists everybody after the first answer.
import { create } from "@bufbuild/protobuf";
import { equal } from "../../keys/public.ts";
import {
  type WatchPeopleRequest,
  type WatchPeopleResponse,
  WatchPeopleResponseSchema,
} from "../../proto/gen/sotto/relay/v1/directory_pb.ts";
import {
  accountDisabled,
  ErrorReason,
  RelayError,
  relayUnavailable,
  tokenExpired,
  unknownDevice,
} from "../errors.ts";
import type { Bus, BusEvent, Registered } from "../fanout/bus.ts";
import { deviceKey } from "../fanout/committed-row.ts";
import type { Moment } from "../moment.ts";
import type { Caller, WatchCall } from "../service.ts";
import { MAX_PEOPLE_WAITING, MAX_WATCHES_PER_DEVICE } from "./limits.ts";

/** What setTimeout can count. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** How many watches each device holds. */
export class Watches {
  readonly #open = new Map<string, number>();

  /** Throws QUOTA_EXCEEDED. */
  add({ accountId, deviceId }: Caller, over: Moment): void {
    const key = deviceKey(accountId, deviceId);
    const before = this.#open.get(key) ?? 0;
    if (before >= MAX_WATCHES_PER_DEVICE) {
      throw new RelayError(ErrorReason.QUOTA_EXCEEDED, "too many watches of this device", {
        retryAfter: 1_000,
      });
    }
    this.#open.set(key, before + 1);
    over.whenItComes(() => {
      const left = (this.#open.get(key) ?? 1) - 1;
      if (left === 0) this.#open.delete(key);
      else this.#open.set(key, left);
    });
  }
}

/** Throws QUOTA_EXCEEDED. */
export function watchPeople(
  { bus, watches, clock }: { bus: Bus; watches: Watches; clock: () => number },
  call: WatchCall<WatchPeopleRequest, WatchPeopleResponse>,
  caller: Caller,
): void {
  const { stream, over, draining } = call;
  if (over.hasCome) return;
  watches.add(caller, over);

  let waiting: Registered[] = [];
  let writing = false;
  const write = (people: readonly Registered[]): void => {
    writing = true;
    const frame = create(WatchPeopleResponseSchema, {
      people: people.map(({ accountId, name, registeredAt }) => ({ accountId, name, registeredAt })),
    });
    stream.write(frame, () => {
      writing = false;
      const next = waiting;
      waiting = [];
      if (next.length > 0) write(next);
    });
  };
  const hear = (event: BusEvent): void => {
    if (event.kind === "removed" && isOf(event, caller)) {
      end(event.disabled === true ? accountDisabled() : unknownDevice());
    }
    if (event.kind !== "registered") return;
    if (writing) waiting.push(event);
    else write([event]);
    if (waiting.length > MAX_PEOPLE_WAITING) end(tooSlow());
  };
  const unsubscribe = bus.subscribe(hear);
  const lifetime = Math.min(Math.max(caller.tokenExpiresAt - clock(), 0), MAX_TIMER_MS);
  const expiry = setTimeout(() => end(tokenExpired()), lifetime);
  const quit = (): void => {
    unsubscribe();
    clearTimeout(expiry);
    waiting = [];
  };
  const end = (error: RelayError): void => {
    quit();
    call.end(error);
  };
  over.whenItComes(quit);
  draining.whenItComes(() => end(relayUnavailable()));
  // Only now: whoever is listed after this answer and whoever is told from here on are everybody.
  write([]);
  if (draining.hasCome) end(relayUnavailable());
}

function isOf(one: Pick<Caller, "accountId" | "deviceId">, caller: Caller): boolean {
  return equal(one.accountId, caller.accountId) && equal(one.deviceId, caller.deviceId);
}

function tooSlow(): RelayError {
  return new RelayError(ErrorReason.RELAY_UNAVAILABLE, "too many new people at once: watch again", {
    retryAfter: 100,
  });
}
