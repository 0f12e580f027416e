import { defaultPolicies, equal, groupConversationId, type Policy, ready } from "../../keys/index.ts";
import { NetError } from "../net/net-error.ts";
import type { RelayConnection } from "../net/relay-connection.ts";
import { readConversation } from "../store/conversations.ts";
import { transact } from "../store/database.ts";
import { addGroup, forgetGroup, type GroupKind } from "../store/groups.ts";
import { appendEntry, signEntry, withInbox } from "./change-membership.ts";
import { ChatError } from "./chat-error.ts";
import { checkAliasFree, groupName } from "./group-names.ts";
import type { Profile } from "./profile.ts";

export interface NewGroupWish {
  /** As the user gave it: the title of a group and its alias here; of a room its name on the relay. */
  readonly name: string;
  readonly kind: GroupKind;
  readonly policy?: Partial<Policy>;
}

/**
 * Makes a group or an open room with this account as its owner. Returns its local number. Throws `bad_name`,
 * `name_taken`; rejects with NetError.
 */
export async function createGroup(
  profile: Profile,
  connection: RelayConnection,
  { name: given, kind, policy = {} }: NewGroupWish,
): Promise<number> {
  await ready();
  const name = groupName(given);
  checkAliasFree(profile, name);
  const entry = signEntry(profile, undefined, {
    type: "create",
    kind,
    name: kind === "room" ? name : "",
    policy: { ...defaultPolicies[kind], ...policy },
    random: profile.runtime.random(16),
  });
  const id = groupConversationId(entry);
  // Here first: should the answer be lost, the relay shows a group that this profile knows.
  const conversation = transact(profile.db, () => {
    checkAliasFree(profile, name);
    return addGroup(profile.db, { conversationId: id, kind, alias: name, title: name, standing: "member" });
  });
  try {
    await withInbox(profile, connection, async (inbox) => {
      const made = await appendEntry(connection, entry);
      if (made === "too late" || !made.every(({ conversationId }) => equal(conversationId, id))) {
        throw new NetError("untrusted", "another group than was made");
      }
      await inbox.learn(made);
      await inbox.catchUp();
    });
  } catch (error) {
    // Nothing is lost with it: a group that was made all the same has nobody else in it.
    transact(profile.db, () => {
      const { log } = readConversation(profile.db, conversation);
      if (log === undefined) forgetGroup(profile.db, conversation);
    });
    if (error instanceof NetError && error.reason === "name_taken") {
      throw new ChatError("name_taken", `There is a room called ${name} on this relay.`, {
        hint: `Choose another name, or join it: \`chat join ${name}\`.`,
        cause: error,
      });
    }
    throw error;
  }
  return conversation;
}
