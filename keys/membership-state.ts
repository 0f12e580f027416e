// What a membership chain says at one head, and its bytes: SPEC §8.5.
import { compare, toHex } from "./bytes.ts";
import { decode, type Reader, Writer } from "./encoding.ts";
import { KeysError } from "./errors.ts";
import { type AccountId, accountId, type ConversationId, conversationId, type Hash } from "./ids.ts";
import { hashLabelled } from "./labelled.ts";
import { labels } from "./labels.ts";
import {
  MAX_GROUP_MEMBERS,
  type MembershipHead,
  readHead,
  readOwners,
  writeHead,
  writeOwners,
} from "./membership-entry.ts";
import {
  type GroupKind,
  type Policy,
  type Role,
  readKind,
  readPolicy,
  readRole,
  writeKind,
  writePolicy,
  writeRole,
} from "./membership-policy.ts";

/** How many invitations may be open at once. */
export const MAX_INVITED = 1024;
/** How many removed accounts are remembered; the oldest are forgotten first. */
export const MAX_REMOVED = 1024;
const MAX_STATE_BYTES = 262_144;

export interface GroupMember {
  readonly accountId: AccountId;
  readonly role: Role;
  /** The anchored head: he signs at this entry of his account chain or a later one. */
  readonly head: number;
}

export interface Invited {
  readonly accountId: AccountId;
  readonly inviter: AccountId;
}

/** What a checkpoint vouches for. */
export interface Membership {
  readonly kind: GroupKind;
  /** Of a room; empty for a group. */
  readonly name: string;
  readonly policy: Policy;
  /** In ascending order of account id. */
  readonly members: readonly GroupMember[];
  /** In ascending order of account id. */
  readonly invited: readonly Invited[];
  /** In the order of their removal. Who is in here enters a room only when invited. */
  readonly removed: readonly AccountId[];
}

export interface Checkpoint extends MembershipHead {
  /** Who may sign the next one, if he still is an owner then. */
  readonly owners: readonly AccountId[];
}

/** A plain value: applying an entry gives the next one and leaves this as it is. */
export interface MembershipState extends Membership {
  readonly conversation: ConversationId;
  /** The newest entry. */
  readonly head: MembershipHead;
  /** The newest checkpoint; the create entry until there is one. */
  readonly checkpoint: Checkpoint;
}

/** Where `account` stands in a list sorted by account id, and whether it does. */
export function placeOf(
  list: readonly { readonly accountId: AccountId }[],
  account: AccountId,
): { at: number; found: boolean } {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const there = list[middle];
    const order = there === undefined ? 1 : compare(there.accountId, account);
    if (order === 0) return { at: middle, found: true };
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  return { at: low, found: false };
}

export function memberOf({ members }: Membership, account: AccountId): GroupMember | undefined {
  const { at, found } = placeOf(members, account);
  return found ? members[at] : undefined;
}

export function invitationOf({ invited }: Membership, account: AccountId): Invited | undefined {
  const { at, found } = placeOf(invited, account);
  return found ? invited[at] : undefined;
}

export function ownersOf({ members }: Membership): AccountId[] {
  return members.filter(({ role }) => role === "owner").map((member) => member.accountId);
}

export function encodeMembership(state: Membership): Uint8Array {
  const writer = new Writer().u8(1);
  writeKind(writer, state.kind, state.name);
  writePolicy(writer, state.policy);
  writer.u32(state.members.length);
  for (const { accountId: account, role, head } of state.members) {
    writer.fixed(account, 32);
    writeRole(writer, role);
    writer.u64(head);
  }
  writer.u32(state.invited.length);
  for (const { accountId: account, inviter } of state.invited) writer.fixed(account, 32).fixed(inviter, 32);
  writer.u32(state.removed.length);
  for (const account of state.removed) writer.fixed(account, 32);
  return writer.finish();
}

/** Throws `malformed`, `unsupported_version`. */
export function decodeMembership(bytes: Uint8Array): Membership {
  return decode(bytes, (reader) => {
    reader.version();
    const state: Membership = {
      ...readKind(reader),
      policy: readPolicy(reader),
      members: list(reader, MAX_GROUP_MEMBERS, () => ({
        accountId: accountId(reader.fixed(32)),
        role: readRole(reader),
        head: reader.u64(),
      })),
      invited: list(reader, MAX_INVITED, () => ({
        accountId: accountId(reader.fixed(32)),
        inviter: accountId(reader.fixed(32)),
      })),
      removed: list(reader, MAX_REMOVED, () => accountId(reader.fixed(32))),
    };
    checkLists(state);
    return state;
  });
}

function list<T>(reader: Reader, max: number, read: () => T): T[] {
  const count = reader.u32();
  if (count > max) throw new KeysError("malformed", `more than ${max} accounts`);
  return Array.from({ length: count }, read);
}

/** Sorted, and nobody in two places. */
function checkLists({ members, invited, removed }: Membership): void {
  const seen = new Set<string>(removed.map(toHex));
  for (const sorted of [members, invited]) {
    for (const [index, { accountId: account }] of sorted.entries()) {
      const before = sorted[index - 1];
      if (before !== undefined && compare(before.accountId, account) >= 0) {
        throw new KeysError("malformed", "accounts out of order");
      }
      seen.add(toHex(account));
    }
  }
  if (seen.size !== members.length + invited.length + removed.length) {
    throw new KeysError("malformed", "an account in two places");
  }
}

/** What a checkpoint names. */
export function membershipHash(encoded: Uint8Array): Hash {
  return hashLabelled(labels.membershipState, encoded);
}

/** The whole state, for storing it: what `encodeMembership` leaves out is in it too. */
export function encodeStoredMembership(state: MembershipState): Uint8Array {
  const writer = new Writer().u8(1).fixed(state.conversation, 32);
  writeHead(writer, state.head);
  writeHead(writer, state.checkpoint);
  writeOwners(writer, state.checkpoint.owners);
  return writer.bytes(encodeMembership(state), MAX_STATE_BYTES).finish();
}

/** Throws `malformed`, `unsupported_version`. */
export function decodeStoredMembership(bytes: Uint8Array): MembershipState {
  return decode(bytes, (reader) => {
    reader.version();
    const conversation = conversationId(reader.fixed(32));
    const head = readHead(reader);
    const checkpoint = { ...readHead(reader), owners: readOwners(reader) };
    return { ...decodeMembership(reader.bytes(MAX_STATE_BYTES)), conversation, head, checkpoint };
  });
}
