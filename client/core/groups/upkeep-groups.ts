// What the programs of members do for a group unasked, so that its membership stays short to verify and closed to devices
// that are gone.
import {
  type AccountId,
  activeAt,
  type ChainState,
  checkpointOf,
  equal,
  findDevice,
  type MembershipContent,
  type MembershipState,
  memberOf,
} from "../../../keys/index.ts";
import { NetError } from "../../net/net-error.ts";
import type { RelayConnection } from "../../net/relay-connection.ts";
import { readConversations } from "../../store/conversations.ts";
import { readCounter, setCounter } from "../../store/counters.ts";
import { transact } from "../../store/database.ts";
import { ChatError } from "../chat-error.ts";
import { ownChain } from "../people/account-chains.ts";
import type { Profile } from "../profile.ts";
import { appendEntry, signEntry } from "./change-membership.ts";
import { membershipOf } from "./memberships.ts";

/** A newcomer verifies what follows the newest checkpoint one by one. */
const CHECKPOINT_EVERY = 1_000;
/** In one group, whatever became of the last time. */
const ATTEMPT_EVERY_MS = 60 * 60 * 1000;

/**
 * Signs what is due in the groups that this account is in, on top of what has come in. Nearly always nothing. Whoever else
 * was quicker has done it or changed something: what is due then is seen another time. Nobody who sends or reads has to hear
 * of a relay that refuses.
 */
export async function upkeepGroups(profile: Profile, connection: RelayConnection): Promise<void> {
  for (const stored of readConversations(profile.db)) {
    const state = stored.standing === "member" ? membershipOf(profile, stored) : undefined;
    const content = state && dueEntry(profile, state);
    if (content === undefined || !isOurs(profile, stored.conversation, content)) continue;
    try {
      await appendEntry(connection, signEntry(profile, state, content));
    } catch (error) {
      if (!(error instanceof NetError) && !(error instanceof ChatError)) throw error;
    }
  }
}

function dueEntry(profile: Profile, state: MembershipState): MembershipContent | undefined {
  const own = profile.identity.accountId;
  const member = memberOf(state, own);
  if (member === undefined) return undefined;
  if (isOpenToRevoked(ownChain(profile), member.head)) return { type: "rekey" };
  const isLong = state.head.sequence - state.checkpoint.sequence >= CHECKPOINT_EVERY;
  return isLong && mayCheckpoint(state, own) ? checkpointOf(state) : undefined;
}

/** Whether a device that was removed since could still sign at the head that the group holds the account to, SPEC §8.4. */
function isOpenToRevoked(chain: ChainState, anchored: number): boolean {
  return chain.formerAndActive.some(
    ({ deviceId }) =>
      activeAt(chain, anchored, deviceId) !== undefined && findDevice(chain, deviceId) === undefined,
  );
}

/** SPEC §8.5: an owner now, and at the checkpoint before. */
function mayCheckpoint(state: MembershipState, own: AccountId): boolean {
  return memberOf(state, own)?.role === "owner" && state.checkpoint.owners.some((owner) => equal(owner, own));
}

/** A device that is gone is closed out at once, however lately there was another. */
function isOurs(profile: Profile, conversation: number, { type }: MembershipContent): boolean {
  const { db, runtime } = profile;
  return transact(db, () => {
    const now = runtime.now();
    const { sequence } = ownChain(profile).head;
    const isNew = type === "rekey" && sequence > readCounter(db, `group_rekeyed_${conversation}`);
    const isSoon = Math.abs(now - readCounter(db, `group_upkeep_${conversation}`)) < ATTEMPT_EVERY_MS;
    if (isSoon && !isNew) return false;
    if (type === "rekey") setCounter(db, `group_rekeyed_${conversation}`, sequence);
    setCounter(db, `group_upkeep_${conversation}`, now);
    return true;
  });
}
