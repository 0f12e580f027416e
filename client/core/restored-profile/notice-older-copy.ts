// A profile that was copied, or put back to an older state, must not go on as if nothing had happened: its later state
// has used keys and numbers that it would use again. It is noticed by its place on the machine, by the relay, which knows
// how far this device had come, and by messages of this device that are not here.
import { realpathSync, statSync } from "node:fs";
import { hostname } from "node:os";
import type { RelayConnection, RelayStream } from "../../net/relay-connection.ts";
import { readConversations, sumOpened } from "../../store/conversations.ts";
import { readCounter, setCounter } from "../../store/counters.ts";
import { transact } from "../../store/database.ts";
import { type Place, readPlace, savePlace } from "../../store/place.ts";
import { heldLogs, wasLost } from "../conversations/conversations.ts";
import { Inbox } from "../inbox/inbox.ts";
import type { Profile, ProfilePaths } from "../profile.ts";
import { publishFreshPrekeys, renewKeys } from "./renew-keys.ts";
import { missesOwnRows } from "./unknown-rows.ts";

/** On these it was looked at already: what Welcome says does not change. */
const looked = new WeakSet<RelayStream>();
/** More is no number of messages. */
const MAX_ELSEWHERE = 1n << 48n;

/**
 * Before anything is sealed. Nearly always this is a look at the file and a sum. Otherwise the sessions are set up anew,
 * the logs brought to their heads, and the prekeys published again.
 */
export async function noticeOlderCopy(
  profile: Profile,
  connection: RelayConnection,
  stream: RelayStream,
): Promise<void> {
  const { db } = profile;
  if (looked.has(stream) && !missesOwnRows(profile)) return;
  looked.add(stream);
  const place = placeOf(profile.paths);
  const known = readPlace(db);
  if (known === undefined) transact(db, () => savePlace(db, place));
  const isMoved = known !== undefined && known.inode !== place.inode;
  const isBehind = hasBeenFurther(profile, stream.welcome.acknowledged);
  if (!isMoved && !isBehind && !missesOwnRows(profile)) return;

  const isCopy = isMoved && (known.folder !== place.folder || known.host !== place.host);
  let isRenewed = (isCopy || isBehind || missesOwnRows(profile)) && renewKeys(profile, { place });
  if (isMoved || isBehind || isRenewed) await bringAllToHead(profile, connection, stream);
  noteElsewhere(profile, stream.welcome.acknowledged);
  // What only came to light by that.
  if (missesOwnRows(profile)) isRenewed = renewKeys(profile, { place }) || isRenewed;
  if (isMoved) transact(db, () => savePlace(db, place));
  if (isRenewed) await publishFreshPrekeys(profile, connection);
}

/** Whether the profile's file lies where it lay when it was last used. Undefined: it was not used yet. */
export function isInItsPlace(profile: Profile): boolean | undefined {
  const known = readPlace(profile.db);
  return known && known.inode === placeOf(profile.paths).inode;
}

/** Whether this device has acknowledged more than this profile has of it. */
export function hasBeenFurther({ db }: Profile, acknowledged: bigint): boolean {
  const elsewhere = readCounter(db, "acknowledged_elsewhere");
  if (acknowledged <= BigInt(sumOpened(db) + elsewhere)) return false;
  // A relay that lost a log begins to count anew, as this profile does, but perhaps not at the same moment.
  return !readConversations(db).some(wasLost);
}

/**
 * What remains when every log is at its head is of conversations that began in the other state: they are not known here
 * before somebody writes in them again, and are no news until then.
 */
function noteElsewhere({ db }: Profile, acknowledged: bigint): void {
  const surplus = acknowledged - BigInt(sumOpened(db));
  const counted = surplus > 0n && surplus < MAX_ELSEWHERE ? Number(surplus) : 0;
  transact(db, () => setCounter(db, "acknowledged_elsewhere", counted));
}

async function bringAllToHead(
  profile: Profile,
  connection: RelayConnection,
  stream: RelayStream,
): Promise<void> {
  const inbox = new Inbox(profile, connection, stream, heldLogs(profile));
  await inbox.learn(stream.heads);
  for (const { conversation, standing } of readConversations(profile.db)) {
    if (standing === "member") await inbox.bringToHead(conversation);
  }
}

/** An inode tells two copies on one machine apart; folder and host, whether it can be the same file at all. */
function placeOf({ database, folder }: ProfilePaths): Place {
  const { ino } = statSync(database, { bigint: true });
  return { inode: ino.toString(), folder: realpathSync(folder), host: hostname() };
}
