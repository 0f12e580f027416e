import { requestCalled } from "../model/barrier.ts";
import { rowOf } from "../model/conversation-list.ts";
import { isConversationShown, isWide } from "../model/geometry.ts";
import { blank, span, widthOf } from "../model/layout/spans.ts";
import type { Line, Span } from "../model/line.ts";
import { signed } from "../model/screens/details-items.ts";
import type { Screen } from "../model/screens/screen.ts";
import type { State } from "../model/state.ts";
import { unreadElsewhere } from "./conversations.ts";
import { type Hint, waysOf } from "./hints.ts";
import { apart } from "./parts.ts";
import { counted, titleOf, VERIFIED } from "./words.ts";

/** What is on the screen, and the ways to the rest. `left`: where the conversation begins. */
export function headerLine(state: State, width: number, left: number): Line {
  // Before there is an account nothing is listed, and the first run begins at the left.
  const margin =
    isWide(state) && state.me !== "" ? [span(" "), span("Sotto", "accent"), blank(left - 6)] : [span(" ")];
  const unread = isWide(state) || !isConversationShown(state) ? [] : unreadElsewhere(state);
  const ways = hintSpans(waysOf(state));
  const title = titleOfScreen(state);
  let facts = title === "" || !isConversationShown(state) ? [] : factsOf(state);
  const start = (): readonly Span[] => {
    const about = facts.length === 0 ? [] : [span(`  ${facts.join(" · ")}`, "dim")];
    return [...margin, span(title, "strong"), ...about];
  };
  const ends = [joined([unread, ways]), joined([unread])];
  const fits = (end: readonly Span[]): boolean => widthOf(start()) + 2 + widthOf(end) <= width;
  // What one is looking at matters more than how to leave it, and that more than what else there is to know of it.
  while (facts.length > 0 && !ends.slice(0, 1).some(fits)) facts = facts.slice(0, -1);
  return { spans: apart(start(), ends.find(fits) ?? [], width) };
}

function joined(parts: readonly (readonly Span[])[]): readonly Span[] {
  const there = parts.filter(({ length }) => length > 0);
  return there.flatMap((part, at) => [...part, span(at === there.length - 1 ? " " : "   ")]);
}

export function hintSpans(hints: readonly Hint[]): readonly Span[] {
  return hints.flatMap(({ label, command }, at) => {
    const hint: Span = { ...span(label, "dim"), target: { kind: "command", command } };
    return at === 0 ? [hint] : [span("  "), hint];
  });
}

function titleOfScreen(state: State): string {
  const top = state.screens.at(-1);
  if (top !== undefined) return screenTitle(top);
  if (!isConversationShown(state)) return "Conversations";
  const { open } = state;
  if (open === undefined) return isWide(state) ? "" : "Sotto";
  const kind = open.head?.kind ?? rowOf(state, open.name)?.kind ?? "dm";
  return titleOf({ name: open.name, kind });
}

/** What one should know of the conversation at a glance, the most important first. */
function factsOf(state: State): readonly string[] {
  const { open, present } = state;
  if (open === undefined) return [];
  const { head } = open;
  const row = rowOf(state, open.name);
  const facts: string[] = [];
  if (row?.standing === "left") facts.push("you left");
  if (row?.standing === "removed") facts.push("you were removed");
  if (row?.kind === "self") facts.push("notes to yourself");
  else if (head !== undefined && head.kind !== "dm") {
    const others = head.members.filter((name) => name !== state.me);
    const here = others.filter((name) => present.has(name)).length;
    const verified =
      head.verified.length === 0 ? "" : `, ${head.verified.length} of ${others.length} verified ${VERIFIED}`;
    facts.push(counted(head.members.length, "member") + (here === 0 ? "" : `, ${here} here`) + verified);
  } else if (head !== undefined) {
    if (requestCalled(state, open.name) !== undefined) facts.push("a stranger's request");
    if (head.trust?.standing === "blocked") facts.push("blocked");
    if (head.verified.length > 0) facts.push(`verified ${VERIFIED}`);
    if (present.has(open.name)) facts.push("here");
  }
  if (row?.notify === "none") facts.push("muted");
  if (row?.notify === "mentions") facts.push("mentions only");
  if (row?.title !== undefined && row.title !== open.name) facts.push(row.title);
  return facts;
}

/** Where the name of its kind is not a title already. */
const screenTitles: { readonly [Kind in Screen["kind"]]?: string } = {
  confirm: "One question",
  "new group": "New group or room",
  "new key": "New keys",
  palette: "Go to",
  "log in": "Log in",
  "sign out": "Sign out",
  wizard: "Sotto",
};

export function screenTitle(screen: Screen): string {
  const { kind } = screen;
  if (screen.kind === "details") {
    return `Details of ${screen.about.kind === "group" ? signed(screen.name) : screen.name}`;
  }
  return screenTitles[kind] ?? kind.charAt(0).toUpperCase() + kind.slice(1);
}
