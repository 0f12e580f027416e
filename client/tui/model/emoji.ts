import { emojiTable } from "./emoji-table.ts";

export interface Emoji {
  readonly emoji: string;
  readonly name: string;
}

interface Table {
  readonly all: readonly Emoji[];
  readonly byName: ReadonlyMap<string, string>;
}

/** Made when it is first needed: nobody should wait for it at the start. */
let table: Table | undefined;

function known(): Table {
  if (table !== undefined) return table;
  const all = emojiTable
    .trim()
    .split(/[,\n]+/)
    .flatMap((entry) => {
      const [emoji = "", ...names] = entry.split(" ");
      return names.map((name) => ({ emoji, name }));
    });
  table = { all, byName: new Map(all.map(({ name, emoji }) => [name, emoji])) };
  return table;
}

/** `thumbsup` → 👍. */
export function emojiCalled(name: string): string | undefined {
  return known().byName.get(name.toLowerCase());
}

/** Those whose names begin so, the shortest first, then those with a word that does, then those that hold it at all. */
export function findEmoji(sought: string, limit: number): readonly Emoji[] {
  const query = sought.toLowerCase();
  const ranks: [Emoji[], Emoji[], Emoji[]] = [[], [], []];
  for (const entry of known().all) {
    const at = entry.name.indexOf(query);
    if (at === 0) ranks[0].push(entry);
    else if (at > 0) ranks[entry.name.includes(`_${query}`) ? 1 : 2].push(entry);
  }
  for (const rank of ranks) rank.sort((one, other) => one.name.length - other.name.length);
  const seen = new Set<string>();
  return ranks
    .flat()
    .filter(({ emoji }) => !seen.has(emoji) && seen.add(emoji))
    .slice(0, limit);
}
