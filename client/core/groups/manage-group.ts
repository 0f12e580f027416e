// What owners, admins and members do with a group that they are in: each one signed entry, or one encrypted message.
import {
  type AccountId,
  equal,
  invitationOf,
  isOwnerOrAdmin,
  type MembershipState,
  memberOf,
  ownersOf,
  type Policy,
  type Role,
  validName,
} from "../../../keys/index.ts";
import type { RelayConnection } from "../../net/relay-connection.ts";
import { readPinnedName } from "../../store/accounts.ts";
import { readConversation } from "../../store/conversations.ts";
import { transact } from "../../store/database.ts";
import { setAlias, setTitle } from "../../store/groups.ts";
import { ChatError } from "../chat-error.ts";
import { meetingPlace } from "../conversations/conversations.ts";
import { queueControl } from "../outbox/queue-silent.ts";
import { tellOwnDevices } from "../own-devices/tell.ts";
import { meetPerson } from "../people/account-chains.ts";
import { badName, foldName } from "../people/names.ts";
import { admit } from "../people/standing.ts";
import type { Profile } from "../profile.ts";
import { changeMembership } from "./change-membership.ts";
import { checkAliasFree, groupName } from "./group-names.ts";
import { setTitleOrigin } from "./group-title.ts";
import { memberState, nameOf } from "./memberships.ts";

/** The account of a person given by name. Throws `bad_name`, `unknown_person`; rejects with NetError. */
async function personCalled(
  profile: Profile,
  connection: RelayConnection,
  given: string,
): Promise<AccountId> {
  const name = foldName(given);
  if (name === "me" || name === profile.identity.name) return profile.identity.accountId;
  if (!validName(name)) throw badName(given);
  return readPinnedName(profile.db, name) ?? meetPerson(profile, connection, name);
}

/**
 * Invites somebody: an entry, and a message to him that says to what. Whoever is invited already gets the message again.
 * Throws `not_allowed`, `unknown_person`, `bad_name`; rejects with NetError.
 */
export async function inviteMember(
  profile: Profile,
  connection: RelayConnection,
  conversation: number,
  given: string,
): Promise<void> {
  const account = await personCalled(profile, connection, given);
  await changeMembership(profile, connection, conversation, (state) => {
    if (memberOf(state, account) !== undefined) {
      throw new ChatError("not_allowed", `${nameOf(profile, account)} is a member already.`);
    }
    return invitationOf(state, account) === undefined ? { type: "invite", accountId: account } : undefined;
  });
  transact(profile.db, () => sendInvitation(profile, conversation, account));
}

function sendInvitation(profile: Profile, conversation: number, account: AccountId): void {
  const group = readConversation(profile.db, conversation);
  const { conversationId, title, peerName } = group;
  if (conversationId === undefined) return;
  const direct = meetingPlace(profile, group, account);
  admit(profile, account);
  const content = { case: "invitation" as const, value: { conversationId, title: title ?? peerName } };
  queueControl(profile, direct, content, profile.runtime.now());
}

/** Removes a member or takes an invitation back. Throws `not_allowed`, `unknown_person`; rejects with NetError. */
export async function removeMember(
  profile: Profile,
  connection: RelayConnection,
  conversation: number,
  given: string,
): Promise<void> {
  const account = await personCalled(profile, connection, given);
  if (equal(account, profile.identity.accountId)) {
    throw new ChatError("usage", "Nobody removes himself.", { hint: "`chat group leave NAME` leaves." });
  }
  await changeMembership(profile, connection, conversation, (state) => {
    checkIn(profile, state, account);
    return { type: "remove", accountId: account };
  });
}

/** Throws `unknown_person` when he is neither a member nor invited. */
function checkIn(profile: Profile, state: MembershipState, account: AccountId): void {
  if (memberOf(state, account) !== undefined || invitationOf(state, account) !== undefined) return;
  throw new ChatError("unknown_person", `${nameOf(profile, account)} is not a member.`, {
    hint: "`chat group info NAME` lists the members.",
  });
}

/** Throws `not_allowed`, for the last owner too; rejects with NetError. */
export async function leaveGroup(
  profile: Profile,
  connection: RelayConnection,
  conversation: number,
): Promise<void> {
  await changeMembership(profile, connection, conversation, (state) => {
    const owners = ownersOf(state);
    const isLastOwner =
      owners.length === 1 && owners.some((owner) => equal(owner, profile.identity.accountId));
    if (isLastOwner && state.members.length > 1) {
      throw new ChatError("not_allowed", "You are its only owner.", {
        hint: "Make somebody else an owner first: `chat group role NAME MEMBER owner`.",
      });
    }
    return { type: "leave" };
  });
}

/** Throws `not_allowed`, `unknown_person`; rejects with NetError. */
export async function setRole(
  profile: Profile,
  connection: RelayConnection,
  conversation: number,
  given: string,
  role: Role,
): Promise<void> {
  const account = await personCalled(profile, connection, given);
  await changeMembership(profile, connection, conversation, (state) => {
    checkIn(profile, state, account);
    if (memberOf(state, account)?.role === role) return undefined;
    return { type: "role", accountId: account, role };
  });
}

/** Throws `not_allowed`; rejects with NetError. */
export async function setPolicy(
  profile: Profile,
  connection: RelayConnection,
  conversation: number,
  wanted: Partial<Policy>,
): Promise<void> {
  await changeMembership(profile, connection, conversation, ({ policy }) => ({
    type: "policy",
    policy: { ...policy, ...wanted },
  }));
}

/**
 * Gives a group another title, which travels encrypted, or a room another name on the relay; here its alias follows.
 * Throws `bad_name`, `name_taken`, `not_allowed`; rejects with NetError.
 */
export async function renameGroup(
  profile: Profile,
  connection: RelayConnection,
  conversation: number,
  given: string,
): Promise<void> {
  const name = groupName(given);
  const { kind, conversationId } = readConversation(profile.db, conversation);
  checkAliasFree(profile, name, conversationId);
  await changeMembership(profile, connection, conversation, () =>
    kind === "room" ? { type: "rename", name } : undefined,
  );
  transact(profile.db, () => {
    const stored = readConversation(profile.db, conversation);
    if (kind === "group") sendTitle(profile, conversation, memberState(profile, stored), name);
    setTitle(profile.db, conversation, name);
    setAlias(profile.db, conversation, name);
    tellOwnDevices(profile, { about: "group", conversation });
  });
}

/** To the members, and to those who are invited and would see the old one. */
function sendTitle(profile: Profile, conversation: number, state: MembershipState, title: string): void {
  if (!isOwnerOrAdmin(state, profile.identity.accountId)) {
    throw new ChatError("not_allowed", "Only owners and admins rename a group.");
  }
  queueControl(profile, conversation, { case: "title", value: { title } }, profile.runtime.now());
  setTitle(profile.db, conversation, title);
  setTitleOrigin(profile.db, conversation, "given here");
  for (const { accountId, inviter } of state.invited) {
    if (equal(inviter, profile.identity.accountId)) sendInvitation(profile, conversation, accountId);
  }
}
