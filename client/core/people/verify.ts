import { type AccountId, safetyNumber } from "../../../keys/index.ts";
import { readContact, saveContactVerified } from "../../store/contacts.ts";
import { transact } from "../../store/database.ts";
import { nextVersion } from "../../store/own-state.ts";
import { ChatError } from "../chat-error.ts";
import { tellOwnDevices } from "../own-devices/tell.ts";
import type { Profile } from "../profile.ts";
import { securityStop } from "./security.ts";
import { stopIfKeyChanged } from "./standing.ts";
import { type Contact, contactOf, personCalled } from "./trust.ts";

const DIGITS = 60;

/**
 * Marks somebody as verified: somebody has compared the safety numbers, or `expected`, the sixty digits that the other
 * one shows, is equal. Throws `security_stop` when it is not, and `bad_input` when it is no such number; else as
 * `acceptPerson` does.
 */
export function verifyPerson(profile: Profile, given: string, expected?: string): Contact {
  const account = personCalled(profile, given);
  const { name } = contactOf(profile, account);
  stopIfKeyChanged(profile, name);
  if (expected !== undefined && digitsIn(expected) !== safetyNumber(profile.identity.accountId, account)) {
    throw securityStop(`That is not the safety number of you and ${name}: one of you has another key.`);
  }
  mark(profile, account, profile.runtime.now());
  return contactOf(profile, account);
}

/** As if the numbers were never compared. */
export function unverifyPerson(profile: Profile, given: string): Contact {
  const account = personCalled(profile, given);
  mark(profile, account, undefined);
  return contactOf(profile, account);
}

function mark(profile: Profile, account: AccountId, at: number | undefined): void {
  transact(profile.db, () => {
    const { verifiedAt, verifiedVersion } = readContact(profile.db, account);
    if (verifiedAt === undefined && at === undefined) return;
    saveContactVerified(profile.db, account, at, nextVersion(verifiedVersion));
    tellOwnDevices(profile, { about: "contact", account });
  });
}

/** However it was grouped. */
function digitsIn(given: string): string {
  const digits = given.replace(/\s/g, "");
  if (digits.length === DIGITS && /^[0-9]+$/.test(digits)) return digits;
  throw new ChatError("bad_input", `A safety number has ${DIGITS} digits.`, {
    hint: "`chat verify NAME` shows it, in twelve groups of five.",
  });
}
