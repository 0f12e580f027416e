import type { ConversationRow } from "./data.ts";
import type { Effect } from "./effect.ts";
import type { State } from "./state.ts";

type Notify = Extract<Effect, { readonly kind: "notify" }>;

/**
 * What somebody who looks elsewhere is told of these rows, by the level of each conversation. Of several the one that
 * matters most: the rest shows when he comes back.
 */
export function notifying(before: State, rows: readonly ConversationRow[]): readonly Effect[] {
  if (before.hasFocus || !before.hasAllConversations) return [];
  const known = new Map(before.conversations.map((row) => [row.name, row]));
  const told = rows.flatMap((row) => tellOf(known.get(row.name), row) ?? []);
  const most =
    told.find(({ why }) => why === "mention") ?? told.find(({ why }) => why === "invitation") ?? told[0];
  return most === undefined ? [] : [most];
}

function tellOf(old: ConversationRow | undefined, row: ConversationRow): Notify | undefined {
  const { name: conversation, standing, notify, unread, mentions } = row;
  const tell = (why: Notify["why"]): Notify => ({ kind: "notify", conversation, why });
  if (standing === "invited") return old?.standing === "invited" ? undefined : tell("invitation");
  if (notify === "none") return undefined;
  if (mentions > (old?.mentions ?? 0)) return tell("mention");
  return notify === "all" && unread > (old?.unread ?? 0) ? tell("message") : undefined;
}
