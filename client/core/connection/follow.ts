import { setTimeout as sleep } from "node:timers/promises";
import { ready } from "../../../keys/index.ts";
import { seconds } from "../../beat.ts";
import { isDeviceRefused, type NetError } from "../../net/net-error.ts";
import { holding, type Lock, takeLock } from "../../store/lock.ts";
import type { SecurityEvent } from "../../store/security-events.ts";
import type { Connect } from "../outbox/drain-outbox.ts";
import type { Profile } from "../profile.ts";
import type { Signals } from "../signals/signals.ts";
import { holdLiveStream } from "./live-stream.ts";
import { FIRST_DELAY_MS, LONGEST_DELAY_MS, retryDelay } from "./retry-delay.ts";

/** `waiting`: another process of this profile holds the live stream; what it receives is in the database. */
export type ConnectionState = "waiting" | "connecting" | "connected" | "offline";

export interface FollowOptions {
  readonly signal: AbortSignal;
  readonly onConnection?: (state: ConnectionState, error?: NetError) => void;
  /** Alarms and notes that came up. */
  readonly onFindings?: (events: readonly SecurityEvent[]) => void;
  /** Hears and says who is typing or there, while this process holds the live stream. */
  readonly signals?: Signals;
}

const TRY_LOCK_EVERY_S = 1;
const TOUCH_EVERY_S = 2;
const SUSPENDED_AFTER_MS = 10_000;

/**
 * Keeps the profile up to date until the signal aborts: holds the live stream when no other process of the profile
 * does, and takes over when that one ends, dies or is suspended. Reconnects with growing, jittered delays. Rejects
 * only with what waiting cannot mend: NetError `refused` of the device, ChatError `signed_out`, a broken profile.
 */
export async function followRelay(profile: Profile, connect: Connect, options: FollowOptions): Promise<void> {
  await ready();
  try {
    while (!options.signal.aborted) {
      const lock = await waitForLock(profile, options);
      if (lock === undefined) return;
      await holding(lock, TOUCH_EVERY_S, () => stayConnected(profile, connect, options));
    }
  } finally {
    options.signals?.end();
  }
}

async function waitForLock(
  profile: Profile,
  { signal, onConnection }: FollowOptions,
): Promise<Lock | undefined> {
  for (let isFirst = true; !signal.aborted; isFirst = false) {
    const lock = takeLock(profile.paths.liveLock, SUSPENDED_AFTER_MS);
    if (lock !== undefined) return lock;
    if (isFirst) onConnection?.("waiting");
    await seconds(TRY_LOCK_EVERY_S, signal).catch(() => undefined);
  }
  return undefined;
}

/** Returns when the signal aborts, or when another process has taken over. */
async function stayConnected(profile: Profile, connect: Connect, options: FollowOptions): Promise<void> {
  const { signal, onConnection } = options;
  let delay = FIRST_DELAY_MS;
  while (!signal.aborted) {
    onConnection?.("connecting");
    const error = await holdLiveStream(profile, connect, options, () => {
      delay = FIRST_DELAY_MS;
      onConnection?.("connected");
    });
    if (signal.aborted || error?.reason === "superseded") return;
    if (error !== undefined && isDeviceRefused(error)) throw error;
    if (error !== undefined) onConnection?.("offline", error);
    await sleep(retryDelay(delay, error?.retryAfter), undefined, { signal }).catch(() => undefined);
    delay = Math.min(delay * 2, LONGEST_DELAY_MS);
  }
}
