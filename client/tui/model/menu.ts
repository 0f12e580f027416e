import { findEmoji } from "./emoji.ts";
import { slashCommands, slashNames } from "./slash.ts";

/** The names that can be completed. */
export interface Offers {
  /** Of people, those of the conversation first. */
  readonly names: readonly string[];
  readonly conversations: readonly string[];
}

/** What is offered for the word before the cursor. Never empty. */
export interface Menu {
  /** Where the word begins; it ends at the cursor. */
  readonly from: number;
  readonly items: readonly MenuItem[];
  readonly chosen: number;
}

export interface MenuItem {
  readonly insert: string;
  readonly label: string;
  readonly hint: string;
}

const MAX_ITEMS = 8;
/** Of the word that is completed, and what leads to it. */
const LONGEST_WORD = 64;

const levels = ["all", "mentions", "none"];

/** Before it there is nothing that makes it a part of something else, as in `12:30` or `a@b`. */
const mention = /(?<=^|[\s([{"'])@([\p{L}\p{N}_.-]*)$/u;
const emojiName = /(?<=^|[\s([{"']):([\w+-]{2,})$/;
const commandName = /^\/(\w*)$/;

export function menuAt(text: string, cursor: number, offers: Offers): Menu | undefined {
  const found = itemsAt(text, cursor, offers);
  if (found === undefined || found.items.length === 0) return undefined;
  const { length, items } = found;
  return { from: cursor - length, items: items.slice(0, MAX_ITEMS), chosen: 0 };
}

interface Found {
  /** Of the word that would be replaced. */
  readonly length: number;
  readonly items: readonly MenuItem[];
}

/** Asks for names only where some are sought: there may be thousands, and it is called with every key. */
function itemsAt(text: string, cursor: number, offers: Offers): Found | undefined {
  const before = text.slice(Math.max(0, cursor - LONGEST_WORD), cursor);
  if (before.length === cursor && text.startsWith("/")) {
    const [command, begun] = commandName.exec(before) ?? [];
    if (command !== undefined && begun !== undefined)
      return { length: command.length, items: commands(begun) };
    const items = argumentsOf(before, offers);
    if (items !== undefined) return { length: lastWord(before).length, items };
  }
  const [at, begun] = mention.exec(before) ?? [];
  if (at !== undefined && begun !== undefined) {
    return { length: at.length, items: matching(offers.names, begun, (name) => `@${name}`) };
  }
  const [colon, sought] = emojiName.exec(before) ?? [];
  if (colon === undefined || sought === undefined) return undefined;
  const items = findEmoji(sought, MAX_ITEMS).map(({ emoji, name }) => {
    return { insert: emoji, label: emoji, hint: `:${name}:` };
  });
  return { length: colon.length, items };
}

function commands(begun: string): MenuItem[] {
  return slashNames
    .filter((name) => name.startsWith(begun.toLowerCase()))
    .map((name) => {
      const { usage, label } = slashCommands[name];
      const isAlone = usage === "";
      return {
        insert: isAlone ? `/${name}` : `/${name} `,
        label: isAlone ? `/${name}` : `/${name} ${usage}`,
        hint: label,
      };
    });
}

/** Undefined: nothing is completed there. */
function argumentsOf(before: string, offers: Offers): MenuItem[] | undefined {
  const [first = "", ...others] = before.split(" ");
  const name = slashNames.find((known) => `/${known}` === first.toLowerCase());
  const kind = name && slashCommands[name].argument;
  // Only invitations take several.
  if (kind === undefined || (others.length !== 1 && name !== "invite")) return undefined;
  const offered = kind === "level" ? levels : kind === "person" ? offers.names : offers.conversations;
  return matching(offered, lastWord(before), (item) => item);
}

function lastWord(text: string): string {
  return text.slice(text.lastIndexOf(" ") + 1);
}

/** `#ops` is found by `ops` too. */
function matching(names: readonly string[], begun: string, written: (name: string) => string): MenuItem[] {
  const sought = begun.replace(/^[@#]/, "").toLowerCase();
  return names
    .filter((name) => name.toLowerCase().replace(/^[@#]/, "").startsWith(sought))
    .map((name) => ({ insert: `${written(name)} `, label: written(name), hint: "" }));
}
