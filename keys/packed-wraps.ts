// All wraps of one envelope in one value, cut by slot of the roster: SPEC §7.5.
import { asPlain } from "./bytes.ts";
import { Reader, Writer } from "./encoding.ts";
import { KeysError } from "./errors.ts";
import { MAX_ROSTER_DEVICES } from "./roster.ts";

export const MAX_WRAP_BYTES = 1500;
/** The count and the first offset, which is 0; then an offset for each slot. */
const TABLE_START = 6;

/** Slot i of the roster gets slices[i]; null where nothing is meant for it (the sender's own device). */
export function packWraps(slices: readonly (Uint8Array | null)[]): Uint8Array {
  if (slices.length > MAX_ROSTER_DEVICES) throw new KeysError("malformed", "too many wraps");
  const writer = new Writer().u16(slices.length).u32(0);
  let end = 0;
  for (const slice of slices) {
    if (slice !== null && (slice.length === 0 || slice.length > MAX_WRAP_BYTES)) {
      throw new KeysError("malformed", "not the size of a wrap");
    }
    end += slice?.length ?? 0;
    writer.u32(end);
  }
  for (const slice of slices) if (slice !== null) writer.raw(slice);
  return writer.finish();
}

/** The reverse; strict, so that one list of slices has one packed form. The slices are views. Throws `malformed`. */
export function unpackWraps(packed: Uint8Array): (Uint8Array | null)[] {
  const reader = new Reader(packed);
  const count = reader.u16();
  if (count > MAX_ROSTER_DEVICES) throw new KeysError("malformed", "too many wraps");
  if (reader.u32() !== 0) throw new KeysError("malformed", "the first wrap does not start at 0");
  const start = TABLE_START + 4 * count;
  const plain = asPlain(packed);
  const slices: (Uint8Array | null)[] = [];
  let end = 0;
  for (let slot = 0; slot < count; slot++) {
    const next = reader.u32();
    if (next < end || next - end > MAX_WRAP_BYTES) throw new KeysError("malformed", "not the size of a wrap");
    slices.push(next === end ? null : plain.subarray(start + end, start + next));
    end = next;
  }
  if (reader.remaining !== end) throw new KeysError("malformed", "wraps do not fill their table");
  return slices;
}
