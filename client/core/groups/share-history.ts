import { type AccountId, memberOf } from "../../../keys/index.ts";
import type { RelayConnection } from "../../net/relay-connection.ts";
import { readPinnedName } from "../../store/accounts.ts";
import { readConversation, type StoredConversation } from "../../store/conversations.ts";
import { transact } from "../../store/database.ts";
import { readJoin } from "../../store/joins.ts";
import { shareableBefore } from "../../store/shared-messages.ts";
import { ChatError } from "../chat-error.ts";
import { foldName } from "../people/names.ts";
import type { Profile } from "../profile.ts";
import { withInbox } from "./change-membership.ts";
import { memberState } from "./memberships.ts";
import { queueHistory } from "./queue-history.ts";

/**
 * Hands on to a member, in the direct conversation with him, the latest messages from before he joined. Returns how many
 * there were. Throws `not_allowed`, `unknown_person`; rejects with NetError.
 */
export async function shareHistory(
  profile: Profile,
  connection: RelayConnection,
  conversation: number,
  given: string,
  limit: number,
): Promise<number> {
  await withInbox(profile, connection, (inbox) => inbox.bringToHead(conversation));
  return transact(profile.db, () => {
    const stored = readConversation(profile.db, conversation);
    const account = otherMember(profile, stored, given);
    // Whoever was there before this account has more than it can share.
    const join = readJoin(profile.db, conversation, account);
    if (join === undefined) return 0;
    const positions = shareableBefore(profile.db, conversation, join.sequence, limit);
    queueHistory(profile, stored, account, positions);
    return positions.length;
  });
}

function otherMember(profile: Profile, stored: StoredConversation, given: string): AccountId {
  const state = memberState(profile, stored);
  const name = foldName(given);
  if (name === "me" || name === profile.identity.name) {
    throw new ChatError("usage", "You have your messages yourself.");
  }
  const account = readPinnedName(profile.db, name);
  if (account !== undefined && memberOf(state, account) !== undefined) return account;
  throw new ChatError("unknown_person", `${name} is not a member.`, {
    hint: "`chat group info NAME` lists the members.",
  });
}
