import { fromBinary } from "@bufbuild/protobuf";
import {
  type AccountId,
  type ChainHead,
  type DeviceAddress,
  deviceId,
  type EnvelopeHeader,
  equal,
  type Inner,
  KeysError,
  messageId,
  type OpenedEnvelope,
  openEnvelope,
  readEnvelopeHeader,
} from "../../keys/index.ts";
import { ContentSchema } from "../../proto/gen/sotto/chat/v1/content_pb.ts";
import { nameHead } from "../store/accounts.ts";
import { readConversation, type StoredConversation, setOpened } from "../store/conversations.ts";
import { transact } from "../store/database.ts";
import { readLogHashes } from "../store/log-hashes.ts";
import { addMessage, findMessage, type NewMessage, newestMessage } from "../store/messages.ts";
import { findOwnRow } from "../store/own-rows.ts";
import { changePeerDevice, readPeerDevice } from "../store/peer-devices.ts";
import { keepAside } from "../store/quarantine.ts";
import { readSenderCount, saveSenderCount } from "../store/senders.ts";
import { promoteSession } from "../store/sessions.ts";
import { conversationsReady, deleteStaged, readyRows, type StagedRow } from "../store/staged-rows.ts";
import { knownChain, pinOwnChain } from "./contacts.ts";
import { queueSilent } from "./open-staged.ts";
import type { Profile } from "./profile.ts";
import { record } from "./security.ts";
import type { Cause } from "./stage.ts";

const ROWS_A_TURN = 200;
/** A device whose wraps do not open is offered a fresh session this often at most. */
const RENEW_EVERY_MS = 60 * 60 * 1000;
const noDevice = deviceId(new Uint8Array(16));

/** Makes messages of the rows whose wraps are open, in the order of the log. Returns how many there is to show. */
export function showReady(profile: Profile): number {
  let shown = 0;
  for (;;) {
    const conversations = conversationsReady(profile.db);
    if (conversations.length === 0) return shown;
    for (const conversation of conversations) shown += showTurn(profile, conversation);
  }
}

function showTurn(profile: Profile, conversation: number): number {
  return transact(profile.db, () => {
    const stored = readConversation(profile.db, conversation);
    const rows = readyRows(profile.db, conversation, stored.openedSequence, ROWS_A_TURN);
    const last = rows.at(-1);
    if (last === undefined) return 0;
    const shown = rows.filter((row) => showRow(profile, stored, row)).length;
    setOpened(profile.db, conversation, last.sequence);
    deleteStaged(profile.db, conversation, last.sequence);
    return shown;
  });
}

/** Whether there is something to see. */
function showRow(profile: Profile, conversation: StoredConversation, row: StagedRow): boolean {
  if (row.stub !== 0 || findOwnRow(profile.db, row.rowHash) !== undefined) return false;
  if (row.contentKey === undefined) return showUnreadable(profile, conversation, row, row.cause as Cause);
  try {
    const opened = openEnvelope(row.envelope, row.contentKey);
    if (row.session !== undefined) promoteSession(profile.db, row.session);
    return showContent(profile, conversation, row, opened);
  } catch (error) {
    if (!(error instanceof KeysError)) throw error;
    return showUnreadable(profile, conversation, row, error.code);
  }
}

function showContent(
  profile: Profile,
  conversation: StoredConversation,
  row: StagedRow,
  { header, inner, contentHash }: OpenedEnvelope,
): boolean {
  const content = readContent(inner);
  const isOwn = equal(header.sender, profile.identity.accountId);
  const position = addMessage(profile.db, {
    conversation: conversation.conversation,
    messageId: header.messageId,
    accountId: header.sender,
    deviceId: header.senderDevice,
    sequence: row.sequence,
    state: isOwn ? "sent" : "received",
    unread: !isOwn && content.kind !== "silent",
    sentAt: inner.sentAt,
    receivedAt: profile.runtime.now(),
    contentType: inner.contentType,
    ...content,
  });
  // The same message once more: a new log in place of a lost one, or another attempt of its sender.
  if (position === undefined) return false;
  checkLogSeen(profile, conversation, row, inner);
  checkSender(profile, conversation, header, inner);
  for (const head of inner.chainHeads) noteHead(profile, head.accountId, head);
  const count = { sequence: inner.senderSequence, content: contentHash };
  const before = readSenderCount(profile.db, conversation.conversation, header.sender, header.senderDevice);
  if (before === undefined || count.sequence > before.sequence) {
    saveSenderCount(
      profile.db,
      conversation.conversation,
      header.sender,
      header.senderDevice,
      count,
      inner.ephemeralKey,
    );
  }
  return content.kind !== "silent";
}

type Content = Pick<NewMessage, "kind" | "text" | "replyTo" | "body">;

/** Lenient, unlike everything around it: what this version does not know is kept for one that does. */
function readContent(inner: Inner): Content {
  const unknown: Content = { kind: "unknown", body: inner.body };
  if (inner.contentType !== 1) return unknown;
  try {
    const { kind } = fromBinary(ContentSchema, inner.body);
    if (kind.case === "sessionConfirmation") return { kind: "silent" };
    if (kind.case !== "text") return unknown;
    const { text, replyTo } = kind.value;
    return { kind: "text", text, ...(replyTo.length === 16 ? { replyTo: messageId(replyTo) } : {}) };
  } catch {
    return unknown;
  }
}

/** SPEC §8.3: what the sender had seen of the log is what this device has seen of it. */
function checkLogSeen(
  profile: Profile,
  conversation: StoredConversation,
  row: StagedRow,
  { logSeen }: Inner,
): void {
  const known = readLogHashes(profile.db, conversation.conversation, logSeen.sequence);
  if (known.some((hash) => equal(hash, logSeen.hash))) return;
  // The sender can have seen what came before a log that was lost, and that this device never saw.
  if (conversation.generation > 1 && known.length === 0) return;
  record(profile, "stop", {
    kind: "log_forked",
    text: `The relay shows ${conversation.peerName} another history of this conversation than it shows you.`,
    conversation: conversation.conversation,
    evidence: { row: row.sequence, seenBySender: logSeen, seenHere: known },
  });
}

/** Each sending device counts its messages and names the one before. */
function checkSender(
  profile: Profile,
  conversation: StoredConversation,
  header: EnvelopeHeader,
  inner: Inner,
): void {
  const before = readSenderCount(profile.db, conversation.conversation, header.sender, header.senderDevice);
  if (before === undefined || inner.senderSequence <= before.sequence) return;
  const missing = inner.senderSequence - before.sequence - 1;
  if (missing === 0 && equal(inner.previousContent, before.content)) return;
  const text =
    missing > 0
      ? `${missing === 1 ? "A message" : `${missing} messages`} in the conversation with ${conversation.peerName} did not arrive.`
      : `A message in the conversation with ${conversation.peerName} is not the one that its sender goes on from.`;
  record(profile, "note", {
    kind: "message_missing",
    text,
    accountId: header.sender,
    conversation: conversation.conversation,
    evidence: { device: header.senderDevice, before: before.sequence, now: inner.senderSequence },
  });
}

function noteHead(profile: Profile, account: AccountId, head: ChainHead): void {
  if (equal(account, profile.identity.accountId)) pinOwnChain(profile);
  const chain = knownChain(profile, account);
  if (chain === undefined) return;
  const known = chain.hashes[head.sequence];
  if (known === undefined) nameHead(profile.db, account, head);
  else if (!equal(known, head.hash)) {
    record(profile, "stop", {
      kind: "chain_fork",
      text: `A message speaks of another history of ${chain.name}'s devices than the relay shows.`,
      accountId: account,
      evidence: { named: head, pinned: known },
    });
  }
}

/** A line in the conversation, and the bytes kept aside. Nothing in the header was proven: it names nobody's message. */
function showUnreadable(
  profile: Profile,
  conversation: StoredConversation,
  row: StagedRow,
  cause: Cause,
): boolean {
  if (isFamiliar(profile, conversation, row, cause)) return false;
  const sender = claimedSender(profile, conversation, row);
  const position = addMessage(profile.db, {
    conversation: conversation.conversation,
    messageId: messageId(row.rowHash.slice(0, 16)),
    accountId: sender?.accountId ?? conversation.peerAccount ?? profile.identity.accountId,
    deviceId: noDevice,
    sequence: row.sequence,
    kind: "unreadable",
    state: "received",
    unread: false,
    sentAt: row.storedAt,
    receivedAt: profile.runtime.now(),
    trouble: { code: cause, text: explain(cause) },
  });
  if (position === undefined) return false;
  keepAside(profile.db, { position, envelope: row.envelope, wrap: row.wrap, cause }, profile.runtime.now());
  if (sender !== undefined && healable.has(cause)) wantFreshSession(profile, conversation, sender);
  return true;
}

/**
 * A copy of a message that is here needs no line: a relay that lost its log delivers all of it again. A run of messages
 * from before this device was known needs only one.
 */
function isFamiliar(
  profile: Profile,
  { conversation }: StoredConversation,
  row: StagedRow,
  cause: Cause,
): boolean {
  if (cause === "replayed") {
    const { messageId: id, senderDevice } = readEnvelopeHeader(row.envelope);
    return findMessage(profile.db, id, senderDevice) !== undefined;
  }
  return cause === "not_for_this_device" && newestMessage(profile.db, conversation)?.trouble?.code === cause;
}

function claimedSender(
  profile: Profile,
  conversation: StoredConversation,
  row: StagedRow,
): DeviceAddress | undefined {
  try {
    const { sender, senderDevice } = readEnvelopeHeader(row.envelope);
    const isMember = [conversation.peerAccount, profile.identity.accountId].some(
      (member) => member !== undefined && equal(member, sender),
    );
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
]);

/** The next seal for that device sets up a new session; a message without content sees to it that there is one. */
function wantFreshSession(profile: Profile, conversation: StoredConversation, device: DeviceAddress): void {
  const now = profile.runtime.now();
  const { renew, renewedAt } = readPeerDevice(profile.db, device);
  if (renew || now - renewedAt < RENEW_EVERY_MS) return;
  changePeerDevice(profile.db, device, { renew: true, renewedAt: now });
  queueSilent(profile, conversation.conversation, "renewal", device);
}

function explain(cause: Cause): string {
  switch (cause) {
    case "not_for_this_device":
      return "sent before this device was known";
    case "lost_by_sender":
      return "sent by this device, but this profile does not know it";
    case "not_a_member":
    case "another_conversation":
      return "it does not belong in this conversation";
    case "unknown_device":
    case "not_permitted":
      return "its device is not part of the sender's account";
    case "no_session":
    case "prekey_unknown":
      return "the keys for it are gone";
    case "unsupported_version":
      return "it needs a newer Sotto";
    case "replayed":
      return "it is a copy of an earlier one";
    default:
      return "it is damaged or was tampered with";
  }
}
