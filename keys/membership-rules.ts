// Who may do what to a membership, SPEC §8.4: no signature is checked here.
import { equal } from "./bytes.ts";
import { KeysError } from "./errors.ts";
import type { AccountId } from "./ids.ts";
import {
  groupConversationId,
  MAX_GROUP_MEMBERS,
  type MembershipContent,
  type MembershipEntry,
} from "./membership-entry.ts";
import { atLeast, type Role } from "./membership-policy.ts";
import {
  encodeMembership,
  type GroupMember,
  invitationOf,
  MAX_INVITED,
  MAX_REMOVED,
  type Membership,
  type MembershipState,
  memberOf,
  membershipHash,
  ownersOf,
  placeOf,
} from "./membership-state.ts";

type Content<Type extends MembershipContent["type"]> = Extract<MembershipContent, { readonly type: Type }>;

function notPermitted(message: string): KeysError {
  return new KeysError("not_permitted", message);
}

/** The state that a create entry begins with. */
export function begin(entry: MembershipEntry): MembershipState {
  const { content, signer } = entry;
  if (content.type !== "create") throw new KeysError("malformed", "the first entry is not create");
  const head = { sequence: 0, hash: entry.hash };
  return {
    kind: content.kind,
    name: content.name,
    policy: content.policy,
    members: [{ accountId: signer.accountId, role: "owner", head: signer.head.sequence }],
    invited: [],
    removed: [],
    conversation: groupConversationId(entry.bytes),
    head,
    checkpoint: { ...head, owners: [signer.accountId] },
  };
}

/** The state after an entry that follows `state`, if its place and its signer's role allow it. */
export function follow(state: MembershipState, entry: MembershipEntry): MembershipState {
  checkPlace(state, entry);
  const signer = memberOf(state, entry.signer.accountId);
  if (signer !== undefined && entry.signer.head.sequence < signer.head) {
    throw notPermitted("signed at an older head of the account chain than before");
  }
  const head = { sequence: entry.sequence, hash: entry.hash };
  const { content } = entry;
  const checkpoint = content.type === "checkpoint" ? { ...head, owners: content.owners } : state.checkpoint;
  return { ...state, ...raised(after(state, entry, signer), entry), head, checkpoint };
}

function checkPlace(state: MembershipState, entry: MembershipEntry): void {
  const { head } = state;
  if (entry.conversation === null) throw new KeysError("malformed", "a second create entry");
  if (!equal(entry.conversation, state.conversation)) {
    throw new KeysError("wrong_conversation", "an entry of another conversation");
  }
  if (entry.sequence !== head.sequence + 1) throw new KeysError("malformed", "not the next entry");
  if (!equal(entry.previous, head.hash)) {
    const seen = { sequence: head.sequence, hash: entry.previous };
    throw new KeysError("fork", "an entry that follows another history", {
      evidence: { pinned: head, seen },
    });
  }
}

/** The head that a member named is the oldest that he can name from now on. */
function raised(membership: Membership, { signer }: MembershipEntry): Membership {
  const member = memberOf(membership, signer.accountId);
  if (member === undefined || member.head === signer.head.sequence) return membership;
  return { ...membership, members: put(membership.members, { ...member, head: signer.head.sequence }) };
}

function after(state: MembershipState, entry: MembershipEntry, signer: GroupMember | undefined): Membership {
  const { content } = entry;
  const account = entry.signer.accountId;
  if (content.type === "join") return joined(state, account, entry.signer.head.sequence);
  if (content.type === "leave") return left(state, account);
  if (signer === undefined) throw notPermitted("signed by somebody who is not a member");
  switch (content.type) {
    case "create":
      throw new KeysError("malformed", "a second create entry");
    case "invite":
      return invited(state, signer, content.accountId);
    case "remove":
      return removed(state, signer, content.accountId);
    case "role":
      return withRole(state, signer, content);
    case "policy":
      need(signer, "owner");
      return { ...state, policy: content.policy };
    case "rekey":
      return state;
    case "rename":
      need(signer, "admin");
      if (state.kind !== "room") throw notPermitted("only rooms have a name");
      return { ...state, name: content.name };
    case "checkpoint":
      checkCheckpoint(state, signer, content);
      return state;
  }
}

function need(signer: GroupMember, least: Role): void {
  if (!atLeast(signer.role, least)) throw notPermitted(`only an ${least} may do that`);
}

function joined(state: Membership, account: AccountId, head: number): Membership {
  if (memberOf(state, account) !== undefined) throw notPermitted("a member joins again");
  const isRemoved = state.removed.some((one) => equal(one, account));
  if (invitationOf(state, account) === undefined && (state.kind !== "room" || isRemoved)) {
    throw notPermitted("joins without an invitation");
  }
  if (state.members.length >= MAX_GROUP_MEMBERS) throw notPermitted("too many members");
  return {
    ...state,
    members: put(state.members, { accountId: account, role: "member", head }),
    invited: without(state.invited, account),
  };
}

function left(state: Membership, account: AccountId): Membership {
  const member = memberOf(state, account);
  if (member === undefined) {
    if (invitationOf(state, account) === undefined) throw notPermitted("leaves without being in it");
    return { ...state, invited: without(state.invited, account) };
  }
  if (isLastOwner(state, member) && state.members.length > 1) {
    throw notPermitted("the last owner leaves others behind");
  }
  return { ...state, members: without(state.members, account) };
}

function invited(state: Membership, signer: GroupMember, account: AccountId): Membership {
  if (!atLeast(signer.role, state.policy.invite)) throw notPermitted("may not invite");
  if (memberOf(state, account) !== undefined) throw notPermitted("a member is invited");
  if (invitationOf(state, account) !== undefined) throw notPermitted("invited already");
  if (state.invited.length >= MAX_INVITED) throw notPermitted("too many open invitations");
  return {
    ...state,
    invited: put(state.invited, { accountId: account, inviter: signer.accountId }),
    removed: state.removed.filter((one) => !equal(one, account)),
  };
}

function removed(state: Membership, signer: GroupMember, account: AccountId): Membership {
  const member = memberOf(state, account);
  const invitation = invitationOf(state, account);
  const byAdmin = atLeast(signer.role, "admin");
  if (member !== undefined) {
    if (equal(account, signer.accountId)) throw notPermitted("removes himself");
    if (!byAdmin || (signer.role === "admin" && member.role !== "member"))
      throw notPermitted("may not remove");
  } else if (invitation === undefined) {
    throw notPermitted("removes somebody who is not in it");
  } else if (!byAdmin && !equal(invitation.inviter, signer.accountId)) {
    throw notPermitted("takes back the invitation of another");
  }
  return {
    ...state,
    members: without(state.members, account),
    invited: without(state.invited, account),
    // Whoever only takes back his own invitation shuts nobody out of a room.
    removed: byAdmin ? [...state.removed, account].slice(-MAX_REMOVED) : state.removed,
  };
}

function withRole(state: Membership, signer: GroupMember, { accountId, role }: Content<"role">): Membership {
  need(signer, "owner");
  const member = memberOf(state, accountId);
  if (member === undefined) throw notPermitted("a role for somebody who is not a member");
  if (role !== "owner" && isLastOwner(state, member)) throw notPermitted("the last owner stays owner");
  return { ...state, members: put(state.members, { ...member, role }) };
}

function checkCheckpoint(state: MembershipState, signer: GroupMember, content: Content<"checkpoint">): void {
  const { checkpoint } = state;
  need(signer, "owner");
  if (!isAmong(checkpoint.owners, signer.accountId)) {
    throw notPermitted("a checkpoint by somebody who was no owner at the one before");
  }
  const { sequence, hash } = content.previous;
  if (sequence !== checkpoint.sequence || !equal(hash, checkpoint.hash)) {
    throw notPermitted("a checkpoint that does not follow the one before");
  }
  const owners = ownersOf(state);
  const same = owners.length === content.owners.length && owners.every((one) => isAmong(content.owners, one));
  if (!same || !equal(content.stateHash, membershipHash(encodeMembership(state)))) {
    throw notPermitted("a checkpoint of another state");
  }
}

export function isAmong(accounts: readonly AccountId[], account: AccountId): boolean {
  return accounts.some((one) => equal(one, account));
}

function isLastOwner(state: Membership, member: GroupMember): boolean {
  return member.role === "owner" && ownersOf(state).length === 1;
}

/** With `item` in its place, instead of what was there for the same account. */
function put<T extends { readonly accountId: AccountId }>(list: readonly T[], item: T): T[] {
  const { at, found } = placeOf(list, item.accountId);
  return list.toSpliced(at, found ? 1 : 0, item);
}

function without<T extends { readonly accountId: AccountId }>(
  list: readonly T[],
  account: AccountId,
): readonly T[] {
  const { at, found } = placeOf(list, account);
  return found ? list.toSpliced(at, 1) : list;
}
