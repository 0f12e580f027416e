import { readConversations } from "../../store/conversations.ts";
import { ChatError } from "../chat-error.ts";
import { chooseRelay, connectAnonymously, connector } from "../connection/connect.ts";
import { leaveGroup } from "../groups/manage-group.ts";
import type { Profile } from "../profile.ts";
import { proveOwner } from "./log-in.ts";

/**
 * Ends the account at the relay, for all of its devices, on the proof of its password; before that it leaves its groups,
 * as far as it can. The profile stays: to erase it is the caller's. Throws `login_failed`, `security_stop`; rejects with
 * NetError.
 */
export async function deleteAccount(profile: Profile, password: string, askedRelay?: string): Promise<void> {
  const { auth, close } = await connectAnonymously(chooseRelay(askedRelay, profile.identity.relayUrl));
  const connection = await connector(profile, askedRelay)();
  try {
    // A wrong password changes nothing; the proof that counts is a fresh one, since leaving may take its time.
    await proveOwner(profile, auth, password);
    for (const { conversation, kind, standing } of readConversations(profile.db)) {
      if ((kind !== "group" && kind !== "room") || standing !== "member") continue;
      await leaveGroup(profile, connection, conversation).catch((error: unknown) => {
        // Its last owner cannot leave: to the others the account is a member that nothing is sealed for.
        if (!(error instanceof ChatError)) throw error;
      });
    }
    const { loginId, finishLoginRequest } = await proveOwner(profile, auth, password);
    await connection.deleteAccount({ loginId, finishLoginRequest });
  } finally {
    connection.close();
    close();
  }
}
