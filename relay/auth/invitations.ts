import { createHash } from "node:crypto";
import type { Queries } from "../db/pool.ts";
import type { RegistrationDoor } from "../doors.ts";
import { ErrorReason, malformed, RelayError } from "../errors.ts";
import { MAX_INVITATION } from "./limits.ts";
import { isInvitationGood, useInvitation } from "./sql/use-invitation.ts";

/** What the relay keeps of a token, and how an operator names it. */
export function invitationHash(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}

/** Whether an account may be made with this token. Throws REGISTRATION_CLOSED, INVITATION_NEEDED, INVITATION_INVALID. */
export function checkInvitation(door: RegistrationDoor, db: Queries, token: string, now: number) {
  return pass(door, token, (hash) => isInvitationGood(db, hash, now));
}

/** The same, and uses the token up; inside the transaction that makes the account. */
export function redeemInvitation(door: RegistrationDoor, transaction: Queries, token: string, now: number) {
  return pass(door, token, (hash) => useInvitation(transaction, hash, now));
}

async function pass(
  door: RegistrationDoor,
  token: string,
  isGood: (hash: Buffer) => Promise<boolean>,
): Promise<void> {
  if (token.length > MAX_INVITATION)
    throw malformed(`an invitation has at most ${MAX_INVITATION} characters`);
  if (door === "open") return; // an invitation does no harm there, and stays good
  if (door === "closed") {
    throw new RelayError(ErrorReason.REGISTRATION_CLOSED, "this relay makes no new accounts");
  }
  if (token === "") throw new RelayError(ErrorReason.INVITATION_NEEDED, "an invitation is needed");
  if (await isGood(invitationHash(token))) return;
  throw new RelayError(ErrorReason.INVITATION_INVALID, "the invitation is unknown, used up or has run out");
}
