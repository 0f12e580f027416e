import type { ConversationRow } from "../../model/data.ts";

/** Of what a person is told. */
export const notifyWords: Readonly<Record<ConversationRow["notify"], string>> = {
  all: "every message",
  mentions: "messages that mention me",
  none: "nothing",
};
