import { setTimeout as sleep } from "node:timers/promises";
import { seconds } from "../../beat.ts";
import { NetError } from "../../net/net-error.ts";
import type { Conversation, Delivery, RelayConnection, RelayStream } from "../../net/relay-connection.ts";
import { countUp } from "../../store/counters.ts";
import { changeMarker, transact } from "../../store/database.ts";
import { readIntents } from "../../store/outbox.ts";
import { nextReceiptDue } from "../../store/queued-receipts.ts";
import { newestSecurityEvent, readSecurityEvents, type SecurityEvent } from "../../store/security-events.ts";
import { nextChange } from "../../store/watch-database.ts";
import { upkeepPrekeys } from "../account/prekey-upkeep.ts";
import { heldLogs } from "../conversations/conversations.ts";
import { claimWhileLive } from "../groups/claim-history.ts";
import { upkeepGroups } from "../groups/upkeep-groups.ts";
import { Inbox } from "../inbox/inbox.ts";
import { type Connect, drainThrough } from "../outbox/drain-outbox.ts";
import { greetOwnDevices } from "../own-devices/tell.ts";
import type { Profile } from "../profile.ts";
import type { Signals } from "../signals/signals.ts";

/** A dead network is noticed within the sum of the two. */
const PING_EVERY_S = 3;
const PONG_TIMEOUT_MS = 4_000;
/** What another process has queued and not sent for so long is sent here. */
const LEFT_LYING_AFTER_MS = 1_000;
/** Receipts that are due wait for a process that is at the outbox. */
const LOOK_AT_RECEIPTS_AGAIN_MS = 100;

interface LiveOptions {
  readonly signal: AbortSignal;
  readonly signals?: Signals;
  readonly onFindings?: (events: readonly SecurityEvent[]) => void;
}

/** How much may wait while earlier pushes are taken in. A push is a hint: beyond this the stream is opened anew. */
const MAX_PUSHED = 5_000;
const MAX_PUSHED_BYTES = 32 * 1024 * 1024;
/** What comes beyond is dropped: nothing is lost with it. */
const MAX_SIGNALS = 256;

/** What came in and was not taken in yet. */
interface Pushed {
  deliveries: Delivery[];
  heads: Conversation[];
  /** Ephemeral frames. */
  signals: Uint8Array[];
  bytes: number;
  isResync: boolean;
  wake: () => void;
}

/**
 * Connects, catches up, and takes in what is pushed until the stream ends. Returns why it ended, undefined when the
 * signal did it; throws only what has nothing to do with the network.
 */
export async function holdLiveStream(
  profile: Profile,
  connect: Connect,
  options: LiveOptions,
  onConnected: () => void,
): Promise<NetError | undefined> {
  let connection: RelayConnection | undefined;
  try {
    connection = await connect();
    return await live(profile, connection, options, onConnected);
  } catch (error) {
    if (error instanceof NetError) return error;
    throw error;
  } finally {
    connection?.close();
  }
}

async function live(
  profile: Profile,
  connection: RelayConnection,
  { signal, signals, onFindings }: LiveOptions,
  onConnected: () => void,
): Promise<NetError | undefined> {
  const pushed: Pushed = {
    deliveries: [],
    heads: [],
    signals: [],
    bytes: 0,
    isResync: false,
    wake: () => undefined,
  };
  const held = heldLogs(profile);
  const stream = await openLive(profile, connection, pushed);
  const ending = new AbortController();
  const end = () => ending.abort();
  signal.addEventListener("abort", end, { once: true });
  // While it connected; the event is over then.
  if (signal.aborted) end();
  let reason: NetError | undefined;
  const closed = stream.closed.then((error) => {
    reason ??= error;
    end();
  });
  ending.signal.addEventListener("abort", () => pushed.wake(), { once: true });
  const beating = heartbeat(stream, ending.signal).catch((error) => {
    reason ??= error instanceof NetError ? error : undefined;
    end();
  });
  try {
    let seen = newestSecurityEvent(profile.db);
    const inbox = new Inbox(profile, connection, stream, held);
    const report = () => {
      const events = readSecurityEvents(profile.db, seen);
      seen = events.at(-1)?.event ?? seen;
      if (events.length > 0) onFindings?.(events);
    };
    await inbox.learn(stream.heads);
    await inbox.catchUp();
    report();
    greetOwnDevices(profile);
    signals?.attach(stream);
    onConnected();
    await drainThrough(profile, connection, stream, ending.signal);
    await upkeepGroups(profile, connection);
    await upkeepPrekeys(profile, connection, stream.welcome);
    const sending = sendLeftovers(profile, connection, stream, ending.signal);
    sending.catch(end);
    const telling = sendReceipts(profile, connection, stream, ending.signal);
    telling.catch(end);
    const send = () => drainThrough(profile, connection, stream, ending.signal);
    const online = signals && ((conversation: number) => signals.present(conversation));
    const claiming = claimWhileLive(profile, send, ending.signal, online);
    claiming.catch(end);
    while (!ending.signal.aborted) {
      const { deliveries, heads, signals: frames, isResync } = await next(pushed, ending.signal);
      if (isResync) return undefined;
      // What has its key in a message comes after that message.
      if (deliveries.length > 0 || heads.length > 0) {
        await inbox.learn(heads);
        await inbox.take(deliveries);
        await inbox.catchUp();
        report();
        await upkeepGroups(profile, connection);
      }
      if (frames.length > 0) signals?.hear(frames);
      if (hasSilent(profile)) await drainThrough(profile, connection, stream, ending.signal);
    }
    await Promise.all([sending, telling, claiming]);
  } catch (error) {
    if (!ending.signal.aborted) throw error;
    if (!(error instanceof NetError) && !isAbort(error)) throw error;
  } finally {
    signals?.attach(undefined);
    signal.removeEventListener("abort", end);
    end();
    await Promise.all([beating, stream.close(), closed]);
  }
  return reason;
}

function openLive(profile: Profile, connection: RelayConnection, pushed: Pushed): Promise<RelayStream> {
  const lease = transact(profile.db, () => countUp(profile.db, "live_lease"));
  return connection.openStream({
    live: true,
    lease: BigInt(lease),
    onDeliveries: (deliveries) => keep(pushed, deliveries, []),
    onHeads: (heads) => keep(pushed, [], heads),
    onSignals: (frames) => keepSignals(pushed, frames),
    onResync: () => startAnew(pushed),
  });
}

function keep(pushed: Pushed, deliveries: readonly Delivery[], heads: readonly Conversation[]): void {
  if (pushed.isResync) return;
  for (const row of deliveries) {
    pushed.deliveries.push(row);
    pushed.bytes += row.envelope.length + row.wrap.length;
  }
  for (const head of heads) pushed.heads.push(head);
  const waiting = pushed.deliveries.length + pushed.heads.length;
  if (waiting > MAX_PUSHED || pushed.bytes > MAX_PUSHED_BYTES) startAnew(pushed);
  else pushed.wake();
}

function keepSignals(pushed: Pushed, frames: readonly Uint8Array[]): void {
  pushed.signals.push(...frames.slice(0, MAX_SIGNALS - pushed.signals.length));
  pushed.wake();
}

function startAnew(pushed: Pushed): void {
  pushed.deliveries = [];
  pushed.heads = [];
  pushed.signals = [];
  pushed.isResync = true;
  pushed.wake();
}

/** All that was pushed since the last time, as soon as there is something. */
async function next(pushed: Pushed, ending: AbortSignal): Promise<Omit<Pushed, "wake" | "bytes">> {
  const isEmpty = () =>
    pushed.deliveries.length + pushed.heads.length + pushed.signals.length === 0 && !pushed.isResync;
  if (isEmpty() && !ending.aborted) {
    await new Promise<void>((resolve) => {
      pushed.wake = resolve;
    });
  }
  const { deliveries, heads, signals, isResync } = pushed;
  pushed.deliveries = [];
  pushed.heads = [];
  pushed.signals = [];
  pushed.bytes = 0;
  return { deliveries, heads, signals, isResync };
}

async function heartbeat(stream: RelayStream, ending: AbortSignal): Promise<void> {
  for (;;) {
    await seconds(PING_EVERY_S, ending);
    const late = new NetError("timeout", "the relay does not answer any more");
    const timeout = sleep(PONG_TIMEOUT_MS, undefined, { signal: ending, ref: false }).then(() =>
      Promise.reject(late),
    );
    await Promise.race([stream.ping(), timeout]);
    timeout.catch(() => undefined);
  }
}

/** Confirmations and the like that what came in has made due. */
function hasSilent(profile: Profile): boolean {
  return readIntents(profile.db, profile.runtime.now(), 1).some(({ purpose }) => purpose !== "message");
}

/** Whoever queues a message sends it; what is left lying was queued offline, or by a process that died. */
async function sendLeftovers(
  profile: Profile,
  connection: RelayConnection,
  stream: RelayStream,
  ending: AbortSignal,
): Promise<void> {
  let oldest: number | undefined;
  while (!ending.aborted) {
    const marker = changeMarker(profile.db);
    const [first] = readIntents(profile.db, profile.runtime.now(), 1);
    if (first !== undefined && first.intent === oldest) {
      await drainThrough(profile, connection, stream, ending);
      oldest = undefined;
    } else {
      oldest = first?.intent;
    }
    if (oldest === undefined) await nextChange(profile.db, marker, { signal: ending });
    else await sleep(LEFT_LYING_AFTER_MS, undefined, { signal: ending }).catch(() => undefined);
  }
}

/** Receipts, when they have waited long enough for more to tell; other processes of the profile queue them too. */
async function sendReceipts(
  profile: Profile,
  connection: RelayConnection,
  stream: RelayStream,
  ending: AbortSignal,
): Promise<void> {
  while (!ending.aborted) {
    const marker = changeMarker(profile.db);
    const due = nextReceiptDue(profile.db);
    const wait = due === undefined ? undefined : due - profile.runtime.now();
    if (wait === undefined || wait > 0) {
      await nextChange(profile.db, marker, { signal: ending, within: wait });
    } else {
      await drainThrough(profile, connection, stream, ending);
      await sleep(LOOK_AT_RECEIPTS_AGAIN_MS, undefined, { signal: ending }).catch(() => undefined);
    }
  }
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === "AbortError";
}
