import { type AccountId, equal, safetyNumber, sha256, toHex } from "../../../keys/index.ts";
import { readPinnedName, repinName, saveAccountEntries } from "../../store/accounts.ts";
import { deleteChangedKey, readChangedKey } from "../../store/changed-keys.ts";
import { readContact, saveContactVerified } from "../../store/contacts.ts";
import { findFormer, setPeerName } from "../../store/conversations.ts";
import { transact } from "../../store/database.ts";
import { addEvent } from "../../store/events.ts";
import { nextVersion } from "../../store/own-state.ts";
import { ChatError } from "../chat-error.ts";
import { conversationWith, findConversationWith } from "../conversations/conversations.ts";
import type { Connect } from "../outbox/drain-outbox.ts";
import { tellOwnDevices } from "../own-devices/tell.ts";
import type { Profile } from "../profile.ts";
import { fetchChain } from "./account-chains.ts";
import { foldName } from "./names.ts";
import { alarm, securityStop } from "./security.ts";
import { setContactStanding } from "./standing.ts";

/** Another account under a known name, which nobody has decided about. */
export interface ChangedKey {
  readonly name: string;
  /** Sixty digits: with the account that was known, and with the one that came. */
  readonly oldNumber: string;
  readonly newNumber: string;
}

/** Undefined while a name stands for the account that it always stood for. */
export function changedKeyOf(profile: Profile, given: string): ChangedKey | undefined {
  const name = foldName(given);
  const [before, after] = [readPinnedName(profile.db, name), readChangedKey(profile.db, name)];
  if (before === undefined || after === undefined) return undefined;
  const own = profile.identity.accountId;
  return { name, oldNumber: safetyNumber(own, before), newNumber: safetyNumber(own, after) };
}

export interface NewKey extends ChangedKey {
  /** Under which the conversation with the account before can be read. */
  readonly formerly: string;
}

/**
 * From now on the name stands for the account that came under it: a new conversation begins, verified by nobody.
 * `shown`: the new number that somebody decided by; the relay can put yet another account under the name meanwhile. Throws
 * `usage` when nothing has changed, `security_stop`; rejects with NetError.
 */
export async function acceptNewKey(
  profile: Profile,
  connect: Connect,
  given: string,
  shown?: string,
): Promise<NewKey> {
  const changed = changedKeyOf(profile, given);
  const account = changed && readChangedKey(profile.db, changed.name);
  if (changed === undefined || account === undefined) {
    throw new ChatError("usage", `The account key of ${foldName(given)} has not changed.`, {
      hint: "`chat accept NAME` accepts somebody who wrote for the first time.",
    });
  }
  if (shown !== undefined && safetyNumber(profile.identity.accountId, account) !== shown) {
    throw securityStop(`Since that number was shown, another account came under the name ${changed.name}.`);
  }
  const connection = await connect();
  try {
    const found = await fetchChain(profile, connection, account);
    if (found === undefined || found.chain.name !== changed.name) {
      throw alarm(profile, {
        kind: "chain_invalid",
        text: `The relay does not show the account that it named for ${changed.name}.`,
        accountId: account,
      });
    }
    const formerly = transact(profile.db, () => {
      const before = readPinnedName(profile.db, changed.name);
      // Another process of the profile was quicker.
      if (before === undefined || equal(before, account)) return changed.name;
      const alias = retire(profile, changed.name, before);
      repinName(profile.db, changed.name, account, alias);
      saveAccountEntries(profile.db, found.chain, 0, found.entries);
      deleteChangedKey(profile.db, changed.name);
      begin(profile, changed.name, before, account);
      tellOwnDevices(profile, { about: "name", name: changed.name });
      return alias;
    });
    return { ...changed, formerly };
  } finally {
    connection.close();
  }
}

/** The conversation with the account before stays to be read, under a name that nobody can have. */
function retire(profile: Profile, name: string, before: AccountId): string {
  const { db, runtime } = profile;
  const day = new Date(runtime.now()).toISOString().slice(0, 10);
  let alias = `${name} (before ${day})`;
  for (let next = 2; findFormer(db, alias) !== undefined; next += 1)
    alias = `${name} (before ${day}, ${next})`;
  const old = findConversationWith(profile, { kind: "person", name, accountId: before });
  if (old !== undefined) setPeerName(db, old.conversation, alias);
  const { verifiedAt, verifiedVersion } = readContact(db, before);
  if (verifiedAt !== undefined) {
    saveContactVerified(db, before, undefined, nextVersion(verifiedVersion));
    tellOwnDevices(profile, { about: "contact", account: before });
  }
  return alias;
}

function begin(profile: Profile, name: string, before: AccountId, account: AccountId): void {
  const conversation = conversationWith(profile, { kind: "person", name, accountId: account });
  setContactStanding(profile, account, "accepted");
  addEvent(profile.db, {
    eventId: sha256(Buffer.concat([Buffer.from("key_accepted"), before, account])).slice(0, 16),
    event: "key_changed",
    conversation,
    accountId: account,
    at: profile.runtime.now(),
    details: { account: toHex(account), accepted: true },
  });
}
