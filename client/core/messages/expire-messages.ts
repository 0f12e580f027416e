import { deleteAnnotationsOf } from "../../store/annotations.ts";
import { transact } from "../../store/database.ts";
import { addEvent } from "../../store/events.ts";
import { markGone, messagesPast, nextExpiry, type StoredMessage } from "../../store/messages.ts";
import type { Profile } from "../profile.ts";
import { eventIdOf } from "./apply-annotation.ts";

const MESSAGES_A_TURN = 200;

/** Erases the messages whose time is over: text, edits, reactions and votes. Their rows stay, so that a copy is known. */
export function expireMessages(profile: Profile): void {
  const now = profile.runtime.now();
  while (messagesPast(profile.db, now, 1).length > 0) {
    transact(profile.db, () => {
      for (const message of messagesPast(profile.db, now, MESSAGES_A_TURN)) expire(profile, message);
    });
  }
}

/** Milliseconds until the next one disappears. */
export function untilNextExpiry({ db, runtime }: Profile): number | undefined {
  const next = nextExpiry(db);
  return next === undefined ? undefined : Math.max(next - runtime.now(), 0);
}

function expire({ db }: Profile, message: StoredMessage): void {
  deleteAnnotationsOf(db, message);
  markGone(db, message.position);
  if (message.kind === "silent") return;
  addEvent(db, {
    eventId: eventIdOf(message, "expired"),
    event: "expired",
    conversation: message.conversation,
    accountId: message.accountId,
    target: { messageId: message.messageId, deviceId: message.deviceId },
    at: message.expiresAt ?? 0,
  });
}
