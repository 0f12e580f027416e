// The relay says that its database was put back to an older state, and where each log was cut. That is believed only if
// the log up to the cut is the one that is here: nothing of the past can be changed that way. What was behind the cut
// stays here; what this device had sent there goes out again.
import {
  type AccountId,
  equal,
  type Hash,
  hash,
  incarnation,
  type LogHead,
  type MessageId,
} from "../../../keys/index.ts";
import type { Conversation } from "../../net/relay-connection.ts";
import { annotationsOf } from "../../store/annotations.ts";
import { setAudiencesApart } from "../../store/audiences.ts";
import type { StoredConversation } from "../../store/conversations.ts";
import { keepHeads } from "../../store/heads-in-logs.ts";
import { firstLogHash, readLogHashes, saveLogHash } from "../../store/log-hashes.ts";
import { findMessage } from "../../store/messages.ts";
import { addIntent, placeBefore } from "../../store/outbox.ts";
import { continueLog, cutBehind, findLostChange, readLost, unsend } from "../../store/restored-logs.ts";
import { namedAmong } from "../messages/named-members.ts";
import { encodeChange, encodeContent } from "../outbox/encode-content.ts";
import { record } from "../people/security.ts";
import type { Profile } from "../profile.ts";

/** As long as relays keep messages: what is older would come as a stub. */
const RESENT_MS = 30 * 24 * 3_600_000;

export function wasPutBack({ restoredHash, restoredSequence }: Conversation): boolean {
  return restoredHash.length === 32 && restoredSequence <= BigInt(Number.MAX_SAFE_INTEGER);
}

/**
 * Goes on with a log that was cut. False: it is not the log that is here. Inside a transaction; what was staged and can
 * be opened must have been.
 */
export function continueRestored(
  profile: Profile,
  stored: StoredConversation,
  shown: Conversation,
  members: () => readonly AccountId[],
): boolean {
  const { db, identity, runtime } = profile;
  const { conversation, log } = stored;
  if (log === undefined) return false;
  const cut: LogHead = { sequence: Number(shown.restoredSequence), hash: hash(shown.restoredHash) };
  // Of an earlier incarnation as well: what was seen once is compared for ever.
  const seen = readLogHashes(db, conversation, cut.sequence);
  const isNewer = seen.length === 0 && firstLogHash(db, conversation, stored.generation) > cut.sequence;
  const head = isNewer ? startShown(shown) : headAtCut(log.head, cut, seen);
  if (head === undefined) return false;
  // Even where this device has not come so far: what it sent itself the relay may have promised behind the cut.
  cutBehind(db, conversation, isNewer ? head.sequence : cut.sequence, identity.deviceId);
  setAudiencesApart(db, conversation);
  const generation = continueLog(db, conversation, incarnation(shown.incarnation), head);
  saveLogHash(db, conversation, generation, head);
  keepHeads(db, conversation, generation, head.sequence);
  const again = sendLostAgain(profile, stored, isNewer ? 0 : cut.sequence, members);
  record(profile, "note", {
    kind: "relay_restored",
    text: whatHappened(again),
    evidence: { at: Math.floor(runtime.now() / 3_600_000) },
  });
  return true;
}

/**
 * This device has come into the group behind the cut: all that it ever saw of the log is lost. It begins where its
 * account's join stands now; that the entries are those that it has is checked row by row.
 */
function startShown({ start, startHash }: Conversation): LogHead | undefined {
  if (startHash.length !== 32) return undefined;
  return { sequence: Number(start), hash: hash(startHash) };
}

/** Where this device goes on: at the cut, or before it when it has not come so far. */
function headAtCut(head: LogHead, cut: LogHead, seen: readonly Hash[]): LogHead | undefined {
  if (head.sequence < cut.sequence) return head;
  return seen.some((known) => equal(known, cut.hash)) ? cut : undefined;
}

/** Before all that waits there. Returns how many messages that somebody wrote. Inside a transaction. */
export function sendLostAgain(
  profile: Profile,
  stored: StoredConversation,
  cut: number,
  members: () => readonly AccountId[],
): number {
  const { db, identity, runtime } = profile;
  const { conversation } = stored;
  const since = runtime.now() - RESENT_MS;
  const allLost = readLost(db, conversation, identity.deviceId, { cut, since });
  if (allLost.length === 0) return 0;
  let written = 0;
  placeBefore(db, conversation, () => {
    for (const lost of allLost) {
      const body = lost.isSilent ? changeOf(profile, stored, lost.messageId, members) : undefined;
      // Receipts and the like are reckoned anew by themselves.
      if (lost.isSilent && body === undefined) continue;
      unsend(db, lost.position, body);
      const purpose = lost.isSilent ? "control" : "message";
      addIntent(db, { conversation, position: lost.position, purpose });
      if (!lost.isSilent) written += 1;
    }
  });
  return written;
}

/** The edit, vote or the like that a message carried, unless it was outdone since. */
function changeOf(
  profile: Profile,
  { conversation }: StoredConversation,
  carrier: MessageId,
  members: () => readonly AccountId[],
): Uint8Array | undefined {
  const { db, identity } = profile;
  const lost = findLostChange(db, identity.deviceId, carrier);
  const target = lost && findMessage(db, lost.target.messageId, lost.target.deviceId);
  const made =
    lost &&
    annotationsOf(db, conversation, lost.target).find(
      ({ messageId, deviceId }) => equal(messageId, carrier) && equal(deviceId, identity.deviceId),
    );
  if (lost === undefined || made === undefined) return undefined;
  const { change } = made;
  const mentions = change.kind === "edit" ? namedAmong(profile, members, change.text) : [];
  return encodeContent(encodeChange(target ?? lost.target, change, lost.version, mentions));
}

function whatHappened(again: number): string {
  const past = "The relay was put back to an older state. Nothing that is here is lost";
  if (again === 0) return `${past}.`;
  const messages = again === 1 ? "one message" : `${again} messages`;
  return `${past}; ${messages} of yours that it had lost ${again === 1 ? "goes" : "go"} out again.`;
}
