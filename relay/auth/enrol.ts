import { MAX_ENTRY_BYTES, readEntry } from "../../keys/public.ts";
import { appendAccountEntry } from "../directory/append-account-entry.ts";
import { selectChainEntries } from "../directory/sql/select-chain-entries.ts";
import { ErrorReason, malformed, RelayError } from "../errors.ts";
import type { Bus } from "../fanout/bus.ts";
import type { Parts } from "../parts.ts";
import { makeTicket, readTicket } from "./enrolment-ticket.ts";
import { takeProvenLogin } from "./log-in.ts";
import { findSealedAccountKey } from "./sql/find-sealed-account-key.ts";

/** For who proves the password on a machine that is no device of the account yet. `name` is whose login it was. */
export async function finishEnrolment(
  parts: Parts,
  request: { loginId: Uint8Array; finishLoginRequest: string },
): Promise<{ ticket: Uint8Array; sealedAccountKey: Uint8Array; entries: Uint8Array[]; name: string }> {
  const { database, secrets, clock } = parts;
  const { account, name } = await takeProvenLogin(parts, request);
  const sealedAccountKey = await findSealedAccountKey(database, account);
  const position = { accountId: account, entriesHeld: 0n };
  // All of it, however long: at most 1,024 entries of some 300 bytes each.
  const [chain] = await selectChainEntries(database, [position], Number.MAX_SAFE_INTEGER);
  if (sealedAccountKey === undefined || chain === undefined)
    throw new Error("an account without credentials");
  const ticket = makeTicket(secrets.enrolmentTicketMac, account, clock());
  return { ticket, sealedAccountKey, entries: chain.entries, name };
}

/** Appends what the account key signed, and nothing else: the password alone changes nobody's devices. */
export async function addDevice(
  { database, secrets, clock }: Parts,
  bus: Bus,
  request: { ticket: Uint8Array; entry: Uint8Array },
): Promise<void> {
  const account = readTicket(secrets.enrolmentTicketMac, request.ticket, clock());
  if (request.entry.length > MAX_ENTRY_BYTES) throw malformed("an entry that is too long");
  const { signatures } = readEntry(request.entry);
  if (signatures[0]?.device !== null) {
    throw new RelayError(ErrorReason.BAD_SIGNATURE, "the entry must be signed by the account key");
  }
  await appendAccountEntry(database, bus, request, account);
}
