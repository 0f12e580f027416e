import { type AccountId, equal } from "../../../keys/index.ts";
import { readConversation } from "../../store/conversations.ts";
import { transact } from "../../store/database.ts";
import { hasQueuedReceipt, hurryReceipts } from "../../store/queued-receipts.ts";
import { readSetting } from "../../store/settings.ts";
import { meetingPlace, membersOf } from "../conversations/conversations.ts";
import { isAcknowledged } from "../conversations/delivery-state.ts";
import { queueReceipt } from "../outbox/queue-silent.ts";
import { mayAnswer } from "../people/standing.ts";
import type { Profile } from "../profile.ts";

/** While live, so that many messages are acknowledged at once. */
const DEBOUNCE_MS = 300;

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
  if (!mayAnswer(profile, stored, author)) return;
  if (!isAcknowledged(membersOf(profile, stored).length, asks.wantsReceipts === true)) return;
  const conversation = meetingPlace(profile, stored, author);
  if (hasQueuedReceipt(db, conversation, about)) return;
  queueReceipt(profile, conversation, about, runtime.now() + DEBOUNCE_MS);
}

/** What waits for more to tell is sent with the next drain: nothing more will come. */
export function hurryQueuedReceipts(profile: Profile): void {
  transact(profile.db, () => hurryReceipts(profile.db));
}
