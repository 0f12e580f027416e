import { randomBytes } from "node:crypto";

/** A password for somebody who types none. */
export function randomPassword(): string {
  return randomBytes(24).toString("base64url");
}
