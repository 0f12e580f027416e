import { fromBinary } from "@bufbuild/protobuf";
import {
  equal,
  type Inner,
  KeysError,
  messageId,
  type OpenedEnvelope,
  openEnvelope,
} from "../../keys/index.ts";
import { ContentSchema } from "../../proto/gen/sotto/chat/v1/content_pb.ts";
import { readConversation, type StoredConversation, setOpened } from "../store/conversations.ts";
import { transact } from "../store/database.ts";
import { addMessage, type NewMessage } from "../store/messages.ts";
import { findOwnRow } from "../store/own-rows.ts";
import { promoteSession } from "../store/sessions.ts";
import { conversationsReady, deleteStaged, readyRows, type StagedRow } from "../store/staged-rows.ts";
import { checkOpened } from "./check-opened.ts";
import type { Profile } from "./profile.ts";
import { recordReplay, showUnreadable } from "./show-unreadable.ts";
import type { Cause } from "./stage.ts";

const ROWS_A_TURN = 200;

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
  opened: OpenedEnvelope,
): boolean {
  const { header, inner } = opened;
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
  if (position === undefined) {
    recordReplay(profile, conversation, row);
    return false;
  }
  checkOpened(profile, conversation, row, opened);
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
