// Signed membership of groups and rooms, SPEC §8.4-§8.5: entries that anybody can check, folded into a state.
import { activeAt, type ChainState } from "./account-chain.ts";
import { equal } from "./bytes.ts";
import { KeysError } from "./errors.ts";
import type { AccountId } from "./ids.ts";
import { verify } from "./labelled.ts";
import { labels } from "./labels.ts";
import { type MembershipContent, type MembershipEntry, readMembershipEntry } from "./membership-entry.ts";
import { atLeast, type Role } from "./membership-policy.ts";
import { begin, follow, isAmong } from "./membership-rules.ts";
import {
  type Checkpoint,
  decodeMembership,
  encodeMembership,
  type Membership,
  type MembershipState,
  memberOf,
  membershipHash,
  ownersOf,
} from "./membership-state.ts";

/** The verified chain of an account, if it is at hand. */
export type ChainOf = (account: AccountId) => ChainState | undefined;

/**
 * The state after one more entry; `state` is undefined for the create entry, and stays as it is. Throws
 * `malformed`, `unsupported_version`, `wrong_conversation`, `fork` (an entry that follows another than our
 * head, or names a head that the signer's chain does not have), `not_permitted`, `unknown_chain`,
 * `chain_behind` (the signer's chain at hand ends before the head he names: fetch it and try again),
 * `bad_signature`.
 */
export function applyMembershipEntry(
  state: MembershipState | undefined,
  bytes: Uint8Array,
  chains: ChainOf,
): MembershipState {
  const entry = readMembershipEntry(bytes);
  const next = state === undefined ? begin(entry) : follow(state, entry);
  checkSigner(entry, chains);
  return next;
}

/** Whether a device signed that was active at the head that it names. */
function checkSigner(entry: MembershipEntry, chains: ChainOf): void {
  const { accountId, deviceId, head } = entry.signer;
  const chain = chains(accountId);
  if (chain === undefined) {
    throw new KeysError("unknown_chain", "the signer's chain is not at hand", { evidence: { accountId } });
  }
  if (!equal(chain.accountId, accountId)) throw new KeysError("wrong_account", "a chain of another account");
  const known = chain.hashes[head.sequence];
  if (known === undefined) {
    const evidence = { accountId, pinned: chain.head, seen: head };
    throw new KeysError("chain_behind", "names a later head than the chain at hand has", { evidence });
  }
  if (!equal(known, head.hash)) {
    const evidence = { accountId, pinned: { sequence: head.sequence, hash: known }, seen: head };
    throw new KeysError("fork", "names another head than the signer's chain has", { evidence });
  }
  const device = activeAt(chain, head.sequence, deviceId);
  if (device === undefined) throw new KeysError("not_permitted", "signed by a device that was not active");
  if (!verify(labels.membershipEntry, entry.body, entry.signature, device.signingKey)) {
    throw new KeysError("bad_signature", "the signature of a membership entry does not verify");
  }
}

/**
 * The state after the last of these entries: create and all checkpoints, oldest first. `encoded` is the state
 * that the last one names; empty if there is only create. Nothing else of the history is looked at. Throws as
 * `applyMembershipEntry` does.
 */
export function restoreMembership(
  checkpoints: readonly Uint8Array[],
  encoded: Uint8Array,
  chains: ChainOf,
): MembershipState {
  const [create, ...later] = checkpoints.map(readMembershipEntry);
  if (create === undefined) throw new KeysError("malformed", "no entries");
  const first = begin(create);
  checkSigner(create, chains);
  const last = later.pop();
  if (last === undefined) {
    if (encoded.length !== 0) throw new KeysError("malformed", "a state that no checkpoint names");
    return first;
  }
  let { checkpoint } = first;
  for (const entry of later) {
    checkpoint = nextCheckpoint(first, checkpoint, entry);
    checkSigner(entry, chains);
  }
  nextCheckpoint(first, checkpoint, last);
  const head = { sequence: last.sequence - 1, hash: last.previous };
  const before = { ...decodeMembership(encoded), conversation: first.conversation, head, checkpoint };
  if (before.kind !== first.kind)
    throw new KeysError("not_permitted", "a room becomes a group, or a group a room");
  const state = follow(before, last);
  checkSigner(last, chains);
  return state;
}

function nextCheckpoint(
  { conversation }: MembershipState,
  before: Checkpoint,
  entry: MembershipEntry,
): Checkpoint {
  const { content, sequence, signer } = entry;
  if (content.type !== "checkpoint") throw new KeysError("malformed", "not a checkpoint");
  if (entry.conversation === null || !equal(entry.conversation, conversation)) {
    throw new KeysError("wrong_conversation", "a checkpoint of another conversation");
  }
  const { previous, owners } = content;
  if (
    previous.sequence !== before.sequence ||
    !equal(previous.hash, before.hash) ||
    sequence <= before.sequence
  ) {
    throw new KeysError("not_permitted", "a checkpoint that does not follow the one before");
  }
  if (!isAmong(before.owners, signer.accountId) || !isAmong(owners, signer.accountId)) {
    throw new KeysError("not_permitted", "a checkpoint by somebody who was not an owner all the time");
  }
  return { sequence, hash: entry.hash, owners };
}

/** The checkpoint that an owner can sign on top of `state`. */
export function checkpointOf(state: MembershipState): MembershipContent {
  const { sequence, hash } = state.checkpoint;
  return {
    type: "checkpoint",
    owners: ownersOf(state),
    previous: { sequence, hash },
    stateHash: membershipHash(encodeMembership(state)),
  };
}

function hasRole(state: Membership, account: AccountId, least: Role): boolean {
  const member = memberOf(state, account);
  return member !== undefined && atLeast(member.role, least);
}

export function mayInvite(state: Membership, account: AccountId): boolean {
  return hasRole(state, account, state.policy.invite);
}

export function mayPost(state: Membership, account: AccountId): boolean {
  return hasRole(state, account, state.policy.post);
}

export function mayPin(state: Membership, account: AccountId): boolean {
  return hasRole(state, account, state.policy.pin);
}

export function isOwnerOrAdmin(state: Membership, account: AccountId): boolean {
  return hasRole(state, account, "admin");
}
