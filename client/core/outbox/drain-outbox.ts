import { ready } from "../../../keys/index.ts";
import { NetError } from "../../net/net-error.ts";
import type { Conversation, RelayConnection, RelayStream } from "../../net/relay-connection.ts";
import { findConversation, nameRoster } from "../../store/conversations.ts";
import { transact } from "../../store/database.ts";
import { holding, takeLock } from "../../store/lock.ts";
import { hasIntents } from "../../store/outbox.ts";
import { upkeepPrekeys } from "../account/prekey-upkeep.ts";
import { isCount } from "../conversations/conversations.ts";
import type { Profile } from "../profile.ts";
import { noticeOlderCopy } from "../restored-profile/notice-older-copy.ts";
import { submitOutbox } from "./submit-outbox.ts";

export type Connect = () => Promise<RelayConnection>;

/** The holder touches the lock while it works; one that does not is suspended, and others go on without it. */
const TOUCH_EVERY_S = 1;
const SUSPENDED_AFTER_MS = 5_000;
/** A stream that breaks in the middle is opened again this often before the relay counts as unreachable. */
const MAX_BREAKS = 2;

/**
 * Seals and submits everything that is queued, in order, over a connection of its own; what cannot be sent for good
 * becomes `failed`. False: another process is at it. Rejects with NetError when the relay cannot be reached or asks to
 * wait, with ChatError `signed_out`; everything not sent stays queued.
 */
export async function drainOutbox(
  profile: Profile,
  connect: Connect,
  options: { signal?: AbortSignal } = {},
): Promise<boolean> {
  return withDrainLock(profile, async () => {
    await ready();
    for (let breaks = 0; hasIntents(profile.db, profile.runtime.now()); breaks += 1) {
      const connection = await connect();
      let isOpen = false;
      try {
        const stream = await connection.openStream({ live: false, lease: 0n });
        isOpen = true;
        await drainOver(profile, connection, stream, options.signal);
        return;
      } catch (error) {
        const mayGoOn = isOpen && isBreak(error) && breaks < MAX_BREAKS;
        if (!mayGoOn || options.signal?.aborted === true) throw error;
      } finally {
        connection.close();
      }
    }
  });
}

/** The same over a connection that is there. */
export async function drainThrough(
  profile: Profile,
  connection: RelayConnection,
  stream: RelayStream,
  signal?: AbortSignal,
): Promise<boolean> {
  return withDrainLock(profile, async () => {
    noteRosters(profile, stream.heads);
    await noticeOlderCopy(profile, connection, stream);
    await submitOutbox(profile, connection, stream, signal);
  });
}

async function drainOver(
  profile: Profile,
  connection: RelayConnection,
  stream: RelayStream,
  signal?: AbortSignal,
): Promise<void> {
  try {
    noteRosters(profile, stream.heads);
    await noticeOlderCopy(profile, connection, stream);
    await submitOutbox(profile, connection, stream, signal);
    await upkeepPrekeys(profile, connection, stream.welcome);
  } finally {
    // Every answer is in: the process need not wait for the relay to hang up too.
    void stream.close();
  }
}

/** Who has joined since the log was last fetched gets what is sent now, too. */
export function noteRosters(profile: Profile, heads: readonly Conversation[]): void {
  transact(profile.db, () => {
    for (const { conversationId, rosterVersion } of heads) {
      const known = findConversation(profile.db, conversationId)?.conversation;
      if (known !== undefined && isCount(rosterVersion)) {
        nameRoster(profile.db, known, Number(rosterVersion));
      }
    }
  });
}

/** The stream ended, but the relay was there: tokens run out, relays restart. */
function isBreak(error: unknown): boolean {
  if (!(error instanceof NetError)) return false;
  if (error.code === "unreachable") return true;
  return error.reason === "token_expired" || error.reason === "relay_unavailable";
}

/**
 * One process at a time seals and submits. The lock saves work and keeps the order; every step is safe without it,
 * for it is a transaction that reads anew or an identical submit.
 */
async function withDrainLock(profile: Profile, work: () => Promise<void>): Promise<boolean> {
  const lock = takeLock(profile.paths.drainLock, SUSPENDED_AFTER_MS);
  if (lock === undefined) return false;
  await holding(lock, TOUCH_EVERY_S, work);
  return true;
}
