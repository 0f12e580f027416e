import { type AccountId, dmConversationId, equal } from "../../keys/index.ts";
import { readAccount } from "../store/accounts.ts";
import { countAudience } from "../store/audiences.ts";
import {
  addConversation,
  findConversation,
  readConversation,
  type StoredConversation,
} from "../store/conversations.ts";
import { transact } from "../store/database.ts";
import { hasQueuedReceipt, hurryReceipts } from "../store/queued-receipts.ts";
import { readSetting } from "../store/settings.ts";
import type { Profile } from "./profile.ts";
import { queueReceipt } from "./queue-silent.ts";

/** While live, so that many messages are acknowledged at once. */
const DEBOUNCE_MS = 300;
/** Beyond, a message is acknowledged only if it asks for it. */
const MOST_MEMBERS = 32;

/**
 * A message of somebody has arrived, or was read: he will hear of it, in the direct conversation with him. At most one
 * receipt waits for an author and a conversation; what it says is reckoned when it is sealed. Inside a transaction.
 */
export function acknowledge(
  profile: Profile,
  about: number,
  author: AccountId,
  asks: { readonly wantsReceipts?: boolean } = {},
): void {
  const { db, identity, runtime } = profile;
  if (equal(author, identity.accountId) || readSetting(db, "receipts") === "off") return;
  const stored = readConversation(db, about);
  if (!isAcknowledged(profile, stored, asks.wantsReceipts === true)) return;
  const conversation = directWith(profile, stored, author);
  if (conversation === undefined || hasQueuedReceipt(db, conversation, about)) return;
  queueReceipt(profile, conversation, about, runtime.now() + DEBOUNCE_MS);
}

function isAcknowledged(
  { db }: Profile,
  { kind, conversation, roster }: StoredConversation,
  wantsReceipts: boolean,
): boolean {
  if (kind === "self") return false;
  if (kind === "dm" || wantsReceipts) return true;
  return roster !== undefined && countAudience(db, conversation, roster.version) < MOST_MEMBERS;
}

function directWith(profile: Profile, about: StoredConversation, author: AccountId): number | undefined {
  if (about.kind === "dm") return about.conversation;
  const id = dmConversationId(profile.identity.accountId, author);
  const found = findConversation(profile.db, id);
  if (found !== undefined) return found.conversation;
  const name = readAccount(profile.db, author)?.name;
  if (name === undefined) return undefined;
  return addConversation(profile.db, { conversationId: id, kind: "dm", peerName: name, peerAccount: author });
}

/** What waits for more to tell is sent with the next drain: nothing more will come. */
export function hurryQueuedReceipts(profile: Profile): void {
  transact(profile.db, () => hurryReceipts(profile.db));
}
