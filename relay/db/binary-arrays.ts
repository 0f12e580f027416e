// Arrays as PostgreSQL's binary parameters. pg itself sends them as hex text: twice the bytes, half the rows a second.
import { Buffer } from "node:buffer";

const BYTEA = 17;
const INT8 = 20;
const BOOL = 16;

/** For `$n::bytea[]`. */
export function byteaArray(values: readonly Uint8Array[]): Buffer {
  const size = values.reduce((sum, value) => sum + 4 + value.length, 0);
  const { array, at } = header(BYTEA, values.length, size);
  let end = at;
  for (const value of values) {
    end = array.writeInt32BE(value.length, end);
    array.set(value, end);
    end += value.length;
  }
  return array;
}

/** The same, each element what the parts of one value are together: `length` bytes, or it throws. */
export function packedArray<Value>(
  length: number,
  values: readonly Value[],
  partsOf: (value: Value) => readonly Uint8Array[],
): Buffer {
  const { array, at } = header(BYTEA, values.length, values.length * (4 + length));
  let end = at;
  for (const value of values) {
    end = array.writeInt32BE(length, end);
    const full = end + length;
    for (const part of partsOf(value)) {
      array.set(part, end);
      end += part.length;
    }
    // Whoever cuts it up again would cut in the wrong places.
    if (end !== full) throw new Error("not the size of what is packed");
  }
  return array;
}

/** For `$n::int8[]`. */
export function int8Array(values: readonly (bigint | number)[]): Buffer {
  const { array, at } = header(INT8, values.length, values.length * 12);
  let end = at;
  for (const value of values) {
    end = array.writeInt32BE(8, end);
    end = writeInt64(array, value, end);
  }
  return array;
}

/** Node's own writes a bigint by shifting it byte by byte, each of which is another bigint. */
function writeInt64(array: Buffer, value: bigint | number, at: number): number {
  const exact = Number(value);
  if (!Number.isSafeInteger(exact)) return array.writeBigInt64BE(BigInt(value), at);
  array.writeInt32BE(Math.floor(exact / 2 ** 32), at);
  return array.writeUInt32BE(exact >>> 0, at + 4);
}

/** For `$n::bool[]`. */
export function boolArray(values: readonly boolean[]): Buffer {
  const { array, at } = header(BOOL, values.length, values.length * 5);
  let end = at;
  for (const value of values) {
    end = array.writeInt32BE(1, end);
    end = array.writeUInt8(value ? 1 : 0, end);
  }
  return array;
}

/** Dimensions, no nulls, element type; then, unless it is empty, the length and the lower bound. */
function header(type: number, count: number, size: number): { array: Buffer; at: number } {
  const array = Buffer.allocUnsafe((count === 0 ? 12 : 20) + size);
  array.writeInt32BE(count === 0 ? 0 : 1, 0);
  array.writeInt32BE(0, 4);
  array.writeInt32BE(type, 8);
  if (count === 0) return { array, at: 12 };
  array.writeInt32BE(count, 12);
  array.writeInt32BE(1, 16);
  return { array, at: 20 };
}
