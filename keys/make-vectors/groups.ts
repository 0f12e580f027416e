// Groups of the people of people.ts, for vectors and tests.
import type { ChainState } from "../account-chain.ts";
import type { DeviceKeys } from "../account-signing.ts";
import { equal } from "../bytes.ts";
import { sign } from "../labelled.ts";
import { labels } from "../labels.ts";
import { applyMembershipEntry, type ChainOf } from "../membership.ts";
import {
  encodeMembershipBody,
  encodeMembershipEntry,
  type MembershipBody,
  type MembershipContent,
  noEntry,
} from "../membership-entry.ts";
import { defaultPolicies, type GroupKind, type Policy, type Role } from "../membership-policy.ts";
import type { MembershipState } from "../membership-state.ts";
import { monday } from "./people.ts";
import { seededRandom } from "./seeded-random.ts";

/** Who signs: a device, and the chain whose head it names. A Person is one. */
export interface Signing {
  readonly chain: ChainState;
  readonly device: DeviceKeys;
}

export function chainsOf(...people: readonly Signing[]): ChainOf {
  return (account) => people.find(({ chain }) => equal(chain.accountId, account))?.chain;
}

export function createContent(kind: GroupKind, policy: Partial<Policy> = {}): MembershipContent {
  return {
    type: "create",
    kind,
    name: kind === "room" ? "ops" : "",
    policy: { ...defaultPolicies[kind], ...policy },
    random: seededRandom(`group ${kind}`)(16),
  };
}

type Account = Pick<ChainState, "accountId">;

export const join: MembershipContent = { type: "join" };
export const leave: MembershipContent = { type: "leave" };
export const rekey: MembershipContent = { type: "rekey" };
export const invite = ({ accountId }: Account): MembershipContent => ({ type: "invite", accountId });
export const remove = ({ accountId }: Account): MembershipContent => ({ type: "remove", accountId });
export const appoint = ({ accountId }: Account, role: Role): MembershipContent => ({
  type: "role",
  accountId,
  role,
});

/** An entry that follows `state`, signed whether or not the rules allow it. */
export function craftMembership(
  state: MembershipState | undefined,
  by: Signing,
  content: MembershipContent,
  changed: Partial<MembershipBody> = {},
): Uint8Array {
  const { chain, device } = by;
  const sequence = state === undefined ? 0 : state.head.sequence + 1;
  const body = encodeMembershipBody({
    conversation: state?.conversation ?? null,
    sequence,
    previous: state?.head.hash ?? noEntry,
    signer: { accountId: chain.accountId, deviceId: device.deviceId, head: chain.head },
    createdAt: monday + 60_000 * sequence,
    content,
    ...changed,
  });
  return encodeMembershipEntry(body, sign(labels.membershipEntry, body, device.signing.secretKey));
}

/** The state after `content`, signed by `by`. */
export function step(
  state: MembershipState | undefined,
  by: Signing,
  content: MembershipContent,
  chains: ChainOf,
): MembershipState {
  return applyMembershipEntry(state, craftMembership(state, by, content), chains);
}

export type Step = readonly [by: Signing, content: MembershipContent];

/** The entries that `steps` make, one on top of the other, and the state after the last. */
export function history(
  steps: readonly Step[],
  chains: ChainOf = chainsOf(...steps.map(([by]) => by)),
  onto?: MembershipState,
): { entries: Uint8Array[]; state: MembershipState } {
  const entries: Uint8Array[] = [];
  let state = onto;
  for (const [by, content] of steps) {
    const entry = craftMembership(state, by, content);
    entries.push(entry);
    state = applyMembershipEntry(state, entry, chains);
  }
  if (state === undefined) throw new TypeError("a history without steps");
  return { entries, state };
}
