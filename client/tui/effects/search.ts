import { searchMessages } from "../../core/messages/search-messages.ts";
import { hitOf } from "./adapt.ts";
import type { Doing } from "./doing.ts";
import { liveOf } from "./live-of.ts";

const MOST_HITS = 100;

export const search: Doing<"search"> = (session, { query }, tell) => {
  const live = liveOf(session);
  const found = searchMessages(live.profile, { query, limit: MOST_HITS });
  const hits = found.map((each) =>
    hitOf(each, live.rows.names.nameOf(each.conversation) ?? each.message.conversation),
  );
  tell({ kind: "loaded", loaded: { what: "search", query, hits } });
};
