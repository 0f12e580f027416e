import { equal } from "../../../keys/index.ts";
import { transact } from "../../store/database.ts";
import { markGone, queueAgain, type StoredMessage } from "../../store/messages.ts";
import { addIntent } from "../../store/outbox.ts";
import { ChatError } from "../chat-error.ts";
import { messageCalled } from "../messages/find-message.ts";
import type { Profile } from "../profile.ts";

/**
 * Puts a message that failed into the outbox again, as if it were written now: the relay never took it, so nobody can
 * get it twice. Throws `bad_input` of one that has not failed, `unknown_message`.
 */
export function sendAgain(profile: Profile, id: string): void {
  transact(profile.db, () => {
    const { conversation, position } = failedMessage(profile, id);
    queueAgain(profile.db, position, profile.runtime.now());
    addIntent(profile.db, { conversation, position, purpose: "message" });
  });
}

/** Takes a message that failed out of sight, here: nobody else has it. */
export function putAway(profile: Profile, id: string): void {
  transact(profile.db, () => markGone(profile.db, failedMessage(profile, id).position));
}

function failedMessage(profile: Profile, id: string): StoredMessage {
  const message = messageCalled(profile, id);
  const isOwn = equal(message.accountId, profile.identity.accountId);
  if (isOwn && message.state === "failed") return message;
  throw new ChatError("bad_input", "That message has not failed.");
}
