import { randomBytes } from "node:crypto";
import { comeAgain, malformed } from "../errors.ts";
import { CHALLENGE_MS } from "./limits.ts";
import { isMac, mac } from "./mac.ts";

// random 16 ‖ time 8 ‖ HMAC-SHA-256 32. The relay keeps nothing; within its time a nonce may be used again, which gives
// only what the refresh token gives again anyway.

const CONTENT_BYTES = 24;
const NONCE_BYTES = 56;

export function makeChallenge(key: Uint8Array, now: number): Uint8Array {
  const content = randomBytes(CONTENT_BYTES);
  content.writeBigUInt64BE(BigInt(now), 16);
  return new Uint8Array(Buffer.concat([content, mac(key, content)]));
}

/** Throws MALFORMED; for a stale one RELAY_UNAVAILABLE, since a client fetches it just before: the clock was set. */
export function checkChallenge(key: Uint8Array, nonce: Uint8Array, now: number): void {
  if (nonce.length !== NONCE_BYTES) throw malformed(`the nonce must be ${NONCE_BYTES} bytes`);
  const content = Buffer.from(nonce.subarray(0, CONTENT_BYTES));
  if (!isMac(key, content, nonce.subarray(CONTENT_BYTES))) throw malformed("not a nonce of this relay");
  const age = now - Number(content.readBigUInt64BE(16));
  if (age > CHALLENGE_MS || age < -CHALLENGE_MS)
    throw comeAgain("the nonce is not of this time: ask for another");
}
