import { type Database, statement } from "./database.ts";
import { readMessage, type StoredMessage } from "./messages.ts";

const PAGE = 500;

interface Place {
  readonly position: number;
  readonly place: number;
}

/**
 * All messages of a conversation in the order of its log; or of all, in the order in which they came to be known. One
 * state of the profile from the first to the last, however long that takes: nothing else may be written meanwhile with
 * this `db`. Holds a page of numbers in memory, and ends its transaction when the loop over it is left.
 */
export function* eachMessage(db: Database, conversation: number | undefined): Generator<StoredMessage> {
  db.exec("begin deferred");
  try {
    let after: Place = { position: 0, place: -1 };
    for (;;) {
      const page = readPage(db, conversation, after);
      for (const { position } of page) {
        const message = readMessage(db, position);
        if (message !== undefined) yield message;
      }
      const last = page.at(-1);
      if (last === undefined) return;
      after = last;
    }
  } finally {
    db.exec("commit");
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
