import { type Database, statement } from "./database.ts";

/** What a device says of a log: everything after `after` and up to `through` is read, but for `unread`. */
export interface OwnRead {
  readonly after: number;
  readonly through: number;
  readonly unread: readonly number[];
}

/** What is read here. `start` is where the log begins, positions up to `floor` belong to one that is lost. */
export function readOwnRead(
  db: Database,
  conversation: number,
  { start, floor, limit }: { readonly start: number; readonly floor: number; readonly limit: number },
): OwnRead | undefined {
  const newest = statement<[number, number], { sequence: number }>(
    db,
    `select sequence from messages
     where conversation = ? and position > ? and unread = 0 and state = 'received' and kind in ('text', 'unknown')
       and shared_by is null and coalesce(sequence, 9007199254740991) < 9007199254740991
     order by coalesce(sequence, 9007199254740991) desc limit 1`,
  ).get(conversation, floor)?.sequence;
  if (newest === undefined) return undefined;
  const unread = statement<number[], { sequence: number }>(
    db,
    `select sequence from (
       select * from messages where conversation = ? and unread = 1
       union all
       select * from messages where conversation = ? and kind = 'unreadable')
     where position > ? and sequence > ? and sequence < ? and shared_by is null
     order by sequence desc limit ?`,
  )
    .all(conversation, conversation, floor, start, newest, limit)
    .map(({ sequence }) => sequence);
  // Of what is before a full list nothing is said.
  const after = unread.length < limit ? start : Math.min(...unread);
  return { after, through: newest, unread };
}

/** What was read elsewhere is read here, as far as it is here. */
export function applyOwnRead(
  db: Database,
  conversation: number,
  floor: number,
  { after, through, unread }: OwnRead,
): void {
  statement<[number, number, number, number, string], never>(
    db,
    `update messages set unread = 0
     where conversation = ? and unread = 1 and position > ? and sequence > ? and sequence <= ?
       and sequence not in (select value from json_each(?))`,
  ).run(conversation, floor, after, through, JSON.stringify(unread));
}

/** JSON; undefined: nothing is awaited any more. */
export function setAwaitedReads(db: Database, conversation: number, reads: string | undefined): void {
  statement<[string | null, number], never>(
    db,
    "update conversations set own_read = ? where conversation = ?",
  ).run(reads ?? null, conversation);
}
