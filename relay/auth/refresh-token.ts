import { ErrorReason, RelayError } from "../errors.ts";
import { MAX_REFRESH_TOKEN } from "./limits.ts";
import { isMac, mac } from "./mac.ts";

// version 1 ‖ family 16 ‖ serial 8 ‖ HMAC-SHA-256 32, in base64url. Nothing of it is stored: the successor of a token is
// always the same string, so a client that lost the answer asks again and gets the identical one.

export interface RefreshTokenContent {
  readonly family: Uint8Array;
  readonly serial: bigint;
}

const VERSION = 1;
const CONTENT_BYTES = 25;

export function makeRefreshToken(key: Uint8Array, { family, serial }: RefreshTokenContent): string {
  const content = Buffer.alloc(CONTENT_BYTES);
  content.writeUInt8(VERSION, 0);
  content.set(family, 1);
  content.writeBigUInt64BE(serial, 17);
  return Buffer.concat([content, mac(key, content)]).toString("base64url");
}

/** Throws TOKEN_INVALID for what this relay did not make. */
export function readRefreshToken(key: Uint8Array, token: string): RefreshTokenContent {
  if (token.length > MAX_REFRESH_TOKEN) throw invalid();
  const bytes = Buffer.from(token, "base64url");
  const content = bytes.subarray(0, CONTENT_BYTES);
  // Buffer.from forgives what is not base64url; one token has one text.
  if (bytes.toString("base64url") !== token) throw invalid();
  if (!isMac(key, content, bytes.subarray(CONTENT_BYTES)) || content.readUInt8(0) !== VERSION)
    throw invalid();
  return { family: new Uint8Array(content.subarray(1, 17)), serial: content.readBigUInt64BE(17) };
}

export function invalid(): RelayError {
  return new RelayError(ErrorReason.TOKEN_INVALID, "not a refresh token of this relay");
}
