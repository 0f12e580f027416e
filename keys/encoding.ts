import { asPlain, concat, utf8 } from "./bytes.ts";
import { KeysError } from "./errors.ts";

/** Times, sequence numbers and versions are u64 on the wire and exact JavaScript numbers here (SPEC §1.1). */
const MAX_U64 = Number.MAX_SAFE_INTEGER;

function malformed(message: string): KeysError {
  return new KeysError("malformed", message);
}

function checkInteger(value: number, max: number): void {
  if (!Number.isInteger(value) || value < 0 || value > max) throw malformed(`not an integer in 0..${max}`);
}

/** Builds one fixed-order encoding (SPEC §1.1). Throws `malformed` when a value does not fit its field. */
export class Writer {
  readonly #parts: Uint8Array[] = [];

  u8(value: number): this {
    checkInteger(value, 0xff);
    return this.#append(Uint8Array.of(value));
  }

  u16(value: number): this {
    checkInteger(value, 0xffff);
    return this.#append(Uint8Array.of(value >>> 8, value & 0xff));
  }

  u32(value: number): this {
    checkInteger(value, 0xffff_ffff);
    const part = new Uint8Array(4);
    new DataView(part.buffer).setUint32(0, value);
    return this.#append(part);
  }

  u64(value: number): this {
    checkInteger(value, MAX_U64);
    const part = new Uint8Array(8);
    const view = new DataView(part.buffer);
    view.setUint32(0, Math.floor(value / 2 ** 32));
    view.setUint32(4, value >>> 0);
    return this.#append(part);
  }

  fixed(bytes: Uint8Array, length: number): this {
    if (bytes.length !== length) throw malformed(`expected ${length} bytes, got ${bytes.length}`);
    return this.#append(bytes);
  }

  /** u32 length ‖ bytes. */
  bytes(bytes: Uint8Array, max: number): this {
    if (bytes.length > max) throw malformed(`longer than ${max} bytes`);
    return this.u32(bytes.length).#append(bytes);
  }

  text(text: string, max: number): this {
    if (!text.isWellFormed()) throw malformed("text is not well-formed Unicode");
    return this.bytes(utf8(text), max);
  }

  /** Bytes that are already encoded, or the open end of a structure. */
  raw(bytes: Uint8Array): this {
    return this.#append(bytes);
  }

  finish(): Uint8Array {
    return concat(...this.#parts);
  }

  #append(part: Uint8Array): this {
    this.#parts.push(part);
    return this;
  }
}

/** Reads what a Writer wrote. Everything it returns is a copy. Throws `malformed`, never anything else. */
export class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = asPlain(bytes);
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  /** The first byte of every structure; this code knows version 1 only (SPEC §1.1). */
  version(): void {
    if (this.u8() !== 1) throw new KeysError("unsupported_version", "made by a newer version");
  }

  u8(): number {
    return this.#uint(1);
  }

  u16(): number {
    return this.#uint(2);
  }

  u32(): number {
    return this.#uint(4);
  }

  u64(): number {
    const value = this.#uint(8);
    if (value > MAX_U64) throw malformed("number above 2^53-1");
    return value;
  }

  fixed(length: number): Uint8Array {
    const at = this.#take(length);
    return this.#bytes.slice(at, at + length);
  }

  bytes(max: number): Uint8Array {
    const length = this.u32();
    if (length > max) throw malformed(`longer than ${max} bytes`);
    return this.fixed(length);
  }

  text(max: number): string {
    const bytes = this.bytes(max);
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch (cause) {
      throw new KeysError("malformed", "text is not UTF-8", { cause });
    }
  }

  /** All bytes that are left. */
  rest(): Uint8Array {
    return this.fixed(this.remaining);
  }

  end(): void {
    if (this.remaining !== 0) throw malformed(`${this.remaining} bytes too many`);
  }

  /** Rounded above 2^53-1, and then still above it. */
  #uint(length: number): number {
    const at = this.#take(length);
    let value = 0;
    for (let place = at; place < at + length; place += 1) value = value * 256 + (this.#bytes[place] ?? 0);
    return value;
  }

  #take(length: number): number {
    if (this.remaining < length) throw malformed("too short");
    const at = this.#at;
    this.#at += length;
    return at;
  }
}

/** Reads one structure and refuses trailing bytes. */
export function decode<T>(bytes: Uint8Array, read: (reader: Reader) => T): T {
  const reader = new Reader(bytes);
  const value = read(reader);
  reader.end();
  return value;
}
