import { emptyComposer, noCompletions, runComposer, typeText } from "../composer.ts";
import { emojiCalled, findEmoji } from "../emoji.ts";
import { graphemes } from "../layout/graphemes.ts";
import type { State } from "../state.ts";
import type { Behaviour, Step } from "./behaviour.ts";
import { messageWith } from "./message.ts";
import type { ReactScreen } from "./screen.ts";

export interface ReactItem {
  readonly emoji: string;
  readonly name: string;
  /** Already there: choosing it takes it back. */
  readonly mine: boolean;
}

const MAX_FOUND = 100;
/** What people answer with, before anything is typed. */
const usual = [
  "thumbsup",
  "heart",
  "joy",
  "tada",
  "eyes",
  "white_check_mark",
  "pray",
  "thinking",
  "cry",
  "thumbsdown",
];

export function reactScreenOf(state: State): ReactScreen | undefined {
  const key = state.open?.selected;
  const message = key === undefined ? undefined : messageWith(state, key);
  if (message === undefined || message.deleted || message.content !== "text") return undefined;
  return { kind: "react", key: message.key, query: emptyComposer, chosen: 0 };
}

/** One's own first, to be taken back, then the others' and the usual ones, or what is sought. */
export function reactItems(state: State, { key, query }: ReactScreen): readonly ReactItem[] {
  const reactions = messageWith(state, key)?.reactions ?? [];
  const mine = new Set(reactions.filter((each) => each.mine).map(({ emoji }) => emoji));
  const sought = query.text.trim().replace(/^:|:$/g, "");
  const found =
    sought === ""
      ? usualWith(
          reactions.map(({ emoji }) => emoji),
          mine,
        )
      : foundFor(sought);
  return found.map(({ emoji, name }) => ({ emoji, name, mine: mine.has(emoji) }));
}

interface Named {
  readonly emoji: string;
  readonly name: string;
}

function usualWith(there: readonly string[], mine: ReadonlySet<string>): readonly Named[] {
  const known = usual.flatMap((name) => ({ emoji: emojiCalled(name) ?? "", name }));
  const nameOf = (emoji: string) => known.find((each) => each.emoji === emoji)?.name ?? "";
  const first = [...there].sort((one, other) => Number(mine.has(other)) - Number(mine.has(one)));
  const rest = known.filter(({ emoji }) => emoji !== "" && !there.includes(emoji));
  return [...first.map((emoji) => ({ emoji, name: nameOf(emoji) })), ...rest];
}

/** An emoji that was typed or pasted is taken as it is. */
function foundFor(sought: string): readonly Named[] {
  const [first, second] = graphemes(sought);
  const isOne = first !== undefined && second === undefined && /\p{Emoji_Presentation}|\ufe0f/u.test(sought);
  return isOne ? [{ emoji: sought, name: "" }] : findEmoji(sought, MAX_FOUND);
}

export const react: Behaviour<ReactScreen> = {
  contexts: () => ["list", "text"],
  run(screen, command, state) {
    switch (command) {
      case "up":
        return { screen: moved(screen, state, -1) };
      case "down":
        return { screen: moved(screen, state, 1) };
      case "page up":
        return { screen: moved(screen, state, -10) };
      case "page down":
        return { screen: moved(screen, state, 10) };
      case "choose":
        return choose(screen, screen.chosen, state);
      default: {
        const query = runComposer(screen.query, command, noCompletions);
        return query === screen.query ? undefined : { screen: { ...screen, query, chosen: 0 } };
      }
    }
  },
  type: (screen, text) => {
    const query = typeText(screen.query, text.replaceAll("\n", " "));
    return { screen: { ...screen, query, chosen: 0 } };
  },
  choose,
  take: () => undefined,
  fail: () => undefined,
};

function choose(screen: ReactScreen, index: number, state: State): Step<ReactScreen> {
  const item = reactItems(state, screen)[index];
  const message = messageWith(state, screen.key);
  if (item === undefined || message === undefined) return { screen };
  const { emoji, mine } = item;
  return { screen: "close", effects: [{ kind: "react", id: message.id, emoji, remove: mine }] };
}

function moved(screen: ReactScreen, state: State, by: number): ReactScreen {
  const last = reactItems(state, screen).length - 1;
  return { ...screen, chosen: Math.max(0, Math.min(last, screen.chosen + by)) };
}
