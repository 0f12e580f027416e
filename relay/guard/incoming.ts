import { PIECE_BYTES } from "./limits.ts";

/** A flag and the length. */
const PREFIX = 5;

/** Follows the messages of one request through the pieces in which they arrive, for what it holds of an unfinished one. */
export class Incoming {
  /** Bytes of memory. */
  held = 0;
  #prefix = 0;
  #length = 0;
  #missing = 0;

  read(piece: Uint8Array): void {
    if (this.held === 0 && isOneMessage(piece)) return;
    let at = 0;
    while (at < piece.length) at += this.#missing > 0 ? this.#body(piece.length - at) : this.#head(piece, at);
    this.held = this.#prefix + this.#missing === 0 ? 0 : this.held + PIECE_BYTES;
  }

  #body(available: number): number {
    const taken = Math.min(available, this.#missing);
    this.#missing -= taken;
    this.held = this.#missing === 0 ? 0 : this.held + taken;
    return taken;
  }

  #head(piece: Uint8Array, at: number): number {
    // The flag does not count.
    if (this.#prefix > 0) this.#length = ((this.#length << 8) | (piece[at] ?? 0)) >>> 0;
    this.#prefix += 1;
    if (this.#prefix === PREFIX) {
      this.#missing = this.#length;
      this.#prefix = 0;
      this.#length = 0;
    }
    return 1;
  }
}

/** As nearly all of them arrive. */
function isOneMessage(piece: Uint8Array): boolean {
  if (piece.length < PREFIX) return false;
  const high = ((piece[1] ?? 0) << 8) | (piece[2] ?? 0);
  const low = ((piece[3] ?? 0) << 8) | (piece[4] ?? 0);
  return piece.length - PREFIX === high * 65_536 + low;
}
