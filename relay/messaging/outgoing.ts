// What one stream still has to say. One frame is on its way at a time; what comes up meanwhile is gathered into the
// next, within bounds: a reader that is too slow costs those bounds and then lives from the log.
import type { Buffer } from "node:buffer";
import { type ConversationId, toHex } from "../../keys/public.ts";
import { StubReason } from "../../proto/gen/sotto/relay/v1/messaging_pb.ts";
import type { CommittedRow, DeviceKey } from "../fanout/committed-row.ts";
import type { Metrics, Reader } from "../metrics/metrics.ts";
import {
  type EncodedDelivery,
  encodeFrame,
  encodeRow,
  type Head,
  sizeOfDelivery,
  type TaggedAcceptance,
  type Words,
} from "./frames.ts";
import { MAX_HEADS_A_FRAME, MAX_HEADS_OWED, MAX_PUSHED_BYTES, MAX_SIGNALS_WAITING } from "./limits.ts";

const empty = new Uint8Array();
/** Of a delivery in a frame, beside the row and the wrap. */
const DELIVERY_OVERHEAD_BYTES = 8;

export interface OutgoingSetup {
  /** Writes a frame; `done` is called when there is room for the next. */
  readonly write: (frame: Buffer, done: () => void) => void;
  /** The heads as they are now of those conversations, or of all in which the device is behind. */
  readonly readHeads: (of: readonly ConversationId[] | "behind") => Promise<readonly Head[]>;
  readonly onError: (error: unknown) => void;
  readonly metrics: Metrics;
}

export class Outgoing implements Reader {
  readonly #device: DeviceKey;
  readonly #setup: OutgoingSetup;
  #words: Words | undefined;
  #accepted: TaggedAcceptance[] = [];
  #deliveries: EncodedDelivery[] = [];
  #pushedBytes = 0;
  #started = false;
  #flushing = false;
  #writing = false;
  #closed = false;
  #waitingForRoom: (() => void)[] = [];
  /** Conversations of which something was left out. */
  #owed = new Map<string, ConversationId>();
  #owesResync = false;
  #paying = false;

  constructor(device: DeviceKey, setup: OutgoingSetup) {
    this.#device = device;
    this.#setup = setup;
  }

  get waitingBytes(): number {
    return this.#pushedBytes;
  }

  /** Acceptances and refusals that are not on their way. */
  get answersWaiting(): number {
    return this.#accepted.length + (this.#words?.refused?.length ?? 0);
  }

  get isSlow(): boolean {
    return this.#writing && this.#hasDebts();
  }

  /** Adds to the next frame. Nothing leaves before a Welcome. The caller sees to the bounds, by `room`. */
  say(words: Words): void {
    if (this.#closed) return;
    if (words.welcome !== undefined) this.#started = true;
    this.#words = this.#words === undefined ? words : joined(this.#words, words);
    this.#flushSoon();
  }

  /** As `say`. */
  accept(acceptance: TaggedAcceptance): void {
    if (this.#closed) return;
    this.#accepted.push(acceptance);
    this.#flushSoon();
  }

  /** As `say`. */
  deliver(deliveries: readonly EncodedDelivery[]): void {
    if (this.#closed) return;
    for (const delivery of deliveries) this.#deliveries.push(delivery);
    this.#flushSoon();
  }

  /** Pushes a row if there is room, and owes its head otherwise. */
  push(conversationId: ConversationId, row: CommittedRow): void {
    if (this.#closed) return;
    // Behind a gap the client pulls anyway.
    if (this.#owesResync || (this.#owed.size > 0 && this.#owed.has(toHex(conversationId)))) {
      this.#setup.metrics.pushesLeftOut.add();
      return;
    }
    const delivery = deliveryTo(this.#device, conversationId, row);
    const bytes = sizeOfDelivery(delivery) + DELIVERY_OVERHEAD_BYTES;
    if (this.#pushedBytes + bytes > MAX_PUSHED_BYTES) {
      this.#setup.metrics.pushesLeftOut.add();
      this.oweHead(conversationId);
      return;
    }
    this.#pushedBytes += bytes;
    this.#setup.metrics.pushed.add();
    this.#deliveries.push(delivery);
    this.#flushSoon();
  }

  /** Drops it when the reader is slow: it would come too late to be true. */
  signal(frame: Uint8Array): void {
    if ((this.#words?.signals?.length ?? 0) < MAX_SIGNALS_WAITING) this.say({ signals: [{ frame }] });
    else this.#setup.metrics.signalsDropped.of("slow_reader").add();
  }

  oweHead(conversationId: ConversationId): void {
    if (this.#closed || this.#owesResync) return;
    this.#setup.metrics.headsOwed.add();
    this.#owed.set(toHex(conversationId), conversationId);
    if (this.#owed.size > MAX_HEADS_OWED) {
      this.#owed.clear();
      this.#owesResync = true;
      this.#setup.metrics.resyncs.add();
    }
    this.#flushSoon();
  }

  /** Resolves when nothing waits to be written, or never will be. */
  async room(): Promise<void> {
    while (!this.#closed && (this.#writing || this.#hasContent())) {
      await new Promise<void>((resolve) => this.#waitingForRoom.push(resolve));
    }
  }

  /** Forgets what there is no room for. */
  close(): void {
    if (!this.#writing && this.#started) this.#flush();
    this.#closed = true;
    this.#takeContent();
    this.#owed.clear();
    this.#letProceed();
  }

  #hasContent(): boolean {
    return this.#words !== undefined || this.#accepted.length > 0 || this.#deliveries.length > 0;
  }

  #hasDebts(): boolean {
    return this.#owed.size > 0 || this.#owesResync;
  }

  #takeContent() {
    const content = [this.#words, this.#accepted, this.#deliveries] as const;
    this.#words = undefined;
    this.#accepted = [];
    this.#deliveries = [];
    this.#pushedBytes = 0;
    return content;
  }

  /** Everything that comes up in one turn of the event loop, as in one commit, goes into one frame. */
  #flushSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    queueMicrotask(() => {
      this.#flushing = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#closed || this.#writing || !this.#started) return;
    if (!this.#hasContent()) {
      this.#payDebts();
      return;
    }
    this.#writing = true;
    this.#setup.write(encodeFrame(...this.#takeContent()), () => {
      this.#writing = false;
      this.#letProceed();
      if (this.#hasContent() || this.#hasDebts()) this.#flushSoon();
    });
  }

  #letProceed(): void {
    if (this.#waitingForRoom.length === 0) return;
    for (const proceed of this.#waitingForRoom.splice(0)) proceed();
  }

  /** Only now that there is room: heads that were read earlier would be old. */
  #payDebts(): void {
    if (this.#paying || !this.#hasDebts()) return;
    this.#paying = true;
    const resync = this.#owesResync;
    const some = [...this.#owed].slice(0, MAX_HEADS_A_FRAME);
    // Before they are read: what is pushed from now on follows these heads.
    this.#owesResync = false;
    for (const [key] of some) this.#owed.delete(key);
    const of = resync ? "behind" : some.map(([, id]) => id);
    this.#setup
      .readHeads(of)
      .then(async (heads) => {
        if (resync) this.say({ resync });
        await this.sayHeads(heads);
      })
      .catch(this.#setup.onError)
      .finally(() => {
        this.#paying = false;
        this.#flushSoon();
      });
  }

  /** A frame of them at a time. */
  async sayHeads(heads: readonly Head[]): Promise<void> {
    for (let at = 0; at < heads.length && !this.#closed; at += MAX_HEADS_A_FRAME) {
      if (at > 0) await this.room();
      this.say({ heads: heads.slice(at, at + MAX_HEADS_A_FRAME) });
    }
  }
}

/** What is said once, as it was said last; of lists everything. */
function joined(before: Words, after: Words): Words {
  return {
    ...before,
    ...after,
    refused: [...(before.refused ?? []), ...(after.refused ?? [])],
    pulled: [...(before.pulled ?? []), ...(after.pulled ?? [])],
    heads: [...(before.heads ?? []), ...(after.heads ?? [])],
    signals: [...(before.signals ?? []), ...(after.signals ?? [])],
  };
}

/** The same as a pull makes of the stored row. */
function deliveryTo(device: DeviceKey, conversationId: ConversationId, row: CommittedRow): EncodedDelivery {
  row.encoded ??= {};
  const { encoded } = row;
  if (row.sender === device) {
    encoded.forSender ??= encodeCommitted(conversationId, row, empty);
    return { row: encoded.forSender, wrap: empty };
  }
  encoded.forOthers ??= encodeCommitted(conversationId, row, row.envelope);
  const slot = row.slots.get(device);
  return { row: encoded.forOthers, wrap: (slot === undefined ? null : row.wraps[slot]) ?? empty };
}

function encodeCommitted(conversationId: ConversationId, row: CommittedRow, envelope: Uint8Array): Buffer {
  const { sequence, rowHash, storedAt, entry = empty, stub = StubReason.UNSPECIFIED } = row;
  const envelopeHash = envelope.length === 0 ? row.envelopeHash : empty;
  return encodeRow({ conversationId, sequence, rowHash, envelope, envelopeHash, entry, stub, storedAt });
}
