import { readConversation } from "../../store/conversations.ts";
import { changeMarker, snapshot } from "../../store/database.ts";
import { readMessage } from "../../store/messages.ts";
import { nextChange } from "../../store/watch-database.ts";
import { ChatError } from "../chat-error.ts";
import { followRelay } from "../connection/follow.ts";
import {
  type Delivery,
  type DeliveryNames,
  deliveryNames,
  deliveryOf,
} from "../conversations/delivery-state.ts";
import { type WaitOptions, waitForMessage } from "../inbox/wait-for-message.ts";
import type { Message } from "../messages/message.ts";
import type { Profile } from "../profile.ts";
import { messageAt } from "./send-message.ts";

/** How far a message is to have come. */
export interface Goal {
  readonly state: "delivered" | "read";
  /** How many of those it is for; never more than there are. */
  readonly quorum: number | "all";
}

/**
 * Waits until the relay has a message, then until those it is for have received or read it, by their own word. Hears
 * it on a live stream, or from the process of this profile that has one. Rejects as `waitForMessage` does, also when
 * the relay goes away meanwhile and cannot be reached any more.
 */
export async function waitForDelivery(
  profile: Profile,
  position: number,
  goal: Goal,
  options: WaitOptions,
): Promise<Message> {
  const started = performance.now();
  const sent = await waitForMessage(profile, position, options);
  if (isReached(profile, position, goal)) return messageAt(profile, position);
  if (sent.kind === "self") return sent;
  const left = options.timeout - (performance.now() - started);
  const deadline = AbortSignal.timeout(Math.max(Math.ceil(left), 0));
  const done = new AbortController();
  const ending = AbortSignal.any([deadline, done.signal, ...(options.signal ? [options.signal] : [])]);
  let trouble: unknown;
  const fail = (error: unknown) => {
    trouble ??= error;
    done.abort();
  };
  let isBroken = false;
  const following = followRelay(profile, options.connect, {
    signal: ending,
    onConnection: (state, error) => {
      // A stream that breaks is opened again once.
      if (state === "offline" && isBroken) fail(error);
      if (state !== "connecting") isBroken = state === "offline";
    },
  }).catch(fail);
  try {
    await reached(profile, position, goal, ending);
    if (isReached(profile, position, goal)) return messageAt(profile, position);
    if (trouble !== undefined) throw trouble;
    if (options.signal?.aborted === true)
      throw new ChatError("interrupted", "Interrupted: the message is sent.");
    throw timedOut(namesAt(profile, position, goal.state), goal);
  } finally {
    done.abort();
    await following;
  }
}

async function reached(profile: Profile, position: number, goal: Goal, ending: AbortSignal): Promise<void> {
  while (!ending.aborted) {
    const marker = changeMarker(profile.db);
    if (isReached(profile, position, goal)) return;
    await nextChange(profile.db, marker, { signal: ending });
  }
}

function isReached(profile: Profile, position: number, { state, quorum }: Goal): boolean {
  const delivery = deliveryAt(profile, position);
  if (delivery === undefined) return false;
  const { audience, deliveredTo, readBy } = delivery;
  const have = state === "read" ? readBy : deliveredTo;
  const wanted = quorum === "all" ? audience.length : Math.min(quorum, audience.length);
  return wanted > 0 && have.length >= wanted;
}

/** Who has a message of this account, and whom `goal` has not reached; all empty while the relay does not have it. */
export function namesAt(profile: Profile, position: number, goal: Goal["state"]): DeliveryNames {
  const delivery = deliveryAt(profile, position);
  if (delivery === undefined) return { deliveredTo: [], readBy: [], missing: [] };
  return deliveryNames(profile, delivery, goal);
}

function deliveryAt(profile: Profile, position: number): Delivery | undefined {
  return snapshot(profile.db, () => {
    const stored = readMessage(profile.db, position);
    return stored && deliveryOf(profile, readConversation(profile.db, stored.conversation), stored);
  });
}

function timedOut({ missing }: DeliveryNames, { state }: Goal): ChatError {
  const who = missing.length > 3 ? `${missing.length} members` : missing.join(", ");
  const what = state === "read" ? "read" : "received";
  return new ChatError("timed_out", `The message is sent, but not ${what} in time by ${who}.`, {
    hint: "It reaches them when they connect; do not send it again.",
  });
}
