import { type DeviceAddress, deviceId, equal, messageId, readEnvelopeHeader } from "../../../keys/index.ts";
import type { StoredConversation } from "../../store/conversations.ts";
import { addMessage, findMessage, newestMessage } from "../../store/messages.ts";
import { changePeerDevice, readPeerDevice } from "../../store/peer-devices.ts";
import { keepAside } from "../../store/quarantine.ts";
import type { StagedRow } from "../../store/staged-rows.ts";
import { meetingPlace, membersOf, theConversation, wasLost } from "../conversations/conversations.ts";
import type { Cause } from "../groups/stage.ts";
import { queueSilent } from "../outbox/queue-silent.ts";
import { record } from "../people/security.ts";
import { mayAnswer } from "../people/standing.ts";
import type { Profile } from "../profile.ts";
import { noteUnknownOwnRow } from "../restored-profile/unknown-rows.ts";
import { whyUnreadable } from "./unreadable.ts";

/** A device whose wraps do not open is offered a fresh session this often at most. */
const RENEW_EVERY_MS = 60 * 60 * 1000;
const noDevice = deviceId(new Uint8Array(16));

/** A line in the conversation, and the bytes kept aside. Nothing in the header was proven: it names nobody's message. */
export function showUnreadable(
  profile: Profile,
  conversation: StoredConversation,
  row: StagedRow,
  cause: Cause,
): boolean {
  if (cause === "lost_by_sender") noteUnknownOwnRow(profile, conversation);
  if (isFamiliar(profile, conversation, row, cause) || conversation.shelf === "blocked") return false;
  const sender = claimedSender(profile, conversation, row);
  const author = cause === "lost_by_sender" ? profile.identity.accountId : sender?.accountId;
  const position = addMessage(profile.db, {
    conversation: conversation.conversation,
    messageId: messageId(row.rowHash.slice(0, 16)),
    accountId: author ?? conversation.peerAccount ?? profile.identity.accountId,
    deviceId: noDevice,
    sequence: row.sequence,
    kind: "unreadable",
    state: "received",
    unread: false,
    sentAt: row.storedAt,
    receivedAt: profile.runtime.now(),
    trouble: { code: cause, text: whyUnreadable(cause) },
  });
  if (position === undefined) return false;
  keepAside(profile.db, { position, envelope: row.envelope, wrap: row.wrap, cause }, profile.runtime.now());
  if (sender !== undefined && healable.has(cause) && mayAnswer(profile, conversation, sender.accountId)) {
    wantFreshSession(profile, conversation, sender);
  }
  return true;
}

/** Of many in a row, one line says enough. */
const runs: ReadonlySet<Cause> = new Set<Cause>(["not_for_this_device", "lost_by_sender", "retention"]);

/** A copy of a message that is here needs no line. A run of messages from before this device's time needs only one. */
function isFamiliar(profile: Profile, stored: StoredConversation, row: StagedRow, cause: Cause): boolean {
  const { conversation } = stored;
  if (cause === "replayed") {
    const { messageId: id, senderDevice } = readEnvelopeHeader(row.envelope);
    // Unknown: a device whose profile was put back to an older state seals with keys that it has used.
    if (findMessage(profile.db, id, senderDevice) === undefined) return false;
    recordReplay(profile, stored, row);
    return true;
  }
  return runs.has(cause) && newestMessage(profile.db, conversation)?.trouble?.code === cause;
}

/** A relay that lost its log is given all of it again, and delivers it again; no other takes a message twice. */
export function recordReplay(profile: Profile, stored: StoredConversation, row: StagedRow): void {
  if (wasLost(stored)) return;
  record(profile, "stop", {
    kind: "message_replayed",
    text: `The relay delivered a message in ${theConversation(stored)} a second time. It is shown once.`,
    conversation: stored.conversation,
    evidence: { sequence: row.sequence, rowHash: row.rowHash },
  });
}

function claimedSender(
  profile: Profile,
  conversation: StoredConversation,
  row: StagedRow,
): DeviceAddress | undefined {
  try {
    const { sender, senderDevice } = readEnvelopeHeader(row.envelope);
    const isMember = membersOf(profile, conversation).some((member) => equal(member, sender));
    return isMember ? { accountId: sender, deviceId: senderDevice } : undefined;
  } catch {
    return undefined;
  }
}

/** Causes that mean that the two devices have lost each other. */
const healable: ReadonlySet<Cause> = new Set<Cause>([
  "decrypt_failed",
  "no_session",
  "prekey_unknown",
  "too_far",
  "replayed",
]);

/** The next seal for that device sets up a new session; a message without content sees to it that there is one. */
function wantFreshSession(profile: Profile, conversation: StoredConversation, device: DeviceAddress): void {
  const now = profile.runtime.now();
  const { renew, renewedAt } = readPeerDevice(profile.db, device);
  // A clock that was ahead, and was put right, must not put this off until then.
  if (renew || Math.abs(now - renewedAt) < RENEW_EVERY_MS) return;
  changePeerDevice(profile.db, device, { renew: true, renewedAt: now });
  queueSilent(profile, meetingPlace(profile, conversation, device.accountId), "renewal", device);
}
