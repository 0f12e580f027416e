import { readTranscript } from "../../core/messages/read-transcript.ts";
import type { Doing } from "./doing.ts";
import { liveOf } from "./live-of.ts";
import { settingsOf } from "./settings.ts";

/** Of the newest a mention may not be the last. */
const LOOK_BACK = 20;

/** What a notification says: who wrote and where; what, only if that was chosen. */
export const notify: Doing<"notify"> = (session, { conversation, why }) => {
  const live = liveOf(session);
  const { bell, notifyContent } = settingsOf(live.profile);
  const summary = live.rows.names.summaryOf(conversation);
  if (!bell || summary === undefined) return;
  if (why === "invitation") {
    session.notify({
      title: "Sotto",
      text: `${summary.invitedBy ?? "Somebody"} invites you to #${summary.name}`,
    });
    return;
  }
  const { items } = readTranscript(live.profile, summary.conversation, { at: "end" }, LOOK_BACK);
  const message = items.findLast(
    (item) => item.type === "message" && item.unread && (why === "message" || item.mentionsMe),
  );
  if (message?.type !== "message") return;
  const { from, kind, text } = message.message;
  const where = kind === "group" || kind === "room" ? ` in #${summary.name}` : "";
  const what = why === "mention" ? "names you" : "writes";
  session.notify(
    notifyContent ? { title: `${from}${where}`, text } : { title: "Sotto", text: `${from} ${what}${where}` },
  );
};
