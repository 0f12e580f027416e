// Bytes that look random and are always the same, for vectors and tests. Never for real keys.
import { concat, type Random, utf8 } from "../bytes.ts";
import { sha256 } from "../sodium.ts";

/** The blocks SHA-256(seed ‖ counter), handed out in order. */
export function seededRandom(seed: string): Random {
  let counter = 0;
  let pool: Uint8Array = new Uint8Array(0);
  return (length) => {
    while (pool.length < length) {
      pool = concat(pool, sha256(utf8(`${seed} ${counter}`)));
      counter += 1;
    }
    const taken = pool.slice(0, length);
    pool = pool.slice(length);
    return taken;
  };
}
