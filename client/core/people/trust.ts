import { type AccountId, toHex, validName } from "../../../keys/index.ts";
import { readPinnedName } from "../../store/accounts.ts";
import { type ContactStanding, readBlocked, readContact } from "../../store/contacts.ts";
import { readShelved, type StoredConversation } from "../../store/conversations.ts";
import { snapshot, transact } from "../../store/database.ts";
import { clearAllUnread, countMessages, readNewest } from "../../store/messages.ts";
import { hasWritten } from "../../store/receipt-marks.ts";
import { ChatError } from "../chat-error.ts";
import { findConversationWith, resolveTo } from "../conversations/conversations.ts";
import { nameOf } from "../groups/memberships.ts";
import { type Message, toMessage } from "../messages/message.ts";
import type { Connect } from "../outbox/drain-outbox.ts";
import type { Profile } from "../profile.ts";
import { meetPerson } from "./account-chains.ts";
import { answerAtLast, directWith } from "./answer-at-last.ts";
import { badName, foldName } from "./names.ts";
import { setContactStanding, stopIfKeyChanged } from "./standing.ts";

export interface Contact {
  readonly accountId: AccountId;
  readonly name: string;
  readonly standing: ContactStanding;
  /** When the safety numbers were found equal, milliseconds since 1970; null: never. */
  readonly verifiedAt: number | null;
}

/** What this account thinks of another. */
export function contactOf(profile: Profile, account: AccountId): Contact {
  const { standing, verifiedAt } = readContact(profile.db, account);
  return { accountId: account, name: nameOf(profile, account), standing, verifiedAt: verifiedAt ?? null };
}

/** Somebody who is not known wrote, or invited to a group, and waits for an answer. */
export interface ContactRequest {
  readonly kind: "message" | "invitation";
  /** Who asks: the name for `acceptPerson` and `blockPerson`. */
  readonly name: string;
  /** Hex. */
  readonly account: string;
  /** The local number of the conversation that is out of sight. */
  readonly conversation: number;
  /** Of an invitation: the name for `chat group accept`, and what the group is called by who invites. */
  readonly group: string | null;
  readonly title: string | null;
  /** How many messages wait; of an invitation none. */
  readonly messages: number;
  /** The newest of them. */
  readonly newest: Message | null;
}

/** The newest first. Nothing in it counts as read by being listed. */
export function listRequests(profile: Profile): ContactRequest[] {
  return snapshot(profile.db, () =>
    readShelved(profile.db, "request").flatMap((stored) => requestIn(profile, stored) ?? []),
  );
}

function requestIn(profile: Profile, stored: StoredConversation): ContactRequest | undefined {
  const { conversation, kind, peerAccount, invitedBy, peerName, title } = stored;
  const account = kind === "dm" ? peerAccount : invitedBy;
  if (account === undefined) return undefined;
  const who = { name: nameOf(profile, account), account: toHex(account), conversation };
  if (kind !== "dm") {
    return { kind: "invitation", ...who, group: peerName, title: title ?? null, messages: 0, newest: null };
  }
  const [newest] = readNewest(profile.db, { conversation, limit: 1 });
  // Programs talk with those of a fellow member without a word between people.
  if (newest === undefined) return undefined;
  const { unread } = countMessages(profile.db, conversation);
  const shown = toMessage(profile, stored, newest);
  return { kind: "message", ...who, group: null, title: null, messages: unread, newest: shown };
}

/** Those who are blocked, by name. */
export function listBlocked(profile: Profile): Contact[] {
  return snapshot(profile.db, () =>
    readBlocked(profile.db)
      .map((account) => contactOf(profile, account))
      .sort((one, other) => (one.name < other.name ? -1 : 1)),
  );
}

/** Whether the conversation with somebody is a request of his. Throws `bad_name`. */
export function isRequest(profile: Profile, given: string): boolean {
  const destination = resolveTo(profile, given);
  return findConversationWith(profile, destination)?.shelf === "request";
}

/**
 * The account behind a name, asked of the relay if it is new here. Throws `bad_name`, `usage`, `unknown_person`,
 * `security_stop`; rejects with NetError.
 */
export async function findPerson(profile: Profile, connect: Connect, given: string): Promise<AccountId> {
  const name = personName(profile, given);
  const known = readPinnedName(profile.db, name);
  if (known !== undefined) return known;
  const connection = await connect();
  try {
    return await meetPerson(profile, connection, name);
  } finally {
    connection.close();
  }
}

/**
 * Lets somebody's messages and invitations in; from now on he hears what arrived, and who is there. Throws `bad_name`,
 * `usage`, and `unknown_person` for a name that was never seen here: see `findPerson`. So do the next two. This one
 * throws `security_stop` for a name under which another account came: see `acceptNewKey`.
 */
export function acceptPerson(profile: Profile, given: string): Contact {
  const account = personCalled(profile, given);
  stopIfKeyChanged(profile, nameOf(profile, account));
  transact(profile.db, () => {
    setContactStanding(profile, account, "accepted");
    answerAtLast(profile, account);
  });
  return contactOf(profile, account);
}

/** Nothing that he writes to this account is shown from now on, or answered. He is not told, nor is the relay. */
export function blockPerson(profile: Profile, given: string): Contact {
  const account = personCalled(profile, given);
  transact(profile.db, () => {
    setContactStanding(profile, account, "blocked");
    const direct = directWith(profile, account);
    if (direct !== undefined) clearAllUnread(profile.db, direct.conversation);
  });
  return contactOf(profile, account);
}

/** He can write again; what came meanwhile is not here. Whoever was never written to has to ask again. */
export function unblockPerson(profile: Profile, given: string): Contact {
  const account = personCalled(profile, given);
  transact(profile.db, () => {
    if (readContact(profile.db, account).standing !== "blocked") return;
    const direct = directWith(profile, account);
    const isKnown =
      direct !== undefined && hasWritten(profile.db, direct.conversation, profile.identity.accountId);
    setContactStanding(profile, account, isKnown ? "accepted" : "stranger");
  });
  return contactOf(profile, account);
}

/** The account behind a name that was met. Throws `bad_name`, `usage`, `unknown_person`. */
export function personCalled(profile: Profile, given: string): AccountId {
  const name = personName(profile, given);
  const account = readPinnedName(profile.db, name);
  if (account !== undefined) return account;
  throw new ChatError("unknown_person", `This profile has never met ${name}.`, {
    hint: "`chat requests` lists who waits, `chat people` everybody.",
  });
}

function personName(profile: Profile, given: string): string {
  const name = foldName(given);
  if (name === "me" || name === profile.identity.name) {
    throw new ChatError("usage", "That is you.", { hint: "Give the name of another person." });
  }
  if (!validName(name)) throw badName(given);
  return name;
}
