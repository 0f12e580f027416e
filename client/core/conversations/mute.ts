import { type Notify, readConversation } from "../../store/conversations.ts";
import { transact } from "../../store/database.ts";
import { setNotify } from "../../store/groups.ts";
import { ChatError } from "../chat-error.ts";
import { tellOwnDevices } from "../own-devices/tell.ts";
import type { Profile } from "../profile.ts";
import { findConversationWith, resolveTo } from "./conversations.ts";

export type { Notify };

/** Sets what a person wants to hear of a conversation. Throws `unknown_conversation`, `bad_name`, `ambiguous_name`. */
export function mute(profile: Profile, name: string, notify: Notify): string {
  const destination = resolveTo(profile, name);
  return transact(profile.db, () => {
    const found = findConversationWith(profile, destination);
    if (found === undefined) {
      throw new ChatError("unknown_conversation", `There is no conversation with ${name}.`, {
        hint: "`chat list` lists yours.",
      });
    }
    setNotify(profile.db, found.conversation, notify);
    tellOwnDevices(profile, { about: "mute", conversation: found.conversation });
    return readConversation(profile.db, found.conversation).peerName;
  });
}
