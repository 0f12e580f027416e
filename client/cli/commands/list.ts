import { type ConversationRow, listConversations } from "../../core/conversations/list-conversations.ts";
import { safeText } from "../../safe-text.ts";
import type { Context } from "../context.ts";
import { conversationObject } from "../json-objects.ts";
import { noteRequests } from "../note-requests.ts";
import { preview } from "../preview.ts";
import { dateOf, moment } from "../times.ts";
import { withProfile } from "../with-profile.ts";

export async function list(context: Context): Promise<void> {
  const { output } = context;
  await withProfile(context, async (profile) => {
    const rows = listConversations(profile);
    if (output.json) {
      for (const row of rows) output.object(conversationObject(row));
      return;
    }
    print(context, rows);
    noteRequests(output, profile);
  });
}

function print({ output, now }: Context, rows: readonly ConversationRow[]): void {
  if (rows.length === 0) output.note("No conversations yet. `chat people` lists whom you can write to.");
  const nameWidth = Math.max(0, ...rows.map((row) => shownName(row).length));
  const countWidth = Math.max(0, ...rows.map((row) => counts(row).length));
  for (const row of rows) {
    const count = counts(row).padEnd(countWidth);
    const { lastMessage } = row;
    const time = lastMessage === null ? "" : moment(dateOf(lastMessage.sentAt), now());
    const cells = [
      output.paint(row.unread > 0 ? "bold" : "cyan", safeText(shownName(row)).padEnd(nameWidth)),
      row.unread > 0 ? output.paint("yellow", count) : count,
      output.paint("dim", time.padEnd("20 Nov".length)),
      row.standing === "invited" ? invitation(row) : preview(lastMessage?.text ?? ""),
    ];
    output.line(
      cells
        .filter((_, at) => at !== 1 || countWidth > 0)
        .join("  ")
        .trimEnd(),
    );
  }
}

function shownName({ name, kind }: ConversationRow): string {
  return kind === "group" || kind === "room" ? `#${name}` : name;
}

function invitation({ name, invitedBy }: ConversationRow): string {
  const by = invitedBy === null ? "" : ` by ${safeText(invitedBy)}`;
  return `you are invited${by}: chat group accept ${safeText(name)}`;
}

function counts({ unread, mentions, queued }: ConversationRow): string {
  const parts = [
    unread > 0 ? `${unread} unread` : "",
    mentions > 0 ? `@${mentions}` : "",
    queued > 0 ? `${queued} queued` : "",
  ];
  return parts.filter((part) => part !== "").join(", ");
}
