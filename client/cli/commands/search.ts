import { type MessageFound, type SnippetPart, searchMessages } from "../../core/messages/search-messages.ts";
import type { SearchFilters } from "../../core/messages/search-query.ts";
import { safeText } from "../../safe-text.ts";
import type { Context } from "../context.ts";
import { messageObject } from "../json-objects.ts";
import { dateOf, moment } from "../times.ts";
import { withProfile } from "../with-profile.ts";

const SHORT_ID = 8;

export async function search(
  context: Context,
  words: readonly string[],
  { limit, filters }: { readonly limit: number; readonly filters: SearchFilters },
): Promise<void> {
  const { output } = context;
  const found = await withProfile(context, async (profile) =>
    searchMessages(profile, { query: words.join(" "), filters, limit }),
  );
  if (found.length === 0) output.note("Nothing found.");
  else if (output.json) printObjects(context, found);
  else printLines(context, found);
}

function printObjects({ output }: Context, found: readonly MessageFound[]): void {
  for (const { message, snippet } of found) {
    const marked = snippet
      .map(({ text, isMatch }) => (isMatch ? `**${text}**` : text))
      .join("")
      .trim();
    output.object({ ...messageObject(message), snippet: marked });
  }
}

function printLines({ output, now }: Context, found: readonly MessageFound[]): void {
  const rows = found.map(({ message, snippet }) => ({
    id: message.id.slice(0, SHORT_ID),
    time: moment(dateOf(message.sentAt), now()),
    conversation: safeText(message.conversation),
    from: safeText(message.from),
    sharedBy: message.sharedBy,
    snippet,
  }));
  const width = (of: (row: (typeof rows)[number]) => string) =>
    Math.max(...rows.map((row) => of(row).length));
  // Without colours nothing is bold.
  const isBold = output.paint("bold", "x") !== "x";
  const times = width(({ time }) => time);
  const conversations = width(({ conversation }) => conversation);
  const names = width(({ from }) => from);
  for (const { id, time, conversation, from, sharedBy, snippet } of rows) {
    const cells = [
      output.paint("dim", time.padEnd(times)),
      conversation.padEnd(conversations),
      output.paint("cyan", from.padEnd(names)),
      output.paint("dim", id),
      snippet
        .map((part) =>
          isBold && part.isMatch ? output.paint("bold", safeText(part.text)) : markWithStars(part),
        )
        .join("")
        .trim(),
      ...(sharedBy === null ? [] : [output.paint("dim", `(shared by ${safeText(sharedBy)})`)]),
    ];
    output.line(cells.join("  "));
  }
}

function markWithStars({ text, isMatch }: SnippetPart): string {
  return isMatch ? `**${safeText(text)}**` : safeText(text);
}
