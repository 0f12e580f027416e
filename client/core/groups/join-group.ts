import {
  type ConversationId,
  conversationId,
  encodeStoredMembership,
  invitationOf,
  type MembershipState,
  memberOf,
  validGroupName,
} from "../../../keys/index.ts";
import { NetError } from "../../net/net-error.ts";
import type { RelayConnection } from "../../net/relay-connection.ts";
import { findConversation, type StoredConversation } from "../../store/conversations.ts";
import { transact } from "../../store/database.ts";
import {
  addGroup,
  forgetLog,
  readInvitations,
  saveMembership,
  setAlias,
  setStanding,
  setTitle,
} from "../../store/groups.ts";
import { ChatError } from "../chat-error.ts";
import { tellOwnDevices } from "../own-devices/tell.ts";
import type { Profile } from "../profile.ts";
import { appendEntry, checkTaken, signEntry, withInbox } from "./change-membership.ts";
import { checkAliasFree, groupName } from "./group-names.ts";
import { setTitleOrigin } from "./group-title.ts";
import { fetchMembership, nameOf } from "./memberships.ts";

const MAX_ATTEMPTS = 10;

/** The pending invitation that a name, `name/inviter` or the first digits of its id stand for. Throws `unknown_conversation`, `ambiguous_name`. */
export function findInvitation(profile: Profile, given: string): StoredConversation {
  const wanted = given.replace(/^#/, "").toLowerCase();
  const found = readInvitations(profile.db).filter(({ peerName }) => peerName === wanted);
  const [only, ...others] = found;
  if (only === undefined) {
    throw new ChatError("unknown_conversation", `You are not invited to anything called ${wanted}.`, {
      hint: "`chat list` shows your invitations.",
    });
  }
  if (others.length === 0) return only;
  const inviters = found.map(({ invitedBy }) => (invitedBy === undefined ? "?" : nameOf(profile, invitedBy)));
  throw new ChatError(
    "ambiguous_name",
    `You have ${found.length} invitations called ${wanted}: from ${inviters.join(", ")}.`,
    {
      hint: "Say whose with `--from NAME`.",
    },
  );
}

/** Undefined: it was accepted or declined. */
export function invitationNumbered(profile: Profile, conversation: number): StoredConversation | undefined {
  return readInvitations(profile.db).find((invitation) => invitation.conversation === conversation);
}

/** Of several invitations under one name, that of one person. */
export function findInvitationFrom(profile: Profile, given: string, inviter: string): StoredConversation {
  const wanted = given.replace(/^#/, "").toLowerCase();
  const from = inviter.replace(/^@/, "").toLowerCase();
  const found = readInvitations(profile.db).find(
    ({ peerName, invitedBy }) =>
      peerName === wanted && invitedBy !== undefined && nameOf(profile, invitedBy) === from,
  );
  if (found !== undefined) return found;
  throw new ChatError("unknown_conversation", `${from} has not invited you to anything called ${wanted}.`, {
    hint: "`chat list` shows your invitations.",
  });
}

/**
 * Accepts an invitation, under the alias given or the one that its title suggests. Returns the group's local number.
 * Throws `name_taken`, `bad_name`, `not_allowed` when it was taken back, `security_stop`; rejects with NetError.
 */
export async function acceptInvitation(
  profile: Profile,
  connection: RelayConnection,
  invitation: StoredConversation,
  alias: string = invitation.peerName,
): Promise<number> {
  const { conversationId: id, title } = invitation;
  if (id === undefined) throw new Error("an invitation without a group");
  return join(profile, connection, id, groupName(alias), title);
}

/** Joins an open room by its name on the relay. Throws as `acceptInvitation`, and `unknown_conversation`. */
export async function joinRoom(
  profile: Profile,
  connection: RelayConnection,
  given: string,
  alias?: string,
): Promise<number> {
  const name = groupName(given);
  const { rooms } = await connection.listRooms({ name });
  const room = rooms.find((each) => each.name === name);
  if (room === undefined || room.conversationId.length !== 32) throw noRoom(name);
  return join(profile, connection, conversationId(room.conversationId), groupName(alias ?? name), name);
}

function noRoom(name: string): ChatError {
  return new ChatError("unknown_conversation", `There is no open room called ${name} on this relay.`, {
    hint: "`chat rooms` lists them; a group is joined by accepting an invitation.",
  });
}

async function join(
  profile: Profile,
  connection: RelayConnection,
  id: ConversationId,
  alias: string,
  title: string | undefined,
): Promise<number> {
  if (!validGroupName(alias)) throw new Error("an alias is checked before");
  const known = findConversation(profile.db, id);
  if (known?.standing === "member" && known.log !== undefined) return known.conversation;
  checkAliasFree(profile, alias, id);
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const state = await fetchMembership(profile, connection, id, `#${alias}`).catch((error) => {
      throw isGone(error) ? withdrawn(alias) : error;
    });
    const { accountId: own } = profile.identity;
    if (memberOf(state, own) !== undefined) {
      // Another process was quicker, or an answer was lost: the log brings the entry that did it.
      await withInbox(profile, connection, async () => undefined);
      const joined = findConversation(profile.db, id);
      if (joined?.standing === "member") return joined.conversation;
    } else if (state.kind === "group" && invitationOf(state, own) === undefined) {
      throw withdrawn(alias);
    }
    const entry = signEntry(profile, state, { type: "join" });
    const conversation = prepare(profile, id, alias, title, state);
    const joined = await withInbox(profile, connection, async (inbox) => {
      const taken = await appendEntry(connection, entry);
      if (taken === "too late") return false;
      await inbox.learn(taken.moved);
      await inbox.catchUp();
      checkTaken(profile, conversation, entry, taken);
      transact(profile.db, () => tellOwnDevices(profile, { about: "group", conversation }));
      return true;
    });
    if (joined) return conversation;
  }
  throw new NetError("timeout", "the group changes too fast");
}

/** What the log of a newcomer begins with: the membership that his own entry follows. */
function prepare(
  profile: Profile,
  id: ConversationId,
  alias: string,
  title: string | undefined,
  state: MembershipState,
): number {
  const { db } = profile;
  return transact(db, () => {
    checkAliasFree(profile, alias, id);
    const known = findConversation(db, id);
    if (known?.standing === "member" && known.log !== undefined) return known.conversation;
    const conversation =
      known?.conversation ??
      addGroup(db, { conversationId: id, kind: state.kind, alias, title: title ?? alias, standing: "left" });
    setAlias(db, conversation, alias);
    if (state.kind === "room") setTitle(db, conversation, state.name);
    setTitleOrigin(db, conversation, "told");
    saveMembership(db, conversation, encodeStoredMembership(state));
    forgetLog(db, conversation);
    return conversation;
  });
}

function isGone(error: unknown): boolean {
  return error instanceof NetError && error.reason === "unknown_conversation";
}

function withdrawn(alias: string): ChatError {
  return new ChatError("not_allowed", `The invitation to ${alias} was taken back, or the group is gone.`, {
    hint: "Ask whoever invited you.",
  });
}

/** Declines: the group learns of it, and the invitation is gone here even if the relay is away. */
export async function declineInvitation(
  profile: Profile,
  connection: RelayConnection,
  invitation: StoredConversation,
): Promise<void> {
  const { conversationId: id, conversation, peerName } = invitation;
  if (id === undefined) throw new Error("an invitation without a group");
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const state = await fetchMembership(profile, connection, id, `#${peerName}`).catch((error) => {
      if (isGone(error)) return undefined;
      throw error;
    });
    const isPending = state !== undefined && invitationOf(state, profile.identity.accountId) !== undefined;
    if (!isPending) break;
    const entry = signEntry(profile, state, { type: "leave" });
    if ((await appendEntry(connection, entry)) !== "too late") break;
  }
  transact(profile.db, () => {
    setStanding(profile.db, conversation, "left");
    tellOwnDevices(profile, { about: "group", conversation });
  });
}
