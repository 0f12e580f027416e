import { randomBytes } from "node:crypto";
import { type AccountId, accountId } from "../../keys/public.ts";
import { ErrorReason, malformed, RelayError } from "../errors.ts";
import { ENROLMENT_TICKET_MS } from "./limits.ts";
import { isMac, mac } from "./mac.ts";

// account id 32 ‖ random 16 ‖ time 8 ‖ HMAC-SHA-256 32: somebody proved the password of this account just now. The relay
// keeps nothing; a ticket can be used again within its time, and does nothing that the account key has not signed.

const CONTENT_BYTES = 56;
const TICKET_BYTES = 88;

export function makeTicket(key: Uint8Array, account: AccountId, now: number): Uint8Array {
  const content = Buffer.concat([account, randomBytes(16), Buffer.alloc(8)]);
  content.writeBigUInt64BE(BigInt(now), 48);
  return new Uint8Array(Buffer.concat([content, mac(key, content)]));
}

/** Whose ticket it is. Throws MALFORMED, TOKEN_INVALID, TOKEN_EXPIRED. */
export function readTicket(key: Uint8Array, ticket: Uint8Array, now: number): AccountId {
  if (ticket.length !== TICKET_BYTES) throw malformed(`the ticket must be ${TICKET_BYTES} bytes`);
  const content = Buffer.from(ticket.subarray(0, CONTENT_BYTES));
  if (!isMac(key, content, ticket.subarray(CONTENT_BYTES))) {
    throw new RelayError(ErrorReason.TOKEN_INVALID, "not a ticket of this relay");
  }
  const age = now - Number(content.readBigUInt64BE(48));
  if (age > ENROLMENT_TICKET_MS || age < -ENROLMENT_TICKET_MS) {
    throw new RelayError(ErrorReason.TOKEN_EXPIRED, "the ticket is too old: log in again");
  }
  return accountId(new Uint8Array(content.subarray(0, 32)));
}
