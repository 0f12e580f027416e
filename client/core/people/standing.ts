// Who is known here, below everything that sends or shows.
import { type AccountId, equal } from "../../../keys/index.ts";
import { readChangedKey } from "../../store/changed-keys.ts";
import {
  type ContactStanding,
  readContact,
  readRequesting,
  saveContactStanding,
} from "../../store/contacts.ts";
import type { ConversationKind } from "../../store/conversations.ts";
import { nextVersion } from "../../store/own-state.ts";
import { isOn } from "../../store/settings.ts";
import { ChatError } from "../chat-error.ts";
import { tellOwnDevices } from "../own-devices/tell.ts";
import type { Profile } from "../profile.ts";

/** This account's own devices, and those of whoever is accepted, hear of it unasked; nobody else does. */
export function isAccepted(profile: Profile, account: AccountId): boolean {
  if (equal(account, profile.identity.accountId)) return true;
  return readContact(profile.db, account).standing === "accepted";
}

export function isBlocked({ db }: Profile, account: AccountId): boolean {
  return readContact(db, account).standing === "blocked";
}

/** Inside a transaction. */
export function setContactStanding(profile: Profile, account: AccountId, standing: ContactStanding): void {
  const before = readContact(profile.db, account);
  if (before.standing === standing) return;
  saveContactStanding(profile.db, account, standing, nextVersion(before.standingVersion));
  tellOwnDevices(profile, { about: "contact", account });
}

/** This account did something by which it knows somebody: wrote to him, for one. Inside a transaction. */
export function admit(profile: Profile, account: AccountId): void {
  if (equal(account, profile.identity.accountId) || isBlocked(profile, account)) return;
  setContactStanding(profile, account, "accepted");
}

/** Something came from somebody: he is accepted where nobody has to ask. His standing then. Inside a transaction. */
export function hear(profile: Profile, account: AccountId): ContactStanding {
  if (equal(account, profile.identity.accountId)) return "accepted";
  if (!isOn(profile.db, "requests")) admit(profile, account);
  return readContact(profile.db, account).standing;
}

/**
 * Whether programs may answer somebody for what came by a conversation: a receipt, a session's confirmation. In a group
 * of his they answer, unless he is blocked. Inside a transaction.
 */
export function mayAnswer(
  profile: Profile,
  { kind }: { kind: ConversationKind },
  account: AccountId,
): boolean {
  return kind === "dm" ? hear(profile, account) === "accepted" : !isBlocked(profile, account);
}

/** Whoever waits is accepted. Inside a transaction. */
export function admitRequesting(profile: Profile): void {
  for (const account of readRequesting(profile.db)) admit(profile, account);
}

/** Throws `security_stop` while another account stands under a name than the one that this profile knows by it. */
export function stopIfKeyChanged({ db }: Profile, name: string): void {
  if (readChangedKey(db, name) === undefined) return;
  throw new ChatError(
    "security_stop",
    `${name} has another account key than before: nothing is sent to it.`,
    {
      hint: `Ask ${name} by another way; \`chat accept ${name} --new-key\` shows both safety numbers and goes on with the new one.`,
    },
  );
}
