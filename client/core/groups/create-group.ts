import { defaultPolicies, groupConversationId, type Policy, ready } from "../../../keys/index.ts";
import { NetError } from "../../net/net-error.ts";
import type { RelayConnection } from "../../net/relay-connection.ts";
import { transact } from "../../store/database.ts";
import { addGroup, type GroupKind } from "../../store/groups.ts";
import { ChatError } from "../chat-error.ts";
import { tellOwnDevices } from "../own-devices/tell.ts";
import type { Profile } from "../profile.ts";
import { appendEntry, checkTaken, signEntry, withInbox } from "./change-membership.ts";
import { checkAliasFree, groupName } from "./group-names.ts";

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
  try {
    return await withInbox(profile, connection, async (inbox) => {
      // Here first: should the answer be lost, the relay shows a group that this profile knows. Nothing is to be seen of it
      // before its log is here, which makes this account a member.
      const conversation = transact(profile.db, () => {
        checkAliasFree(profile, name);
        return addGroup(profile.db, { conversationId: id, kind, alias: name, title: name, standing: "left" });
      });
      const taken = await appendEntry(connection, entry);
      if (taken === "too late") throw new NetError("untrusted", "nothing comes before the first entry");
      await inbox.learn(taken.moved);
      await inbox.catchUp();
      checkTaken(profile, conversation, entry, taken);
      transact(profile.db, () => tellOwnDevices(profile, { about: "group", conversation }));
      return conversation;
    });
  } catch (error) {
    if (error instanceof NetError && error.reason === "name_taken") {
      throw new ChatError("name_taken", `There is a room called ${name} on this relay.`, {
        hint: `Choose another name, or join it: \`chat join ${name}\`.`,
        cause: error,
      });
    }
    throw error;
  }
}
