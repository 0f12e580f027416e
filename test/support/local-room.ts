// A room in the profiles of its members, without a relay that has it: who is in it, and where each one's log begins.

import { signEntry } from "../../client/core/groups/change-membership.ts";
import { meetPerson, ownChain } from "../../client/core/people/account-chains.ts";
import { nameRelayHead, startLog } from "../../client/store/conversations.ts";
import { transact } from "../../client/store/database.ts";
import { addGroup, saveMembership } from "../../client/store/groups.ts";
import { saveLogHash } from "../../client/store/log-hashes.ts";
import { addMessage } from "../../client/store/messages.ts";
import {
  applyMembershipEntry,
  defaultPolicies,
  encodeStoredMembership,
  equal,
  hash,
  incarnation,
  type MembershipState,
  messageId,
  type Policy,
  randomBytes,
} from "../../keys/index.ts";
import type { ProfileFixture } from "./profile-fixture.ts";

/** The first makes it, the others join in their order. */
export function roomOf(
  [owner, ...others]: readonly [ProfileFixture, ...ProfileFixture[]],
  policy: Partial<Policy> = {},
): MembershipState {
  const members = [owner, ...others];
  const chains = (account: Uint8Array) => {
    const found = members.find(({ address }) => equal(address.accountId, account));
    return found && ownChain(found.profile);
  };
  const content = { type: "create", kind: "room", name: "ops", random: randomBytes(16) } as const;
  const create = signEntry(owner.profile, undefined, {
    ...content,
    policy: { ...defaultPolicies.room, ...policy },
  });
  let state = applyMembershipEntry(undefined, create, chains);
  for (const { profile } of others) {
    state = applyMembershipEntry(state, signEntry(profile, state, { type: "join" }), chains);
  }
  return state;
}

/** Puts it into a profile, whose log of it begins after row `start`. Returns its local number. */
export async function putRoom(
  at: ProfileFixture,
  state: MembershipState,
  members: readonly ProfileFixture[],
  start: number,
): Promise<number> {
  const { db } = at.profile;
  const connection = await at.connect();
  for (const { account, address } of members) {
    if (!equal(address.accountId, at.address.accountId))
      await meetPerson(at.profile, connection, account.name);
  }
  return transact(db, () => {
    const made = { conversationId: state.conversation, kind: "room", alias: "ops", title: "ops" } as const;
    const conversation = addGroup(db, { ...made, standing: "member" });
    saveMembership(db, conversation, encodeStoredMembership(state));
    const head = { sequence: start, hash: hash(new Uint8Array(32).fill(9)) };
    const generation = startLog(db, conversation, incarnation(new Uint8Array(16).fill(8)), head);
    saveLogHash(db, conversation, generation, head);
    nameRelayHead(db, conversation, start, 0);
    return conversation;
  });
}

/** As if its log had brought it. */
export function addReceived(
  at: ProfileFixture,
  conversation: number,
  from: ProfileFixture,
  sequence: number,
  text: string,
): number {
  const isOwn = from === at;
  const position = addMessage(at.profile.db, {
    ...from.address,
    conversation,
    messageId: messageId(randomBytes(16)),
    sequence,
    kind: "text",
    state: isOwn ? "sent" : "received",
    unread: !isOwn,
    text,
    sentAt: 1_000 * sequence,
  });
  if (position === undefined) throw new Error("twice");
  return position;
}
