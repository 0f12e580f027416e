import { type AccountId, accountId, equal, validName, verifyChain } from "../../keys/public.ts";
import { ErrorReason, malformed, RelayError } from "../errors.ts";
import type { Bus } from "../fanout/bus.ts";
import type { Parts } from "../parts.ts";
import { checkInvitation, redeemInvitation } from "./invitations.ts";
import { MAX_OPAQUE_RECORD, MAX_OPAQUE_REGISTRATION_REQUEST, SEALED_ACCOUNT_KEY_BYTES } from "./limits.ts";
import { checkRecord, registrationResponse } from "./opaque.ts";
import { findAccount } from "./sql/find-account.ts";
import { findGenesis } from "./sql/find-genesis.ts";
import { insertAccount } from "./sql/insert-account.ts";

/** Stores nothing. */
export async function startRegistration(
  { database, secrets, clock, doors }: Parts,
  request: { name: string; accountId: Uint8Array; registrationRequest: string; invitation: string },
): Promise<{ registrationResponse: string }> {
  const account = accountId(request.accountId);
  checkName(request.name);
  checkLength(request.registrationRequest, MAX_OPAQUE_REGISTRATION_REQUEST, "registration request");
  const holder = await findAccount(database, request.name);
  const isMade = holder !== undefined && equal(holder.account_id, account);
  // Before the name: who may not come in does not learn who is there.
  if (!isMade) await checkInvitation(doors.registration, database, request.invitation, clock());
  if (holder !== undefined && !isMade) throw nameTaken();
  return {
    registrationResponse: registrationResponse(secrets.opaqueSetup, account, request.registrationRequest),
  };
}

/** All or nothing, then those who watch are told. The same genesis entry again changes nothing, not even the password, and succeeds. */
export async function finishRegistration(
  { database, secrets, clock, doors }: Parts,
  bus: Bus,
  request: {
    genesis: Uint8Array;
    registrationRecord: string;
    sealedAccountKey: Uint8Array;
    invitation: string;
  },
): Promise<{ accountId: AccountId }> {
  checkLength(request.registrationRecord, MAX_OPAQUE_RECORD, "registration record");
  if (request.sealedAccountKey.length !== SEALED_ACCOUNT_KEY_BYTES) {
    throw malformed(`the sealed account key must be ${SEALED_ACCOUNT_KEY_BYTES} bytes`);
  }
  const genesis = new Uint8Array(request.genesis);
  const chain = verifyChain([genesis]);
  checkRecord(secrets.opaqueSetup, chain.accountId, request.registrationRecord);
  const now = clock();
  const made = await database.transaction(async (connection) => {
    const isNew = await insertAccount(connection, {
      chain,
      genesis,
      opaqueRecord: request.registrationRecord,
      sealedAccountKey: request.sealedAccountKey,
      now,
    });
    if (isNew) await redeemInvitation(doors.registration, connection, request.invitation, now);
    return isNew;
  });
  if (made) {
    bus.publish({
      kind: "registered",
      accountId: chain.accountId,
      name: chain.name,
      registeredAt: BigInt(now),
    });
  } else {
    // The account id is a hash of what genesis says, but not of its signatures.
    const theirs = await findGenesis(database, chain.accountId);
    if (theirs === undefined || !equal(theirs, genesis)) {
      await checkInvitation(doors.registration, database, request.invitation, now);
      throw nameTaken();
    }
  }
  return { accountId: chain.accountId };
}

export function checkName(name: string): void {
  if (!validName(name)) throw malformed("a name is 3 to 32 of a-z 0-9 _ . -");
}

export function checkLength(text: string, max: number, what: string): void {
  if (text.length === 0 || text.length > max) throw malformed(`the ${what} must have 1 to ${max} characters`);
}

function nameTaken(): RelayError {
  return new RelayError(ErrorReason.NAME_TAKEN, "another account has this name");
}
