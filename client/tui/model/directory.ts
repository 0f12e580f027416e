import type { ConversationRow, Loaded, PersonRow } from "./data.ts";

/** Everybody on the relay, by name. */
export interface Directory {
  readonly people: readonly PersonRow[];
  /** Whether everybody has been listed: until then some are missing. */
  readonly isWhole: boolean;
}

export const nobodyYet: Directory = { people: [], isWhole: false };

/** With people who are new or changed; `isWhole`: these are all. */
export function withPeople(
  before: Directory,
  { people, isWhole }: Extract<Loaded, { what: "people" }>,
): Directory {
  const news = new Set(people.map(({ name }) => name));
  const kept = isWhole ? [] : before.people.filter(({ name }) => !news.has(name));
  const all = [...kept, ...people].sort((one, other) => (one.name < other.name ? -1 : 1));
  return { people: all, isWhole: before.isWhole || isWhole };
}

/** Those whose name fits, but for oneself. */
export function peopleCalled(
  { directory, me }: { readonly directory: Directory; readonly me: string },
  query: string,
): readonly PersonRow[] {
  return fitting(directory.people, query).filter(({ name }) => name !== me);
}

/** What the conversation with a person is called here, if there is one or not: a group may have his name. */
export function nameOfTalkWith(conversations: readonly ConversationRow[], person: string): string {
  const sure = `@${person}`;
  const talk = conversations.find(({ kind, name }) => kind === "dm" && (name === person || name === sure));
  if (talk !== undefined) return talk.name;
  return conversations.some(({ name }) => name === person) ? sure : person;
}

/** In their order, but what begins with the query before what only holds it. A sign before it does not count. */
export function fitting<T extends { readonly name: string }>(all: readonly T[], query: string): readonly T[] {
  const wanted = query.trim().toLowerCase().replace(/^[@#]/, "");
  if (wanted === "") return all;
  const bare = (name: string) => name.replace(/^#/, "");
  const found = all.filter(({ name }) => name.includes(wanted));
  const begins = found.filter(({ name }) => bare(name).startsWith(wanted));
  return [...begins, ...found.filter(({ name }) => !bare(name).startsWith(wanted))];
}
