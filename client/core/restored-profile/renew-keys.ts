import type { RelayConnection } from "../../net/relay-connection.ts";
import { forgetEphemeralKeys, readConversations } from "../../store/conversations.ts";
import { readCounter, setCounter } from "../../store/counters.ts";
import { transact } from "../../store/database.ts";
import { type Place, savePlace } from "../../store/place.ts";
import { skipPrekeyIds } from "../../store/prekeys.ts";
import { readDevicesWithSession, retireSessions } from "../../store/sessions.ts";
import { makePrekeys, publishPrekeys, replacePrekeys } from "../account/prekey-upkeep.ts";
import { queueSilent } from "../outbox/queue-silent.ts";
import { askOwnDevices } from "../own-devices/tell.ts";
import { record } from "../people/security.ts";
import { mayAnswer } from "../people/standing.ts";
import type { Profile } from "../profile.ts";

/** A relay that makes a profile believe it is an old one costs it no more than this. */
const RENEW_EVERY_MS = 60 * 60 * 1000;
/** Others learn of the new sessions with the next message; the latest of them at once. */
const MAX_TOLD = 32;

/**
 * No session is sealed with any more, signed and last-resort prekeys are made anew with ids that were never given out,
 * and ephemeral keys are dropped. False: that was done within the last hour.
 */
export function renewKeys(profile: Profile, { place }: { place: Place }): boolean {
  const { db, runtime } = profile;
  return transact(db, () => {
    const now = runtime.now();
    setCounter(db, "own_rows_unknown", 0);
    if (Math.abs(now - readCounter(db, "keys_renewed")) < RENEW_EVERY_MS) return false;
    setCounter(db, "keys_renewed", now);
    savePlace(db, place);
    retireSessions(db);
    forgetEphemeralKeys(db);
    for (const kind of ["signed", "last_resort", "one_time"] as const) skipPrekeyIds(db, kind, leap(profile));
    replacePrekeys(profile);
    setCounter(db, "pairs_stale", 1);
    tellOfSessions(profile);
    askOwnDevices(profile);
    record(profile, "note", {
      kind: "profile_restored",
      text: "This profile was copied, or put back to an older state. It goes on with fresh keys; what its other state has sent and received may not be readable here.",
      evidence: { at: now },
    });
    return true;
  });
}

/** Two restores of one backup do not leap equally far. */
function leap({ runtime }: Profile): number {
  const [a = 0, b = 0, c = 0] = runtime.random(3);
  return 1_000 + a * 65_536 + b * 256 + c;
}

/** What they seal until they have heard of it, they seal for a state that is gone. */
function tellOfSessions(profile: Profile): void {
  const direct = readConversations(profile.db)
    .filter((stored) => stored.log !== undefined && stored.kind === "dm")
    .filter((stored) => stored.peerAccount && mayAnswer(profile, stored, stored.peerAccount))
    .slice(-MAX_TOLD);
  for (const { conversation, peerAccount } of direct) {
    const devices = peerAccount === undefined ? [] : readDevicesWithSession(profile.db, peerAccount);
    for (const device of devices) queueSilent(profile, conversation, "renewal", device);
  }
}

/** The relay hands out pairs whose private halves only the other state has; with these it has others to hand out. */
export async function publishFreshPrekeys(profile: Profile, connection: RelayConnection): Promise<void> {
  await makePrekeys(profile);
  await publishPrekeys(profile, connection);
}
