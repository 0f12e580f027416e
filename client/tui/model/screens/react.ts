import { emptyComposer } from "../composer.ts";
import { emojiCalled, findEmoji } from "../emoji.ts";
import { graphemes } from "../layout/graphemes.ts";
import type { State } from "../state.ts";
import type { Behaviour, Step } from "./behaviour.ts";
import { messageWith } from "./message.ts";
import { fieldAfter, stepOf, typedInto, within } from "./moving.ts";
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
    const by = stepOf(command);
    if (by !== undefined) {
      return { screen: { ...screen, chosen: within(screen.chosen + by, reactItems(state, screen).length) } };
    }
    if (command === "choose") return choose(screen, screen.chosen, state);
    const query = fieldAfter(screen.query, command);
    return query && { screen: { ...screen, query, chosen: 0 } };
  },
  type: (screen, text) => ({ screen: { ...screen, query: typedInto(screen.query, text), chosen: 0 } }),
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
