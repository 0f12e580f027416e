// Once a relay says that it was put back, everything that follows from it is done before anything else is asked of it.
import { equal } from "../../../keys/index.ts";
import { NetError } from "../../net/net-error.ts";
import type {
  Conversation,
  RelayConnection,
  RelayStream,
  StreamOptions,
} from "../../net/relay-connection.ts";
import { readAccountEntries } from "../../store/accounts.ts";
import { findConversation, readConversation, readConversations } from "../../store/conversations.ts";
import { readCounter, setCounter } from "../../store/counters.ts";
import { transact } from "../../store/database.ts";
import { readKeptEntry } from "../../store/kept-entries.ts";
import { ChatError } from "../chat-error.ts";
import { type HeldLogs, heldLogs, noteLog } from "../conversations/conversations.ts";
import { membershipOf } from "../groups/memberships.ts";
import { openWaiting } from "../groups/open-staged.ts";
import { showReady } from "../inbox/show-opened.ts";
import { record } from "../people/security.ts";
import type { Profile } from "../profile.ts";

/** A direct conversation that the relay has lost as a whole is opened anew; the newest ones at once. */
const MAX_OPENED_ANEW = 100;

/** Opens a stream that may be used: what the relay has lost is known. */
export async function openKnowingly(
  profile: Profile,
  connection: RelayConnection,
  options: StreamOptions,
): Promise<RelayStream> {
  const known = readCounter(profile.db, "relay_restored");
  const stream = await connection.openStream({ ...options, restoredKnown: BigInt(known) });
  const { restoredAt, lapsedAt } = stream.welcome;
  noteLapse(profile, lapsedAt);
  if (restoredAt <= BigInt(known) || restoredAt > BigInt(Number.MAX_SAFE_INTEGER)) return stream;
  try {
    await takeRestored(profile, connection, stream.heads);
    setCounter(profile.db, "relay_restored", Number(restoredAt));
  } catch (error) {
    await stream.close();
    throw error;
  }
  return stream;
}

/** This device was away for so long that nothing was sealed for it any more. Once for each time. */
function noteLapse(profile: Profile, lapsedAt: bigint): void {
  const at = Number(lapsedAt);
  if (at <= readCounter(profile.db, "lapse_told") || !Number.isSafeInteger(at)) return;
  transact(profile.db, () => {
    setCounter(profile.db, "lapse_told", at);
    const day = new Date(at).toISOString().slice(0, 10);
    record(profile, "note", {
      kind: "device_lapsed",
      text: `This device was silent for so long that from ${day} on nothing was sent to it. From now on it gets everything again.`,
      evidence: { at },
    });
  });
}

async function takeRestored(
  profile: Profile,
  connection: RelayConnection,
  heads: readonly Conversation[],
): Promise<void> {
  // What came before is opened before its places are given to others.
  openWaiting(profile, new Set());
  showReady(profile);
  await giveBackOwnChain(profile, connection);
  const held = heldLogs(profile);
  for (const head of heads) {
    const stored = findConversation(profile.db, head.conversationId);
    if (stored?.log === undefined) continue;
    guarded(() => noteLog(profile, stored.conversation, head, held));
    await giveBackEntries(profile, connection, stored.conversation, head);
  }
  await openLost(profile, connection, heads, held);
}

/** An alarm is in the profile; the other conversations go on. */
function guarded(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof ChatError) || error.code !== "security_stop") throw error;
  }
}

/** Devices that were added and revoked since: what this account has signed holds, whatever the relay remembers. */
async function giveBackOwnChain(profile: Profile, connection: RelayConnection): Promise<void> {
  const { accountId } = profile.identity;
  const own = readAccountEntries(profile.db, accountId);
  const [chain] = await connection.getAccountChains([{ accountId, entriesHeld: 0n }]);
  const shown = chain?.entries.length ?? 0;
  if (shown === 0) return;
  for (const entry of own.slice(shown)) {
    if (!(await isTaken(connection.appendAccountEntry(entry)))) return;
  }
}

/** Signed changes of a group's members: whoever has them gives them again, in their order. */
async function giveBackEntries(
  profile: Profile,
  connection: RelayConnection,
  conversation: number,
  { membership }: Conversation,
): Promise<void> {
  const held = membershipOf(profile, readConversation(profile.db, conversation));
  if (held === undefined || membership === undefined) return;
  for (let at = Number(membership.sequence) + 1; at <= held.head.sequence; at += 1) {
    const entry = readKeptEntry(profile.db, conversation, at);
    if (entry === undefined || !(await isTaken(connection.appendMembershipEntry(entry)))) return;
  }
}

/** False: refused. Another device was quicker, or will be; what is wrong with it shows in the log. */
async function isTaken(given: Promise<unknown>): Promise<boolean> {
  try {
    await given;
    return true;
  } catch (error) {
    if (error instanceof NetError && error.code === "refused") return false;
    throw error;
  }
}

/** Conversations that began after the state that was put back. */
async function openLost(
  profile: Profile,
  connection: RelayConnection,
  heads: readonly Conversation[],
  held: HeldLogs,
): Promise<void> {
  const lost = readConversations(profile.db).filter(
    ({ kind, log, conversationId: id }) =>
      (kind === "dm" || kind === "self") &&
      log !== undefined &&
      log.head.sequence > 0 &&
      !heads.some(({ conversationId }) => id !== undefined && equal(conversationId, id)),
  );
  for (const { conversation, peerAccount, kind } of lost.slice(-MAX_OPENED_ANEW)) {
    const account = kind === "self" ? profile.identity.accountId : peerAccount;
    if (account === undefined) continue;
    try {
      const opened = await connection.openDirect(account);
      guarded(() => noteLog(profile, conversation, opened.conversation, held));
    } catch (error) {
      // Whoever is no longer, or not again, at the relay.
      if (!(error instanceof NetError) || error.code !== "refused") throw error;
    }
  }
}
