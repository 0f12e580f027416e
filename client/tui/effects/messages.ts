import { deleteMessage, editMessage, pinMessage, reactTo, voteOn } from "../../core/messages/annotate.ts";
import { putAway as putFailedAway, sendAgain as sendFailedAgain } from "../../core/outbox/failed-message.ts";
import { queueMessage } from "../../core/outbox/send-message.ts";
import type { Profile } from "../../core/profile.ts";
import type { Tell } from "../runtime.ts";
import type { Doing } from "./doing.ts";
import type { Live } from "./live.ts";
import { liveOf } from "./live-of.ts";
import type { Session } from "./session.ts";

/** It is in the outbox, and on the screen, before anything is asked of a network. */
export const send: Doing<"send"> = (session, { conversation, text, replyTo, expire }, tell) => {
  const live = liveOf(session);
  const to = live.rows.names.destinationOf(conversation);
  queueMessage(live.profile, {
    to,
    text,
    ...(replyTo === undefined ? {} : { replyTo: live.messageCalled(replyTo) }),
    ...(expire === undefined ? {} : { expireAfter: expire }),
  });
  live.who.signals.typing(to, false);
  queued(live, "send", conversation, tell);
};

export const edit: Doing<"edit"> = (session, { kind, id, text }, tell) =>
  change(session, kind, tell, (profile, message) => editMessage(profile, message(id), text));

export const remove: Doing<"delete"> = (session, { kind, id }, tell) =>
  change(session, kind, tell, (profile, message) => deleteMessage(profile, message(id)));

export const react: Doing<"react"> = (session, { kind, id, emoji, remove }, tell) =>
  change(session, kind, tell, (profile, message) => reactTo(profile, message(id), { emoji, remove }));

export const vote: Doing<"vote"> = (session, { kind, id, value }, tell) =>
  change(session, kind, tell, (profile, message) => voteOn(profile, message(id), value));

export const pin: Doing<"pin"> = (session, { kind, id, pinned }, tell) =>
  change(session, kind, tell, (profile, message) => pinMessage(profile, message(id), pinned));

export const sendAgain: Doing<"send again"> = (session, { kind, key }, tell) =>
  change(session, kind, tell, (profile) => sendFailedAgain(profile, key));

export const putAway: Doing<"put away"> = (session, { kind, key }, tell) =>
  change(session, kind, tell, (profile) => putFailedAway(profile, key));

function change(
  session: Session,
  effect: string,
  tell: Tell,
  work: (profile: Profile, message: (id: string) => string) => void,
): void {
  const live = liveOf(session);
  work(live.profile, (id) => live.messageCalled(id));
  queued(live, effect, undefined, tell);
}

function queued(live: Live, effect: string, conversation: string | undefined, tell: Tell): void {
  live.look();
  tell({ kind: "loaded", loaded: { what: "done", effect, conversation, said: undefined } });
  live.send();
}
