import { deleteSilent, markFailed } from "../../store/messages.ts";
import { type Intent, removeIntent } from "../../store/outbox.ts";
import type { ChatError } from "../chat-error.ts";
import { takeBack } from "../messages/apply-annotation.ts";
import type { Profile } from "../profile.ts";

/** It will never be sent: whoever wrote it sees why, and what it changed here is taken back. Inside a transaction. */
export function failIntent(profile: Profile, intent: Intent, error: ChatError): void {
  if (!removeIntent(profile.db, intent.intent)) return;
  if (intent.purpose === "message" || intent.purpose === "control") {
    markFailed(profile.db, intent.position, { code: error.code, text: error.message });
    if (intent.purpose === "control") takeBack(profile, intent.position);
  } else {
    deleteSilent(profile.db, intent.position);
  }
}
