import {
  type AccountId,
  accountId,
  atLeast,
  type DeviceAddress,
  deviceId,
  equal,
  memberOf,
  messageId,
} from "../../../keys/index.ts";
import type { History, SharedMessage } from "../../../proto/gen/sotto/chat/v1/content_pb.ts";
import { NetError } from "../../net/net-error.ts";
import type { RelayConnection } from "../../net/relay-connection.ts";
import { findConversation, type StoredConversation } from "../../store/conversations.ts";
import { transact } from "../../store/database.ts";
import { setTitle } from "../../store/groups.ts";
import { firstLogHash } from "../../store/log-hashes.ts";
import { addMessage, type NewMessage } from "../../store/messages.ts";
import { countShared, noteUnknownAuthor, unknownAuthors } from "../../store/shared-messages.ts";
import { isCount, isGroup } from "../conversations/conversations.ts";
import { applyWaiting } from "../messages/apply-annotation.ts";
import { MAX_TEXT_BYTES } from "../messages/text-limits.ts";
import { knownChain, refreshChains } from "../people/account-chains.ts";
import type { Profile } from "../profile.ts";
import { shortTitle } from "./group-names.ts";
import { titleOrigin } from "./group-title.ts";
import { membershipOf } from "./memberships.ts";

/** Of one group, however many members hand on however much. */
const MAX_SHARED = 1_000;
const MAX_A_HISTORY = 100;

/**
 * What a member hands on from before this account's time in a group, in the direct conversation with him. Nothing proves
 * it: it is marked with his name, stands before what the log has brought, and takes the place of nothing. Inside a
 * transaction.
 */
export function takeHistory(
  profile: Profile,
  { stored, from }: { readonly stored: StoredConversation; readonly from: DeviceAddress },
  history: History,
): void {
  const isPeer = stored.peerAccount !== undefined && equal(from.accountId, stored.peerAccount);
  if (stored.kind !== "dm" || !isPeer) return;
  const group = findConversation(profile.db, history.conversationId);
  if (group === undefined || !isGroup(group.kind) || group.standing !== "member") return;
  const state = membershipOf(profile, group);
  const sharer = state && memberOf(state, from.accountId);
  if (sharer === undefined) return;
  const { conversation, generation, log } = group;
  const title = shortTitle(history.title);
  const isTold = titleOrigin(profile.db, conversation) === "told";
  if (group.kind === "group" && title !== "" && isTold && atLeast(sharer.role, "admin")) {
    setTitle(profile.db, conversation, title);
  }
  if (log === undefined || history.messages.length > MAX_A_HISTORY) return;
  const start = firstLogHash(profile.db, conversation, generation);
  const own = profile.identity.accountId;
  const sound = history.messages
    .flatMap((message) => readShared(message) ?? [])
    // Before this account's time; and nobody tells it what it wrote itself.
    .filter(({ sequence, accountId: author }) => sequence <= start && !equal(author, own));
  for (const shared of sound) {
    if (countShared(profile.db, conversation) >= MAX_SHARED) return;
    add(profile, { ...shared, conversation, sharedBy: from.accountId });
  }
}

type Shared = Pick<
  NewMessage,
  "messageId" | "deviceId" | "accountId" | "sentAt" | "replyTo" | "replyToDevice"
> & {
  readonly sequence: number;
  readonly text: string;
  readonly edited: boolean;
};

/** Undefined for what breaks the rules of content.proto. */
function readShared(given: SharedMessage): Shared | undefined {
  const { message, accountId: author, sequence, sentAt, text, replyTo, replyToDevice, edited } = given;
  if (message?.messageId.length !== 16 || message.deviceId.length !== 16 || author.length !== 32)
    return undefined;
  // No device is called so, but what could not be read is kept under it.
  if (message.deviceId.every((byte) => byte === 0)) return undefined;
  if (sequence < 1n || !isCount(sequence) || !isCount(sentAt)) return undefined;
  if (text === "" || Buffer.byteLength(text) > MAX_TEXT_BYTES) return undefined;
  return {
    messageId: messageId(message.messageId),
    deviceId: deviceId(message.deviceId),
    accountId: accountId(author),
    sequence: Number(sequence),
    sentAt: Number(sentAt),
    text,
    edited,
    ...(replyTo.length === 16 ? { replyTo: messageId(replyTo) } : {}),
    ...(replyTo.length === 16 && replyToDevice.length === 16
      ? { replyToDevice: deviceId(replyToDevice) }
      : {}),
  };
}

function add(profile: Profile, shared: Shared & { conversation: number; sharedBy: AccountId }): void {
  const position = addMessage(profile.db, { ...shared, kind: "text", state: "received", unread: false });
  // Edits, votes and the like that the log has brought since.
  if (position !== undefined) applyWaiting(profile, position);
}

const AUTHORS_A_TURN = 100;
const ASK_AGAIN_MS = 24 * 60 * 60 * 1000;

/** Fetches who the authors of shared messages are, who may have left long ago. Throws `security_stop`. */
export async function meetAuthors(profile: Profile, connection: RelayConnection): Promise<void> {
  const { db, runtime } = profile;
  // One by one: a member can make up an account, which must not cost the others their names.
  for (const account of unknownAuthors(db, runtime.now() - ASK_AGAIN_MS, AUTHORS_A_TURN)) {
    try {
      await refreshChains(profile, connection, [account]);
    } catch (error) {
      if (!(error instanceof NetError) || error.reason !== "unknown_account") throw error;
    }
    // Or every command would ask for all that a member made up.
    if (knownChain(profile, account) === undefined) {
      transact(db, () => noteUnknownAuthor(db, account, runtime.now()));
    }
  }
}
