import type { AccountId } from "../../../keys/index.ts";
import type { StoredConversation } from "../../store/conversations.ts";
import { readSendingSession } from "../../store/sessions.ts";
import { findConversationWith } from "../conversations/conversations.ts";
import { nameOf } from "../groups/memberships.ts";
import { queueSilent } from "../outbox/queue-silent.ts";
import type { Profile } from "../profile.ts";
import { acknowledge } from "../receipts/queue-receipts.ts";
import { knownChain } from "./account-chains.ts";

/** What waited for him to be known: receipts, and the confirmation of the sessions that his devices set up. Inside a transaction. */
export function answerAtLast(profile: Profile, account: AccountId): void {
  const direct = directWith(profile, account);
  if (direct === undefined) return;
  acknowledge(profile, direct.conversation, account);
  for (const { deviceId } of knownChain(profile, account)?.devices ?? []) {
    const device = { accountId: account, deviceId };
    const session = readSendingSession(profile.db, device);
    if (session === undefined || session.ratchet.sending.chain > 0) continue;
    queueSilent(profile, direct.conversation, "confirmation", device, session.id);
  }
}

export function directWith(profile: Profile, accountId: AccountId): StoredConversation | undefined {
  const name = nameOf(profile, accountId);
  return findConversationWith(profile, { kind: "person", name, accountId });
}
