import type { ConversationRow } from "../model/data.ts";

/** Behind the name of somebody whose safety number was compared. */
export const VERIFIED = "✓";

/** A conversation as people call it: groups and rooms have their sign. */
export function titleOf({ name, kind }: Pick<ConversationRow, "name" | "kind">): string {
  if (kind === "self") return "me";
  const isGroup = kind === "group" || kind === "room";
  return isGroup && !name.startsWith("#") ? `#${name}` : name;
}

/** `1 member`, `1,200 members`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${numeral(count)} ${count === 1 ? one : many}`;
}

/** Written out: the formatters of Intl take milliseconds to make. */
export function numeral(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** `bob is typing`, `bob and carol are typing`, `5 people are typing`. */
export function typingText(names: readonly string[]): string {
  const [first, second, third] = names;
  if (first === undefined) return "";
  if (second === undefined) return `${first} is typing`;
  return third === undefined
    ? `${first} and ${second} are typing`
    : `${numeral(names.length)} people are typing`;
}
