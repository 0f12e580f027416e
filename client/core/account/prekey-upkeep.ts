import {
  createLastResortPrekey,
  createOneTimePrekey,
  createSignedPrekey,
  type PrekeyInput,
  ready,
} from "../../../keys/index.ts";
import { NetError } from "../../net/net-error.ts";
import type { RelayConnection, RelayStream } from "../../net/relay-connection.ts";
import { readCounter, setCounter } from "../../store/counters.ts";
import { transact } from "../../store/database.ts";
import { forgetKeys } from "../../store/idempotency-keys.ts";
import {
  addPrekey,
  deleteReplacedPrekeys,
  markPublished,
  newestPrekey,
  nextPrekeyId,
  replaceOlderPrekeys,
  unpublishedPrekeys,
} from "../../store/prekeys.ts";
import { forgetSeenSessions } from "../../store/sessions.ts";
import { ownDeviceKeys } from "../people/account-chains.ts";
import type { Profile } from "../profile.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
/** SPEC §3.2: signed and last-resort prekeys are replaced weekly, their private halves kept for a month. */
const ROTATE_AFTER_MS = 7 * DAY_MS;
const KEEP_REPLACED_MS = 30 * DAY_MS;
/** At least; longer where a last-resort key of then is still kept, so that no set-up can be played again. */
const REMEMBER_SESSIONS_MS = 60 * DAY_MS;
const ONE_TIME_PAIRS = 100;
const REFILL_BELOW = 30;
/** Idempotency keys are promised for 30 days. */
const KEEP_KEYS_MS = 45 * DAY_MS;
/** A clock that is further off than this from the relay's ages nothing: not what is kept, nor what is renewed. */
const CLOCK_OFF_MS = DAY_MS;
/** Another process that began upkeep is left to it for so long. */
const CLAIM_MS = 60_000;

/**
 * Makes what is due: signed and last-resort prekeys that are missing or a week old, and one-time pairs up to 100 when
 * the relay has fewer than 30 left. In one transaction, so that no prekey is published whose secret could be lost.
 */
export async function makePrekeys(
  profile: Profile,
  oneTimeLeft = 0,
  { isClockRight = true } = {},
): Promise<void> {
  await ready();
  const { db, runtime } = profile;
  const now = runtime.now();
  transact(db, () => {
    for (const kind of ["signed", "last_resort"] as const) {
      const newest = newestPrekey(db, kind);
      if (newest === undefined || (isClockRight && isOld(newest, now))) replace(profile, kind, now);
    }
    const held = oneTimeLeft + unpublishedPrekeys(db).filter(({ kind }) => kind === "one_time").length;
    if (held < REFILL_BELOW) {
      for (let count = held; count < ONE_TIME_PAIRS; count += 1) {
        addPrekey(db, createOneTimePrekey(prekeyInput(profile, nextPrekeyId(db, "one_time"), now)), now);
      }
    }
    if (!isClockRight) return;
    deleteReplacedPrekeys(db, now - KEEP_REPLACED_MS);
    forgetSeenSessions(db, now - REMEMBER_SESSIONS_MS);
  });
}

/** Those of a clock that was ahead, and was put right, count as old: otherwise they would stay until then. */
function isOld({ createdAt }: { readonly createdAt: number }, now: number): boolean {
  return createdAt <= now - ROTATE_AFTER_MS || createdAt > now + CLOCK_OFF_MS;
}

function replace(profile: Profile, kind: "signed" | "last_resort", now: number): void {
  const { db } = profile;
  const input = prekeyInput(profile, nextPrekeyId(db, kind), now);
  addPrekey(db, kind === "signed" ? createSignedPrekey(input) : createLastResortPrekey(input), now);
  replaceOlderPrekeys(db, kind, input.id, now);
}

/** The signed and the last-resort prekey anew, however young they are. */
export function replacePrekeys(profile: Profile): void {
  transact(profile.db, () => {
    for (const kind of ["signed", "last_resort"] as const) replace(profile, kind, profile.runtime.now());
  });
}

function prekeyInput(profile: Profile, id: number, now: number): PrekeyInput {
  const { identity, runtime } = profile;
  return {
    accountId: identity.accountId,
    device: ownDeviceKeys(profile),
    id,
    createdAt: now,
    random: runtime.random,
  };
}

/**
 * Publishes whatever the relay does not have yet. Safe to repeat. Where another state of this profile has published pairs
 * (`pairs_stale`), those are dropped at the relay: their private halves are not here.
 */
export async function publishPrekeys(profile: Profile, connection: RelayConnection): Promise<void> {
  for (;;) {
    const waiting = unpublishedPrekeys(profile.db);
    if (waiting.length === 0) return;
    const oneTime = waiting.filter(({ kind }) => kind === "one_time").slice(0, ONE_TIME_PAIRS);
    const signed = waiting.find(({ kind }) => kind === "signed");
    const lastResort = waiting.find(({ kind }) => kind === "last_resort");
    const replacePairs = readCounter(profile.db, "pairs_stale") > 0;
    await connection.publishPrekeys({
      replacePairs,
      signedPrekey: signed?.published ?? new Uint8Array(),
      lastResortPrekey: lastResort?.published ?? new Uint8Array(),
      oneTimePrekeys: oneTime.map(({ published }) => published),
    });
    const published = [...oneTime, signed, lastResort].filter((each) => each !== undefined);
    transact(profile.db, () => {
      markPublished(profile.db, published);
      if (replacePairs) setCounter(profile.db, "pairs_stale", 0);
    });
  }
}

/**
 * What a connected process does now and then, after the relay's Welcome. Nearly always nothing. A relay that will not take
 * prekeys now is asked again later: nobody who sends or reads has to hear of it. A clock that the relay's contradicts by a
 * day makes nothing old; a relay that lies about its own keeps what others refuse after 60 days (SPEC §3.3) in use.
 */
export async function upkeepPrekeys(
  profile: Profile,
  connection: RelayConnection,
  { now: relayNow, oneTimePrekeysLeft: oneTimeLeft }: RelayStream["welcome"],
): Promise<void> {
  const { db, runtime } = profile;
  const now = runtime.now();
  const isClockRight = Math.abs(now - Number(relayNow)) < CLOCK_OFF_MS;
  if (!isDue(profile, oneTimeLeft, isClockRight)) return;
  const isOurs = transact(db, () => {
    if (Math.abs(now - readCounter(db, "prekey_upkeep")) < CLAIM_MS) return false;
    setCounter(db, "prekey_upkeep", now);
    if (isClockRight) forgetKeys(db, now - KEEP_KEYS_MS);
    return true;
  });
  if (!isOurs) return;
  await makePrekeys(profile, oneTimeLeft, { isClockRight });
  try {
    await publishPrekeys(profile, connection);
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
  }
}

function isDue({ db, runtime }: Profile, oneTimeLeft: number, isClockRight: boolean): boolean {
  if (oneTimeLeft < REFILL_BELOW || unpublishedPrekeys(db).length > 0) return true;
  const now = runtime.now();
  return (["signed", "last_resort"] as const).some((kind) => {
    const newest = newestPrekey(db, kind);
    return newest === undefined || (isClockRight && isOld(newest, now));
  });
}
