// What one stream still has to say. One frame is on its way at a time; what comes up meanwhile is gathered into the
// next, within bounds: a reader that is too slow costs those bounds and then lives from the log.
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { type ConversationId, toHex } from "../../keys/public.ts";
import {
  type AcceptedSchema,
  type ConnectResponse,
  ConnectResponseSchema,
  type ConversationSchema,
  type DeliverySchema,
  type PongSchema,
  type PulledSchema,
  type RefusedSchema,
  type SignalSchema,
  type WelcomeSchema,
} from "../../proto/gen/sotto/relay/v1/messaging_pb.ts";
import type { CommittedRow, DeviceKey } from "../fanout/committed-row.ts";
import type { Metrics, Reader } from "../metrics/metrics.ts";
import { MAX_HEADS_A_FRAME, MAX_HEADS_OWED, MAX_PUSHED_BYTES, MAX_SIGNALS_WAITING } from "./limits.ts";

type Head = MessageInitShape<typeof ConversationSchema>;

/** Parts of a frame. */
export interface Words {
  readonly welcome?: MessageInitShape<typeof WelcomeSchema>;
  readonly pong?: MessageInitShape<typeof PongSchema>;
  readonly resync?: boolean;
  readonly accepted?: readonly MessageInitShape<typeof AcceptedSchema>[];
  readonly refused?: readonly MessageInitShape<typeof RefusedSchema>[];
  readonly deliveries?: readonly MessageInitShape<typeof DeliverySchema>[];
  readonly pulled?: readonly MessageInitShape<typeof PulledSchema>[];
  readonly heads?: readonly Head[];
  readonly signals?: readonly MessageInitShape<typeof SignalSchema>[];
}

const empty = new Uint8Array();

export interface OutgoingSetup {
  /** Writes a frame; `done` is called when there is room for the next. */
  readonly write: (frame: ConnectResponse, done: () => void) => void;
  /** The heads as they are now of those conversations, or of all in which the device is behind. */
  readonly readHeads: (of: readonly ConversationId[] | "behind") => Promise<readonly Head[]>;
  readonly onError: (error: unknown) => void;
  readonly metrics: Metrics;
}

export class Outgoing implements Reader {
  readonly #device: DeviceKey;
  readonly #setup: OutgoingSetup;
  #lists = emptyLists();
  #single: Pick<Words, "welcome" | "pong" | "resync"> = {};
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

  get isSlow(): boolean {
    return this.#writing && (this.#owed.size > 0 || this.#owesResync);
  }

  /** Adds to the next frame. Nothing leaves before a Welcome. The caller sees to the bounds, by `room`. */
  say(words: Words): void {
    if (this.#closed) return;
    const { welcome, pong, resync } = words;
    if (welcome !== undefined) this.#started = true;
    this.#single = {
      ...this.#single,
      ...(welcome && { welcome }),
      ...(pong && { pong }),
      ...(resync && { resync }),
    };
    this.#lists.accepted.push(...(words.accepted ?? []));
    this.#lists.refused.push(...(words.refused ?? []));
    this.#lists.deliveries.push(...(words.deliveries ?? []));
    this.#lists.pulled.push(...(words.pulled ?? []));
    this.#lists.heads.push(...(words.heads ?? []));
    this.#lists.signals.push(...(words.signals ?? []));
    this.#flushSoon();
  }

  /** Pushes a row if there is room, and owes its head otherwise. */
  push(conversationId: ConversationId, row: CommittedRow): void {
    if (this.#closed) return;
    // Behind a gap the client pulls anyway.
    if (this.#owesResync || this.#owed.has(toHex(conversationId))) {
      this.#setup.metrics.pushesLeftOut.add();
      return;
    }
    const delivery = deliveryTo(this.#device, conversationId, row);
    const bytes = delivery.envelope.length + delivery.wrap.length + delivery.entry.length + 128;
    if (this.#pushedBytes + bytes > MAX_PUSHED_BYTES) {
      this.#setup.metrics.pushesLeftOut.add();
      this.oweHead(conversationId);
      return;
    }
    this.#pushedBytes += bytes;
    this.#setup.metrics.pushed.add();
    this.say({ deliveries: [delivery] });
  }

  /** Drops it when the reader is slow: it would come too late to be true. */
  signal(frame: Uint8Array): void {
    if (this.#lists.signals.length < MAX_SIGNALS_WAITING) this.say({ signals: [{ frame }] });
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
    this.#lists = emptyLists();
    this.#pushedBytes = 0;
    this.#owed.clear();
    this.#letProceed();
  }

  #hasContent(): boolean {
    return Object.keys(this.#single).length > 0 || Object.values(this.#lists).some((list) => list.length > 0);
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
    const frame = create(ConnectResponseSchema, { ...this.#single, ...this.#lists });
    this.#single = {};
    this.#lists = emptyLists();
    this.#pushedBytes = 0;
    this.#writing = true;
    this.#setup.write(frame, () => {
      this.#writing = false;
      this.#letProceed();
      this.#flushSoon();
    });
  }

  #letProceed(): void {
    for (const proceed of this.#waitingForRoom.splice(0)) proceed();
  }

  /** Only now that there is room: heads that were read earlier would be old. */
  #payDebts(): void {
    if (this.#paying || (this.#owed.size === 0 && !this.#owesResync)) return;
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

type Lists = Omit<Words, "welcome" | "pong" | "resync">;

function emptyLists(): { [List in keyof Lists]-?: NonNullable<Lists[List]>[number][] } {
  return { accepted: [], refused: [], deliveries: [], pulled: [], heads: [], signals: [] };
}

/** The same as sql/select-rows.ts makes of the stored row. */
function deliveryTo(device: DeviceKey, conversationId: ConversationId, row: CommittedRow) {
  const { sequence, rowHash, storedAt } = row;
  const slot = row.slots.get(device);
  const isOwn = row.sender === device;
  const envelope = isOwn ? empty : row.envelope;
  return {
    conversationId,
    sequence,
    rowHash,
    storedAt,
    envelope,
    envelopeHash: envelope.length === 0 ? row.envelopeHash : empty,
    wrap: (isOwn || slot === undefined ? null : row.wraps[slot]) ?? empty,
    entry: row.entry ?? empty,
    ...(row.stub && { stub: row.stub }),
  };
}
