import {
  type AccountId,
  applyMembershipEntry,
  decodeStoredMembership,
  equal,
  KeysError,
  type MembershipState,
  readMembershipEntry,
  restoreMembership,
  toHex,
} from "../../../keys/index.ts";
import { NetError } from "../../net/net-error.ts";
import type { RelayConnection } from "../../net/relay-connection.ts";
import { readAccount } from "../../store/accounts.ts";
import type { StoredConversation } from "../../store/conversations.ts";
import type { Database } from "../../store/database.ts";
import { ChatError } from "../chat-error.ts";
import { knownChain, refreshChains } from "../people/account-chains.ts";
import { alarm } from "../people/security.ts";
import type { Profile } from "../profile.ts";

const MAX_PAGES = 1_000;
/** What is read before any of it is verified: a hundred thousand checkpoints of a few owners. */
const MAX_CHECKPOINTS_BYTES = 32 * 1024 * 1024;

interface Decoded {
  readonly bytes: Uint8Array;
  readonly state: MembershipState;
}

const decoded = new WeakMap<Database, Map<number, Decoded>>();

/** Who is in a group at the head of its log, as verified; undefined in a direct conversation, and before the first row. */
export function membershipOf(profile: Profile, stored: StoredConversation): MembershipState | undefined {
  const { conversation, membership: bytes } = stored;
  if (bytes === undefined) return undefined;
  const known = decoded.get(profile.db) ?? new Map<number, Decoded>();
  decoded.set(profile.db, known);
  const found = known.get(conversation);
  if (found !== undefined && equal(found.bytes, bytes)) return found.state;
  const state = decodeStoredMembership(bytes);
  known.set(conversation, { bytes, state });
  return state;
}

/** The name of an account as its chain has it; its digits, which nobody can be called, while that is not known. */
export function nameOf({ identity, db }: Profile, account: AccountId): string {
  if (equal(account, identity.accountId)) return identity.name;
  const known = names.get(db) ?? new Map<string, string>();
  names.set(db, known);
  const digits = toHex(account);
  const name = known.get(digits) ?? readAccount(db, account)?.name;
  if (name !== undefined) known.set(digits, name);
  return name ?? digits;
}

/** By account; they never change. */
const names = new WeakMap<Database, Map<string, string>>();

/** Fetches the chains by which these entries can be checked, and those of the people they name. */
export async function fetchChainsFor(
  profile: Profile,
  connection: RelayConnection,
  entries: readonly Uint8Array[],
): Promise<void> {
  const wanted = new Map<string, AccountId>();
  for (const bytes of entries) {
    const { signer, content } = readMembershipEntry(bytes);
    const chain = knownChain(profile, signer.accountId);
    if (chain === undefined || chain.head.sequence < signer.head.sequence) {
      wanted.set(toHex(signer.accountId), signer.accountId);
    }
    if ("accountId" in content && knownChain(profile, content.accountId) === undefined) {
      wanted.set(toHex(content.accountId), content.accountId);
    }
  }
  if (wanted.size > 0) await refreshChains(profile, connection, [...wanted.values()]);
}

/**
 * The newest membership of a conversation, or that after its first `wanted` entries; from its newest checkpoint on, or
 * from what is held, every entry of it verified. Throws `security_stop` for one that does not verify.
 */
export async function fetchMembership(
  profile: Profile,
  connection: RelayConnection,
  conversationId: Uint8Array,
  name: string,
  { wanted = 0, after }: { readonly wanted?: number; readonly after?: MembershipState | undefined } = {},
): Promise<MembershipState> {
  const chains = (account: AccountId) => knownChain(profile, account);
  let state = after;
  try {
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const held = state === undefined ? 0n : BigInt(state.head.sequence + 1);
      const answer = await fetchPage(connection, conversationId, held, BigInt(wanted));
      if (answer.checkpoints.length > 0) {
        await fetchChainsFor(profile, connection, answer.checkpoints);
        state = restoreMembership(answer.checkpoints, answer.state, chains);
      }
      await fetchChainsFor(profile, connection, answer.entries);
      for (const entry of answer.entries) state = applyMembershipEntry(state, entry, chains);
      if (state === undefined || !equal(state.conversation, conversationId)) {
        throw new KeysError("wrong_conversation", "the membership of another group");
      }
      if (BigInt(state.head.sequence) >= (answer.head?.sequence ?? 0n)) return state;
      if (answer.entries.length === 0) break;
    }
  } catch (error) {
    if (!(error instanceof KeysError)) throw error;
    throw alarm(profile, {
      kind: "membership_forged",
      text: `The relay shows a list of members of ${name} that they did not sign.`,
      evidence: { code: error.code, conversation: conversationId },
    });
  }
  throw incomplete();
}

/** One answer; of checkpoints, which are verified together, all. */
async function fetchPage(
  connection: RelayConnection,
  conversationId: Uint8Array,
  held: bigint,
  wanted: bigint,
) {
  const checkpoints: Uint8Array[] = [];
  let from = 0n;
  for (let bytes = 0; bytes < MAX_CHECKPOINTS_BYTES; ) {
    const answer = await connection.getMembership(conversationId, held, from, wanted);
    const last = answer.checkpoints.at(-1);
    checkpoints.push(...answer.checkpoints);
    if (last === undefined || answer.state.length > 0) return { ...answer, checkpoints };
    from = BigInt(readMembershipEntry(last).sequence + 1);
    for (const { length } of answer.checkpoints) bytes += length;
  }
  throw incomplete();
}

function incomplete(): NetError {
  return new NetError("untrusted", "the relay does not show all of a membership");
}

/** Throws `not_allowed` for a group that this account is not in any more. */
export function memberState(profile: Profile, stored: StoredConversation): MembershipState {
  const state = membershipOf(profile, stored);
  if (state !== undefined && stored.standing === "member") return state;
  throw new ChatError("not_allowed", `You are not a member of #${stored.peerName} any more.`, {
    hint: "Somebody who may invite has to invite you again.",
  });
}
