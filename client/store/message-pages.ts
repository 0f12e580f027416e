import { type Database, statement } from "./database.ts";
import { readMessage, type StoredMessage } from "./messages.ts";
import { StoreError } from "./store-error.ts";

const PAGE = 500;
/** How far is looked for messages where the end of the table is damaged. */
const UNKNOWN_END = 100_000;

interface Place {
  readonly position: number;
  readonly place: number;
}

/**
 * All messages of a conversation in the order of its log; or of all, in the order in which they came to be known. One
 * state of the profile from the first to the last, however long that takes: nothing else may be written meanwhile with
 * this `db`. Holds a page of numbers in memory, and ends its transaction when the loop over it is left. Of a
 * damaged profile it gives what it can still read, and throws the damage at the end.
 */
export function* eachMessage(db: Database, conversation: number | undefined): Generator<StoredMessage> {
  db.exec("begin deferred");
  const given = new Positions();
  try {
    for (const position of eachPosition(db, conversation)) {
      const message = readMessage(db, position);
      given.add(position);
      if (message !== undefined) yield message;
    }
  } catch (error) {
    const damage = StoreError.from(error);
    if (damage.code !== "damaged") throw error;
    // A transaction that has met a broken page reads no other page any more.
    db.exec("rollback");
    yield* eachReadable(db, conversation, given);
    throw damage;
  } finally {
    if (db.inTransaction) db.exec("commit");
  }
}

function* eachPosition(db: Database, conversation: number | undefined): Generator<number> {
  let after: Place = { position: 0, place: -1 };
  for (;;) {
    const page = readPage(db, conversation, after);
    for (const { position } of page) yield position;
    const last = page.at(-1);
    if (last === undefined) return;
    after = last;
  }
}

/** Of millions, a bit each. */
class Positions {
  greatest = 0;
  #bits = new Uint8Array(1_024);

  add(position: number): void {
    const at = position >> 3;
    if (at >= this.#bits.length) {
      const larger = new Uint8Array(2 * at);
      larger.set(this.#bits);
      this.#bits = larger;
    }
    this.#bits[at] = (this.#bits[at] ?? 0) | (1 << (position & 7));
    this.greatest = Math.max(this.greatest, position);
  }

  has(position: number): boolean {
    return ((this.#bits[position >> 3] ?? 0) & (1 << (position & 7))) !== 0;
  }
}

/** One by one, without any index: a damaged page takes only those on it. */
function* eachReadable(
  db: Database,
  conversation: number | undefined,
  given: Positions,
): Generator<StoredMessage> {
  const attempt = <T>(work: () => T): T | undefined => {
    try {
      return work();
    } catch {
      return undefined;
    }
  };
  const newest = attempt(() =>
    statement<[], { position: number }>(db, "select max(position) as position from messages").get(),
  );
  const last = newest?.position ?? given.greatest + UNKNOWN_END;
  for (let position = 1; position <= last; position += 1) {
    if (given.has(position)) continue;
    const message = attempt(() => readMessage(db, position));
    if (message === undefined || message.kind === "silent") continue;
    if (conversation === undefined || message.conversation === conversation) yield message;
  }
}

function readPage(db: Database, conversation: number | undefined, after: Place): Place[] {
  if (conversation === undefined) {
    return statement<[number, number], Place>(
      db,
      `select position, 0 as place from messages where position > ? and kind <> 'silent' order by position limit ?`,
    ).all(after.position, PAGE);
  }
  return statement<[number, number, number, number], Place>(
    db,
    `select position, coalesce(sequence, 9007199254740991) as place from messages
     where conversation = ? and (coalesce(sequence, 9007199254740991), position) > (?, ?) and kind <> 'silent'
     order by coalesce(sequence, 9007199254740991), position limit ?`,
  ).all(conversation, after.place, after.position, PAGE);
}
