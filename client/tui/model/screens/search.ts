import { composerWith, emptyComposer } from "../composer.ts";
import type { SearchHit } from "../data.ts";
import type { Effect } from "../effect.ts";
import { failed, type Loadable, loaded, loading, valueIn } from "../loadable.ts";
import type { State } from "../state.ts";
import type { Behaviour, Step } from "./behaviour.ts";
import { signed } from "./details-items.ts";
import { fieldAfter, stepOf, typedInto, within } from "./moving.ts";
import type { SearchScreen } from "./screen.ts";

export const blankSearch: SearchScreen = {
  kind: "search",
  query: emptyComposer,
  asked: undefined,
  found: undefined,
  chosen: 0,
};

/** For words in the conversation that is open, if there is one. */
export function searchHere({ open, conversations }: State): SearchScreen {
  if (open === undefined) return blankSearch;
  const kind = conversations.find(({ name }) => name === open.name)?.kind;
  const isGroup = kind === "group" || kind === "room";
  return { ...blankSearch, query: composerWith(`in:${isGroup ? signed(open.name) : open.name} `) };
}

/**
 * Searches as one types, without a timer: one search runs at a time, and when it is done the newest query is next. So
 * a fast profile keeps up with every key, and a slow one is asked as often as it can answer.
 */
export const search: Behaviour<SearchScreen> = {
  contexts: () => ["list", "text"],
  run(screen, command) {
    const hits = hitsOf(screen);
    const by = stepOf(command);
    if (by !== undefined) return { screen: { ...screen, chosen: within(screen.chosen + by, hits.length) } };
    if (command === "choose") return jump(screen, screen.chosen);
    // A blank belongs to what is typed.
    if (command === "mark") return asking({ ...screen, query: typedInto(screen.query, " ") });
    const query = fieldAfter(screen.query, command);
    return query && asking({ ...screen, query });
  },
  type: (screen, text) => asking({ ...screen, query: typedInto(screen.query, text) }),
  choose: jump,
  take: (screen, answer) =>
    answer.what === "search" && answer.query === screen.asked
      ? answered(screen, loaded(answer.hits))
      : undefined,
  fail: (screen, effect, failure) =>
    effect === "search" && screen.asked !== undefined
      ? answered(screen, failed(loading, failure))
      : undefined,
};

export function hitsOf({ found }: SearchScreen): readonly SearchHit[] {
  return (found && valueIn(found.hits)) ?? [];
}

const filters = /(^|\s)(from|in|before|after):\S*/gi;
const searchable = /[\p{L}\p{N}]/u;

/** Whether there is anything in it to search for: filters only narrow down what words find. */
export function isSearch(query: string): boolean {
  return searchable.test(query.replaceAll(filters, " "));
}

function answered(screen: SearchScreen, hits: Loadable<readonly SearchHit[]>): Step<SearchScreen> {
  const query = screen.asked ?? "";
  return asking({ ...screen, asked: undefined, found: { query, hits }, chosen: 0 });
}

function asking(screen: SearchScreen): Step<SearchScreen> {
  const query = screen.query.text.trim();
  if (!isSearch(query)) return { screen: { ...screen, found: undefined, chosen: 0 } };
  if (screen.asked !== undefined || screen.found?.query === query) return { screen };
  const effects: Effect[] = [{ kind: "search", query }];
  return { screen: { ...screen, asked: query }, effects };
}

function jump(screen: SearchScreen, index: number): Step<SearchScreen> {
  const hit = hitsOf(screen)[index];
  if (hit === undefined) return { screen };
  return {
    screen: { ...screen, chosen: index },
    goTo: { conversation: hit.conversation, around: hit.key },
  };
}
