import { createHmac, timingSafeEqual } from "node:crypto";

/** HMAC-SHA-256, 32 bytes. */
export function mac(key: Uint8Array, content: Uint8Array | string): Buffer {
  return createHmac("sha256", key).update(content).digest();
}

export function isMac(key: Uint8Array, content: Uint8Array, given: Uint8Array): boolean {
  return given.length === 32 && timingSafeEqual(given, mac(key, content));
}
