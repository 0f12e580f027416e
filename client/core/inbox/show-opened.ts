import {
  type EnvelopeHeader,
  equal,
  KeysError,
  type OpenedEnvelope,
  openEnvelope,
  readEnvelopeHeader,
} from "../../../keys/index.ts";
import { StubReason } from "../../../proto/gen/sotto/relay/v1/messaging_pb.ts";
import { isAnyAccountBehind } from "../../store/accounts.ts";
import { hasAudience, noteRosterOf, saveAudience } from "../../store/audiences.ts";
import { readConversation, type StoredConversation, setOpened } from "../../store/conversations.ts";
import { transact } from "../../store/database.ts";
import { addMessage, type NewMessage } from "../../store/messages.ts";
import { findOwnRow } from "../../store/own-rows.ts";
import { placeAgain } from "../../store/restored-logs.ts";
import { promoteSession } from "../../store/sessions.ts";
import { conversationsReady, deleteStaged, readyRows, type StagedRow } from "../../store/staged-rows.ts";
import { isGroup, membersOf } from "../conversations/conversations.ts";
import { keepOwnClaim } from "../groups/claim-history.ts";
import { takeGroupContent } from "../groups/group-content.ts";
import type { Cause } from "../groups/stage.ts";
import { applyAnnotation, applyWaiting } from "../messages/apply-annotation.ts";
import { type ReadContent, readContent } from "../messages/content.ts";
import { keepErased, standIn } from "../messages/erased-rows.ts";
import { namesMe } from "../messages/mentions.ts";
import { saneTime } from "../messages/sane-time.ts";
import { applyReads, takeOwnState } from "../own-devices/take-state.ts";
import { isAfterItsEnd } from "../people/former-devices.ts";
import { admit, hear } from "../people/standing.ts";
import { tellRequest } from "../people/tell-request.ts";
import type { Profile } from "../profile.ts";
import { acknowledge } from "../receipts/queue-receipts.ts";
import { takeReceipt } from "../receipts/receipts.ts";
import { checkOpened, noteOwnHeads, takeCount } from "./check-opened.ts";
import { showEntry } from "./show-entry.ts";
import { recordReplay, showUnreadable } from "./show-unreadable.ts";

const ROWS_A_TURN = 200;

/** Makes messages of the rows whose wraps are open, in the order of the log. Returns how many there is to show. */
export function showReady(profile: Profile): number {
  return showRows(profile, () => false).count;
}

/**
 * The same, but stops at a message that speaks of a newer device list than is here: who may have written the rest is not
 * known then.
 */
export function showUntilBehind(profile: Profile): { readonly count: number; readonly isStopped: boolean } {
  return showRows(profile, () => isAnyAccountBehind(profile.db));
}

function showRows(profile: Profile, mustStop: () => boolean): { count: number; isStopped: boolean } {
  let count = 0;
  for (;;) {
    const conversations = conversationsReady(profile.db);
    if (conversations.length === 0) return { count, isStopped: false };
    for (const conversation of conversations) {
      count += showTurn(profile, conversation, mustStop);
      if (mustStop()) return { count, isStopped: true };
    }
  }
}

function showTurn(profile: Profile, conversation: number, mustStop: () => boolean): number {
  return transact(profile.db, () => {
    const stored = readConversation(profile.db, conversation);
    const rows = readyRows(profile.db, conversation, stored.openedSequence, ROWS_A_TURN);
    let last: StagedRow | undefined;
    let shown = 0;
    for (const row of rows) {
      if (showRow(profile, stored, row)) shown += 1;
      last = row;
      if (mustStop()) break;
    }
    if (last === undefined) return 0;
    setOpened(profile.db, conversation, last.sequence);
    if (stored.ownRead !== undefined) applyReads(profile, { ...stored, openedSequence: last.sequence });
    deleteStaged(profile.db, conversation, last.sequence);
    return shown;
  });
}

/** Whether there is something to see. */
function showRow(profile: Profile, conversation: StoredConversation, row: StagedRow): boolean {
  if (row.entry !== undefined) {
    showEntry(profile, conversation, row);
    return false;
  }
  const own = findOwnRow(profile.db, row.rowHash, row.conversation);
  if (own !== undefined) {
    keepOwnClaim(profile, conversation, own.position);
    noteOwnHeads(profile, conversation, row);
    return false;
  }
  if (row.stub !== 0) {
    keepErased(profile, conversation, row);
    if (row.stub === StubReason.RETENTION) showUnreadable(profile, conversation, row, "retention");
    return false;
  }
  if (row.contentKey === undefined) return showUnreadable(profile, conversation, row, row.cause as Cause);
  try {
    if (isAfterItsEnd(profile, conversation, row.sequence, readEnvelopeHeader(row.envelope))) {
      return showUnreadable(profile, conversation, row, "unknown_device");
    }
    const opened = openEnvelope(row.envelope, row.contentKey);
    if (row.session !== undefined) promoteSession(profile.db, row.session);
    return showContent(profile, conversation, row, opened);
  } catch (error) {
    if (!(error instanceof KeysError)) throw error;
    const cause = error.code === "unsupported_version" ? error.code : "corrupt";
    return showUnreadable(profile, conversation, row, cause);
  }
}

function showContent(
  profile: Profile,
  conversation: StoredConversation,
  row: StagedRow,
  opened: OpenedEnvelope,
): boolean {
  const { header, inner } = opened;
  const content = fitFor(profile, conversation, header, readContent(inner));
  const shown = shownAs(profile, content, header);
  const isOwn = equal(header.sender, profile.identity.accountId);
  const isVisible = shown.kind !== "silent" && shown.gone !== true;
  const position = addMessage(profile.db, {
    conversation: conversation.conversation,
    messageId: header.messageId,
    accountId: header.sender,
    deviceId: header.senderDevice,
    sequence: row.sequence,
    state: isOwn ? "sent" : "received",
    unread: !isOwn && isVisible,
    sentAt: saneTime(inner.sentAt, row.storedAt, profile.runtime.now()),
    receivedAt: profile.runtime.now(),
    contentType: inner.contentType,
    ...shown,
  });
  if (position === undefined) {
    if (conversation.restored) {
      placeAgain(profile.db, header.senderDevice, header.messageId, row.sequence);
      takeCount(profile, conversation, row, opened);
    }
    recordReplay(profile, conversation, row);
    return false;
  }
  if (isOwn) noteAudience(profile, conversation, position, header.rosterVersion);
  checkOpened(profile, conversation, row, opened);
  // Whom another device of this account wrote to is known, whatever comes first: this, or that device's own word.
  if (isOwn && isVisible && conversation.peerAccount !== undefined) admit(profile, conversation.peerAccount);
  actOn(profile, conversation, row, opened, content);
  if (isVisible) applyWaiting(profile, position);
  if (isVisible && conversation.kind === "dm") tellRequest(profile, conversation, header.sender, "message");
  return isVisible;
}

/** Whom a message of another own device is for: this one may never have sealed for that roster. */
function noteAudience(
  profile: Profile,
  stored: StoredConversation,
  position: number,
  rosterVersion: number,
): void {
  const { db, identity } = profile;
  noteRosterOf(db, position, rosterVersion);
  if (!isGroup(stored.kind) || hasAudience(db, stored.conversation, rosterVersion)) return;
  const others = membersOf(profile, stored).filter((member) => !equal(member, identity.accountId));
  saveAudience(db, stored.conversation, rosterVersion, others);
}

/** What somebody blocked writes to this account is opened, for the sake of his session, and then is nothing. */
function fitFor(
  profile: Profile,
  { kind }: StoredConversation,
  { sender }: EnvelopeHeader,
  content: ReadContent,
): ReadContent {
  if (kind !== "dm" || hear(profile, sender) !== "blocked") return content;
  return content.kind === "receipt" ? content : { kind: "nothing" };
}

type Shown = Pick<NewMessage, "kind" | "text" | "replyTo" | "replyToDevice" | "body"> &
  Pick<NewMessage, "expiresAt" | "gone" | "mentionsMe" | "wantsReceipts">;

/** The line in the conversation, if it makes one. */
function shownAs(profile: Profile, content: ReadContent, header: EnvelopeHeader): Shown {
  switch (content.kind) {
    case "text": {
      const { mentions, expiresAt: exact, text, ...rest } = content.message;
      const expiresAt = exact === 0 ? header.expiresAt * 1_000 : exact;
      const gone = expiresAt !== 0 && expiresAt <= profile.runtime.now();
      return {
        kind: "text",
        ...rest,
        ...(gone || text === undefined ? {} : { text }),
        ...(expiresAt === 0 ? {} : { expiresAt }),
        gone,
        mentionsMe: namesMe(profile, mentions),
      };
    }
    case "unknown":
      return { kind: "unknown", body: content.body };
    case "group":
    case "annotation":
    case "receipt":
    case "own state":
    case "nothing":
      return { kind: "silent" };
  }
}

/** What it does beside being shown. */
function actOn(
  profile: Profile,
  stored: StoredConversation,
  row: StagedRow,
  { header, inner, contentHash }: OpenedEnvelope,
  content: ReadContent,
): void {
  const { conversation } = stored;
  const from = { accountId: header.sender, deviceId: header.senderDevice };
  switch (content.kind) {
    case "annotation": {
      const { target, change, version, mentions, deleted } = content;
      const made = {
        ...from,
        conversation,
        messageId: header.messageId,
        target,
        change,
        version,
        role: row.senderRole,
        mentionsMe: namesMe(profile, mentions),
        sentAt: inner.sentAt,
      };
      applyAnnotation(profile, made, { mayPin: row.senderMayPin });
      if (deleted !== undefined) standIn(profile, stored, made, deleted);
      return;
    }
    case "receipt":
      takeReceipt(profile, stored, from, row.sequence, content.receipt);
      return;
    case "group":
      takeGroupContent(
        profile,
        { stored, from, role: row.senderRole, sequence: row.sequence, contentHash, sentAt: inner.sentAt },
        content.content,
      );
      return;
    case "own state":
      takeOwnState(profile, stored, from, content.state);
      return;
    case "nothing":
      return;
    case "text":
      acknowledge(profile, conversation, header.sender, content.message);
      return;
    case "unknown":
      acknowledge(profile, conversation, header.sender);
      return;
  }
}
