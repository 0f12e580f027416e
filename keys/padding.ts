// Padmé (Nikitin et al., PETS 2019) with a floor, SPEC §7.4: of a length, only its first few bits show.
import { KeysError } from "./errors.ts";

export const PADDING_FLOOR = 256;
const MARK = 0x80;

/** The padded length of `length` bytes and their end mark. Grows by at most 12 percent above the floor. */
export function paddedLength(length: number): number {
  const needed = Math.max(length + 1, PADDING_FLOOR);
  const exponent = Math.floor(Math.log2(needed));
  const kept = Math.floor(Math.log2(exponent)) + 1;
  const step = 2 ** (exponent - kept);
  return Math.ceil(needed / step) * step;
}

/** bytes ‖ 0x80 ‖ zeros. */
export function pad(bytes: Uint8Array): Uint8Array {
  const padded = new Uint8Array(paddedLength(bytes.length));
  padded.set(bytes);
  padded[bytes.length] = MARK;
  return padded;
}

/** The reverse; only the length that `pad` would have chosen is taken. Throws `malformed`. */
export function unpad(padded: Uint8Array): Uint8Array {
  let end = padded.length - 1;
  while (end > 0 && padded[end] === 0) end--;
  if (padded[end] !== MARK || paddedLength(end) !== padded.length) {
    throw new KeysError("malformed", "not padded as it should be");
  }
  return padded.slice(0, end);
}
