// The frames of Connect by hand: the load shares two processors with the relay, and protobuf-es would cost it more than
// all the rest. What it makes is plain protobuf: wire.test.ts reads it with protobuf-es.

/** Compressed 0 ‖ length: what stands before a message in gRPC. */
export const PREFIX_BYTES = 5;
/** All tags of submits are varints of five bytes, so that a template has room for any. */
export const FIRST_TAG = 2 ** 28;
const TAG_BYTES = 5;
const MESSAGE_ID_AT = 1 + 32;
const MESSAGE_ID_BYTES = 16;

export interface SubmitTemplate {
  readonly bytes: Buffer;
  readonly tagAt: number;
  readonly messageIdAt: number;
}

/** A framed Submit in which tag and message id are filled in later. */
export function submitTemplate(envelope: Uint8Array, wraps: Uint8Array): SubmitTemplate {
  const head = Buffer.from([0x08, ...varint(FIRST_TAG)]);
  const envelopeHead = Buffer.from([0x12, ...varint(envelope.length)]);
  const wrapsHead = Buffer.from([0x1a, ...varint(wraps.length)]);
  const submit = Buffer.concat([head, envelopeHead, envelope, wrapsHead, wraps]);
  const start = Buffer.from([0x12, ...varint(submit.length)]);
  return {
    bytes: framed(Buffer.concat([start, submit])),
    tagAt: PREFIX_BYTES + start.length + 1,
    messageIdAt: PREFIX_BYTES + start.length + head.length + envelopeHead.length + MESSAGE_ID_AT,
  };
}

/** `counter` from 0: the tag, and the end of the message id, whose beginning is the template's. */
export function fillSubmit({ bytes, tagAt, messageIdAt }: SubmitTemplate, counter: number): Buffer {
  const filled = Buffer.allocUnsafe(bytes.length);
  bytes.copy(filled);
  let rest = FIRST_TAG + counter;
  for (let at = 0; at < TAG_BYTES - 1; at += 1) {
    filled[tagAt + at] = (rest % 128) | 0x80;
    rest = Math.floor(rest / 128);
  }
  filled[tagAt + TAG_BYTES - 1] = rest;
  filled.writeUIntBE(counter, messageIdAt + MESSAGE_ID_BYTES - 6, 6);
  return filled;
}

export function helloFrame(live: boolean, lease: number): Buffer {
  const hello = Buffer.from([0x08, live ? 1 : 0, 0x10, ...varint(lease)]);
  return framed(Buffer.concat([Buffer.from([0x0a, hello.length]), hello]));
}

export function pullFrame(conversationId: Uint8Array, after: number, limit: number): Buffer {
  const numbers = Buffer.from([0x10, ...varint(after), 0x18, ...varint(limit)]);
  const pull = Buffer.concat([Buffer.from([0x0a, conversationId.length]), conversationId, numbers]);
  return framed(Buffer.concat([Buffer.from([0x1a, ...varint(pull.length)]), pull]));
}

export function acknowledgeFrame(
  cursors: readonly { conversationId: Uint8Array; sequence: number }[],
): Buffer {
  const parts: Uint8Array[] = [];
  for (const { conversationId, sequence } of cursors) {
    const number = varint(sequence);
    const length = 2 + conversationId.length + 1 + number.length;
    parts.push(Buffer.from([0x0a, ...varint(length), 0x0a, conversationId.length]), conversationId);
    parts.push(Buffer.from([0x10, ...number]));
  }
  const acknowledge = Buffer.concat(parts);
  return framed(Buffer.concat([Buffer.from([0x22, ...varint(acknowledge.length)]), acknowledge]));
}

export function pingFrame(nonce: number): Buffer {
  const ping = Buffer.from([0x08, ...varint(nonce)]);
  return framed(Buffer.concat([Buffer.from([0x2a, ping.length]), ping]));
}

export function framed(message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(PREFIX_BYTES + message.length);
  frame[0] = 0;
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, PREFIX_BYTES);
  return frame;
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) | 0x80);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
  return bytes;
}

/** Hears what a frame of the relay holds, in order of its fields. Conversations are named by `shortId`. */
export interface FrameListener {
  welcome(): void;
  accepted(counter: number, sequence: number): void;
  refused(counter: number, reason: number, retryAfterMs: number): void;
  /** `counter`: that of its submit; -1 where no envelope is. `wrap`: its first 48 bits; -1 where none is. */
  delivery(id: number, sequence: number, counter: number, wrap: number): void;
  pulled(id: number, through: number, head: number): void;
  head(id: number, head: number, cursor: number): void;
  resync(): void;
  pong(): void;
}

/** 48 bits of an id tell those of one run from each other. */
export function shortId(id: Uint8Array): number {
  return Buffer.from(id.buffer, id.byteOffset, id.length).readUIntBE(0, 6);
}

/** Reads one message of ConnectResponse. */
export class FrameReader {
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  /** Where pages and heads stand: they are handled after the rows, wherever they come in the bytes. */
  readonly #later: number[] = [];

  read(bytes: Buffer, from: number, end: number, to: FrameListener): void {
    this.#bytes = bytes;
    this.#at = from;
    let isResync = false;
    while (this.#at < end) {
      const key = this.#varint();
      const field = key >>> 3;
      if ((key & 7) === 0) {
        const value = this.#varint();
        if (field === 7) isResync = value === 1;
        continue;
      }
      const length = this.#varint();
      const stop = this.#at + length;
      if (field === 4) this.#delivery(stop, to);
      else if (field === 2) this.#accepted(stop, to);
      else if (field === 1) to.welcome();
      else if (field === 3) this.#refused(stop, to);
      else if (field === 5 || field === 6) this.#later.push(field, this.#at, stop);
      else if (field === 8) to.pong();
      this.#at = stop;
    }
    if (isResync) to.resync();
    if (this.#later.length > 0) this.#readLater(to);
  }

  #readLater(to: FrameListener): void {
    const places = this.#later.splice(0);
    for (let place = 0; place < places.length; place += 3) {
      const [field, at = 0, stop = 0] = places.slice(place, place + 3);
      this.#at = at;
      if (field === 5) this.#pulled(stop, to);
      else this.#head(stop, to);
    }
  }

  #delivery(stop: number, to: FrameListener): void {
    let [id, sequence, counter, wrap] = [0, 0, -1, -1];
    while (this.#at < stop) {
      const key = this.#varint();
      if ((key & 7) === 0) {
        const value = this.#varint();
        if (key >>> 3 === 2) sequence = value;
        continue;
      }
      const length = this.#varint();
      const field = key >>> 3;
      if (field === 1) id = this.#bytes.readUIntBE(this.#at, 6);
      else if (field === 4 && length > 0) {
        counter = this.#bytes.readUIntBE(this.#at + MESSAGE_ID_AT + MESSAGE_ID_BYTES - 6, 6);
      } else if (field === 5 && length >= 6) wrap = this.#bytes.readUIntBE(this.#at, 6);
      this.#at += length;
    }
    to.delivery(id, sequence, counter, wrap);
  }

  #accepted(stop: number, to: FrameListener): void {
    const [, tag, sequence] = this.#numbers(stop);
    to.accepted((tag ?? 0) - FIRST_TAG, sequence ?? 0);
  }

  #refused(stop: number, to: FrameListener): void {
    const [, tag, reason, retryAfter] = this.#numbers(stop);
    to.refused((tag ?? 0) - FIRST_TAG, reason ?? 0, retryAfter ?? 0);
  }

  #pulled(stop: number, to: FrameListener): void {
    const [id, , through, head] = this.#numbers(stop);
    to.pulled(id ?? 0, through ?? 0, head ?? 0);
  }

  #head(stop: number, to: FrameListener): void {
    const numbers = this.#numbers(stop);
    to.head(numbers[0] ?? 0, numbers[4] ?? 0, numbers[5] ?? 0);
  }

  /** A message's numbers by their fields; under 0, the conversation's id, its first field. */
  #numbers(stop: number): number[] {
    const numbers: number[] = [];
    while (this.#at < stop) {
      const key = this.#varint();
      if ((key & 7) === 0) {
        numbers[key >>> 3] = this.#varint();
        continue;
      }
      const length = this.#varint();
      if (key >>> 3 === 1 && length === 32) numbers[0] = this.#bytes.readUIntBE(this.#at, 6);
      this.#at += length;
    }
    return numbers;
  }

  #varint(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.#bytes[this.#at] ?? 0;
      this.#at += 1;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
  }
}

/** Cuts what a stream brings into messages. */
export class Unframer {
  readonly #onMessage: (bytes: Buffer, from: number, end: number) => void;
  #rest: Buffer | undefined;

  constructor(onMessage: (bytes: Buffer, from: number, end: number) => void) {
    this.#onMessage = onMessage;
  }

  take(chunk: Buffer): void {
    const bytes = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#rest = undefined;
    let at = 0;
    while (bytes.length - at >= PREFIX_BYTES) {
      const end = at + PREFIX_BYTES + bytes.readUInt32BE(at + 1);
      if (end > bytes.length) break;
      this.#onMessage(bytes, at + PREFIX_BYTES, end);
      at = end;
    }
    if (at < bytes.length) this.#rest = bytes.subarray(at);
  }
}
