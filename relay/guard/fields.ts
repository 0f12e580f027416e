// A field of two bytes becomes an object of a hundred: a frame of 2 MiB that consists of them would take the memory of
// fifty and a second of the processor. So fields are counted before anything is made of them.
import type { DescMessage } from "@bufbuild/protobuf";

/** Fields of one request, with those of its parts; a thousand acknowledged cursors are the most of ours. */
export const MAX_FIELDS = 4_096;

type Parts = ReadonlyMap<number, DescMessage>;

/** Of what is not protobuf it says nothing: the decoder will. */
export function hasTooManyFields(schema: DescMessage, bytes: Uint8Array): boolean {
  if (bytes.length <= MAX_FIELDS) return false;
  return new Counter(bytes).count(schema, bytes.length, MAX_FIELDS) < 0;
}

class Counter {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** From here to `end`; how many fields are left of `left`, below zero if they were too many. */
  count(schema: DescMessage, end: number, left: number): number {
    const parts = partsOf(schema);
    let remaining = left;
    while (this.#at < end && remaining >= 0) {
      const tag = this.#varint();
      remaining -= 1;
      if ((tag & 7) !== LENGTH_DELIMITED) {
        this.#skip(tag & 7, end);
        continue;
      }
      const length = this.#varint();
      const part = parts.get(tag >>> 3);
      const partEnd = Math.min(end, this.#at + length);
      if (part === undefined) this.#at = partEnd;
      else remaining = this.count(part, partEnd, remaining);
    }
    return remaining;
  }

  #skip(wireType: number, end: number): void {
    if (wireType === 0) this.#varint();
    else if (wireType === 1) this.#at += 8;
    else if (wireType === 5) this.#at += 4;
    // Groups are not of proto3.
    else this.#at = end;
  }

  /** What is above 2^32 is no length of ours. */
  #varint(): number {
    let value = 0;
    for (let shift = 0; this.#at < this.#bytes.length && shift < 70; shift += 7) {
      const byte = this.#bytes[this.#at] ?? 0;
      this.#at += 1;
      if (shift < 32) value = (value | ((byte & 127) << shift)) >>> 0;
      if (byte < 128) break;
    }
    return value;
  }
}

const LENGTH_DELIMITED = 2;

/** By field number. */
function partsOf(schema: DescMessage): Parts {
  const known = all.get(schema);
  if (known !== undefined) return known;
  const parts = new Map<number, DescMessage>();
  for (const field of schema.fields) if (field.message !== undefined) parts.set(field.number, field.message);
  all.set(schema, parts);
  return parts;
}
const all = new WeakMap<DescMessage, Parts>();
