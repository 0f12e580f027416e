import { go, type KeysResult, prepare } from "fuzzysort";
import { type CommandName, commandNames, commands } from "../command.ts";
import { emptyComposer } from "../composer.ts";
import { rowOf } from "../conversation-list.ts";
import type { State } from "../state.ts";
import type { Behaviour, Step } from "./behaviour.ts";
import { invitation } from "./confirm.ts";
import { fieldAfter, stepOf, typedInto, within } from "./moving.ts";
import type { PaletteScreen } from "./screen.ts";

export type PaletteItem =
  | { readonly kind: "conversation"; readonly name: string }
  | { readonly kind: "command"; readonly command: CommandName };

/** More than fit on any screen are not looked at. */
const MAX_ITEMS = 100;

export const emptyPalette: PaletteScreen = { kind: "palette", query: emptyComposer, chosen: 0 };

export const palette: Behaviour<PaletteScreen> = {
  contexts: () => ["list", "text"],
  run(screen, command, state) {
    const by = stepOf(command);
    if (by !== undefined) {
      return {
        screen: {
          ...screen,
          chosen: within(screen.chosen + by, paletteItems(state, screen.query.text).length),
        },
      };
    }
    if (command === "choose") return choose(screen, screen.chosen, state);
    if (command === "palette") return { screen: "close" };
    const query = fieldAfter(screen.query, command);
    return query && { screen: { ...screen, query, chosen: 0 } };
  },
  type: (screen, text) => ({ screen: { ...screen, query: typedInto(screen.query, text), chosen: 0 } }),
  choose,
  take: () => undefined,
  fail: () => undefined,
};

function choose(screen: PaletteScreen, index: number, state: State): Step<PaletteScreen> {
  const item = paletteItems(state, screen.query.text)[index];
  if (item === undefined) return { screen };
  if (item.kind === "command") return { screen: "close", command: item.command };
  const row = rowOf(state, item.name);
  return row?.standing === "invited"
    ? { screen: "close", over: invitation(row.name, row.invitedBy) }
    : { screen: "close", goTo: { conversation: item.name } };
}

interface Candidate {
  readonly item: PaletteItem;
  readonly name: ReturnType<typeof prepare>;
  readonly also: ReturnType<typeof prepare>;
}

const commandCandidates: readonly Candidate[] = commandNames
  .filter((name) => !("hidden" in commands[name]) && name !== "palette")
  .map((name) => candidate({ kind: "command", command: name }, commands[name].label, name));

let prepared: { readonly of: State["conversations"]; readonly all: readonly Candidate[] } | undefined;
let found:
  | { readonly in: readonly Candidate[]; readonly query: string; readonly items: readonly PaletteItem[] }
  | undefined;

/** Conversations and commands that the query fits, the best first; without a query, as the list has them. */
export function paletteItems({ conversations }: State, query: string): readonly PaletteItem[] {
  if (prepared?.of !== conversations) {
    const rows = conversations.map(({ name, title }) =>
      candidate({ kind: "conversation", name }, name, title ?? ""),
    );
    prepared = { of: conversations, all: [...rows, ...commandCandidates] };
  }
  const all = prepared.all;
  // Of a conversation one may write the sign too, as the list shows it.
  if (found?.in !== all || found.query !== query)
    found = { in: all, query, items: search(all, query.trim().replace(/^[#@]/, "")) };
  return found.items;
}

function search(all: readonly Candidate[], query: string): readonly PaletteItem[] {
  if (query === "") {
    const rows = all.slice(0, Math.min(MAX_ITEMS, all.length - commandCandidates.length));
    return [...rows, ...commandCandidates].map(({ item }) => item);
  }
  const results: readonly KeysResult<Candidate>[] = go(query, all, {
    keys: [({ name }) => name, ({ also }) => also],
    limit: MAX_ITEMS,
    threshold: 0.2,
    // Whoever types a name means the conversation.
    scoreFn: ({ score, obj }) => (obj.item.kind === "command" ? score * 0.9 : score),
  });
  return results.map(({ obj }) => obj.item);
}

function candidate(item: PaletteItem, name: string, also: string): Candidate {
  return { item, name: prepare(name), also: prepare(also) };
}
