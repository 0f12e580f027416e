import { mute as muteConversation } from "../../core/conversations/mute.ts";
import { markRead as markMessagesRead } from "../../core/messages/read-messages.ts";
import type { Doing } from "./doing.ts";
import { liveOf } from "./live-of.ts";

export const open: Doing<"open"> = (session, { conversation, around }, tell) => {
  tell({ kind: "loaded", loaded: liveOf(session).open(conversation, around) });
};

export const close: Doing<"close"> = (session) => liveOf(session).close();

/** Whoever has gone on to another conversation meanwhile needs no answer. */
export const older: Doing<"older"> = (session, { conversation, from }, tell) => {
  const loaded = liveOf(session).opened(conversation)?.older(from);
  if (loaded !== undefined) tell({ kind: "loaded", loaded });
};

export const oldest: Doing<"oldest"> = (session, { conversation }, tell) => {
  const loaded = liveOf(session).opened(conversation)?.oldest();
  if (loaded !== undefined) tell({ kind: "loaded", loaded });
};

export const newer: Doing<"newer"> = (session, { conversation, from }, tell) => {
  const loaded = liveOf(session).opened(conversation)?.newer(from);
  if (loaded !== undefined) tell({ kind: "loaded", loaded });
};

export const markRead: Doing<"mark read"> = (session, { conversation, keys }) => {
  const live = liveOf(session);
  const positions = live.opened(conversation)?.transcript.unreadPositions(keys) ?? [];
  markMessagesRead(
    live.profile,
    positions.map((position) => ({ position })),
  );
  live.look();
};

export const mute: Doing<"mute"> = (session, { conversation, notify }) => {
  const live = liveOf(session);
  muteConversation(live.profile, live.rows.names.destinationOf(conversation), notify);
  live.look();
};

export const typing: Doing<"typing"> = (session, { conversation }) => {
  const live = liveOf(session);
  if (live.numberOf(conversation) === undefined) return;
  live.who.signals.typing(live.rows.names.destinationOf(conversation));
};

export const focus: Doing<"focus"> = (session, { has }) => liveOf(session).who.focused(has);

export const reconnect: Doing<"reconnect"> = (session) => liveOf(session).reconnect();
