// All wraps of one envelope in one value, cut by slot of the roster: SPEC §7.5.
import { Reader, Writer } from "./encoding.ts";
import { KeysError } from "./errors.ts";
import { MAX_ROSTER_DEVICES } from "./roster.ts";

export const MAX_WRAP_BYTES = 1500;

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

/** The reverse; strict, so that one list of slices has one packed form. Throws `malformed`. */
export function unpackWraps(packed: Uint8Array): (Uint8Array | null)[] {
  const reader = new Reader(packed);
  const count = reader.u16();
  if (count > MAX_ROSTER_DEVICES) throw new KeysError("malformed", "too many wraps");
  if (reader.u32() !== 0) throw new KeysError("malformed", "the first wrap does not start at 0");
  const lengths: number[] = [];
  let end = 0;
  for (let slot = 0; slot < count; slot++) {
    const next = reader.u32();
    if (next < end || next - end > MAX_WRAP_BYTES) throw new KeysError("malformed", "not the size of a wrap");
    lengths.push(next - end);
    end = next;
  }
  if (reader.remaining !== end) throw new KeysError("malformed", "wraps do not fill their table");
  return lengths.map((length) => (length === 0 ? null : reader.fixed(length)));
}
