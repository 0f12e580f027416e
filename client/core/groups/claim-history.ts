// Who hands the latest messages on to a newcomer where the policy says so unasked: of the members whose programs run, the
// one whose offer (`HistoryClaim`) comes first in the log.
import { setTimeout as sleep } from "node:timers/promises";
import {
  type AccountId,
  type DeviceAddress,
  equal,
  type MembershipEntry,
  type MembershipState,
  mayPost,
  memberOf,
} from "../../../keys/index.ts";
import { readConversation, type StoredConversation } from "../../store/conversations.ts";
import { changeMarker, snapshot, transact } from "../../store/database.ts";
import { type Join, openJoins, saveJoin, setClaim, settleJoin, settleOwn } from "../../store/joins.ts";
import { firstLogHash } from "../../store/log-hashes.ts";
import { shareableBefore } from "../../store/shared-messages.ts";
import type { StagedRow } from "../../store/staged-rows.ts";
import { nextChange } from "../../store/watch-database.ts";
import { queueControl } from "../outbox/queue-silent.ts";
import { slotsOf } from "../people/rosters.ts";
import type { Profile } from "../profile.ts";
import { membershipOf } from "./memberships.ts";
import { queueHistory } from "./queue-history.ts";

/** How many messages a newcomer gets unasked. */
const MESSAGES = 10;
const MAX_AGE_MS = 24 * 60 * 60 * 1000;
/** Each device waits for those before it to offer. */
const TURN_MS = 2_000;
const LAST_TURN = 8;
/** A program that runs only for a moment lets those that go on be first. */
const LEFT_TO_OTHERS_MS = 20_000;
const LOOK_EVERY_MS = 500;

/** Somebody has come in. Inside a transaction. */
export function noteJoin(
  { db, identity, runtime }: Profile,
  { conversation }: StoredConversation,
  { sequence, storedAt }: Pick<StagedRow, "sequence" | "storedAt">,
  entry: MembershipEntry,
): void {
  const { accountId } = entry.signer;
  if (equal(accountId, identity.accountId)) return;
  const seenAt = runtime.now();
  const joinedAt = Math.min(storedAt, seenAt);
  saveJoin(db, { conversation, accountId, entry: entry.sequence, sequence, joinedAt, seenAt });
}

/** A member has offered to share: nobody else does. Inside a transaction. */
export function noteClaim({ db }: Profile, { conversation }: StoredConversation, join: bigint): void {
  if (join <= BigInt(Number.MAX_SAFE_INTEGER)) settleJoin(db, conversation, Number(join));
}

/** An own message has come to its place in the log: if it is an offer, and the first, it is kept. Inside a transaction. */
export function keepOwnClaim(profile: Profile, stored: StoredConversation, position: number): void {
  const join = settleOwn(profile.db, position);
  if (join === undefined) return;
  const state = membershipOf(profile, stored);
  if (state === undefined || memberOf(state, join.accountId) === undefined) return;
  queueHistory(
    profile,
    stored,
    join.accountId,
    shareableBefore(profile.db, stored.conversation, join.sequence, MESSAGES),
  );
}

/** Accounts of which it is known that somebody is there. */
type Online = (conversation: number) => readonly AccountId[];

/**
 * Queues the offers that are due: while `live` each device in its turn, `once` when those that are live had their time.
 * Returns the conversations they are in; the answer to an offer is its place in the log.
 */
export function claimHistories(
  profile: Profile,
  program: "live" | "once",
  online: Online = () => [],
): number[] {
  const { db, runtime } = profile;
  const now = runtime.now();
  const due = () =>
    openJoins(db, now - MAX_AGE_MS).filter((join) => {
      const turn = turnFor(profile, join, online);
      if (turn === undefined) return false;
      return now >= (program === "live" ? join.seenAt + turn * TURN_MS : join.joinedAt + LEFT_TO_OTHERS_MS);
    });
  // It is asked often, and mostly there is nothing to write.
  if (snapshot(db, due).length === 0) return [];
  return transact(db, () => {
    const joins = due();
    for (const join of joins) {
      const value = { join: BigInt(join.entry) };
      setClaim(db, join, queueControl(profile, join.conversation, { case: "historyClaim", value }, now));
    }
    return joins.map(({ conversation }) => conversation);
  });
}

/** How many go first; undefined when it is not for this device to offer. */
function turnFor(profile: Profile, join: Join, online: Online): number | undefined {
  const { db, identity } = profile;
  const { conversation, sequence } = join;
  const stored = readConversation(db, conversation);
  const state = membershipOf(profile, stored);
  if (stored.standing !== "member" || state === undefined || !mayShare(profile, state, join))
    return undefined;
  const found = shareableBefore(db, conversation, sequence, MESSAGES).length;
  if (found === 0) return undefined;
  const devices = slotsOf(profile, stored).filter(({ accountId }) => !equal(accountId, join.accountId));
  const isOwn = ({ deviceId }: DeviceAddress) => equal(deviceId, identity.deviceId);
  const there = online(conversation);
  const isThere = ({ accountId }: DeviceAddress) => there.some((account) => equal(account, accountId));
  const live = devices.filter((device) => isOwn(device) || isThere(device));
  const place = (live.length > 1 ? live : devices).findIndex(isOwn);
  // Who came late himself has less to share than others may have.
  const hasLess = found < MESSAGES && firstLogHash(db, conversation, stored.generation) > 0;
  return Math.min(Math.max(place, 0), LAST_TURN) + (hasLess ? LAST_TURN : 0);
}

function mayShare({ identity }: Profile, state: MembershipState, { accountId }: Join): boolean {
  const isAutomatic = state.policy.history === "automatic";
  return isAutomatic && memberOf(state, accountId) !== undefined && mayPost(state, identity.accountId);
}

/** Offers for as long as the live stream lasts; `send` sends what is queued. */
export async function claimWhileLive(
  profile: Profile,
  send: () => Promise<unknown>,
  ending: AbortSignal,
  online?: Online,
): Promise<void> {
  const { db, runtime } = profile;
  while (!ending.aborted) {
    const marker = changeMarker(db);
    if (claimHistories(profile, "live", online).length > 0) await send();
    // Whose turn it is depends also on who is there, which is not in the database.
    const isAwaited = openJoins(db, runtime.now() - MAX_AGE_MS).length > 0;
    if (isAwaited) await sleep(LOOK_EVERY_MS, undefined, { signal: ending }).catch(() => undefined);
    else await nextChange(db, marker, { signal: ending });
  }
}
