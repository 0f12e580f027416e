import Sqlite from "better-sqlite3";
import { afterEach, beforeEach, expect, test } from "vitest";
import { contacts } from "./migrations/012-contacts.ts";
import { migrations } from "./migrations/index.ts";

let db: Sqlite.Database;

/** A profile as it was before there were requests. */
beforeEach(() => {
  db = new Sqlite(":memory:");
  for (const sql of migrations.slice(0, migrations.indexOf(contacts))) db.exec(sql);
});
afterEach(() => db.close());

const account = (digit: number) => new Uint8Array(32).fill(digit);

function direct(conversation: number, peer: number): void {
  db.prepare(
    "insert into conversations (conversation, conversation_id, kind, peer_name, peer_account) values (?, ?, 'dm', ?, ?)",
  ).run(conversation, account(100 + conversation), `person-${peer}`, account(peer));
}

function message(conversation: number, from: number, kind: "text" | "silent"): void {
  db.prepare(
    `insert into messages (conversation, message_id, account_id, device_id, kind, state, sent_at)
     values (?, randomblob(16), ?, randomblob(16), ?, 'received', 1)`,
  ).run(conversation, account(from), kind);
}

const shelves = () =>
  db.prepare("select conversation, shelf from conversations order by conversation").all() as {
    conversation: number;
    shelf: string;
  }[];
const shelfOf = (conversation: number) => shelves().find((row) => row.conversation === conversation)?.shelf;

test("whoever was talked with before there were requests is accepted", () => {
  direct(1, 1);
  message(1, 1, "text");
  // Programs alone have talked here.
  direct(2, 2);
  message(2, 2, "silent");
  db.prepare(
    `insert into conversations (conversation, conversation_id, kind, peer_name, standing, invited_by)
     values (3, ?, 'group', 'ops', 'invited', ?)`,
  ).run(account(103), account(3));
  db.prepare(
    "insert into conversations (conversation, conversation_id, kind, peer_name) values (4, ?, 'self', 'me')",
  ).run(account(104));
  db.exec(contacts);
  expect(shelves().map(({ shelf }) => shelf)).toEqual(["open", "request", "open", "open"]);
  expect(db.prepare("select account_id, standing from contacts order by account_id").all()).toEqual([
    { account_id: Buffer.from(account(1)), standing: "accepted" },
    { account_id: Buffer.from(account(3)), standing: "accepted" },
  ]);
});

test("a conversation is where its contact's standing puts it, whichever is known first", () => {
  db.exec(contacts);
  direct(1, 1);
  expect(shelfOf(1)).toBe("request");
  const before = db.prepare("select max(change) as change from summaries").get() as { change: number };
  db.prepare("insert into contacts (account_id, standing) values (?, 'accepted')").run(account(1));
  expect(shelfOf(1)).toBe("open");
  expect(db.prepare("select change from summaries where conversation = 1").get()).toEqual({
    change: before.change + 1,
  });
  db.prepare("update contacts set standing = 'blocked' where account_id = ?").run(account(1));
  expect(shelfOf(1)).toBe("blocked");
  direct(2, 1);
  expect(shelfOf(2)).toBe("blocked");
});

test("a name without an account is open, and takes the standing of the account that it turns out to be", () => {
  db.exec(contacts);
  db.exec("insert into conversations (conversation, kind, peer_name) values (1, 'dm', 'bob')");
  expect(shelfOf(1)).toBe("open");
  db.prepare("update conversations set conversation_id = ?, peer_account = ? where conversation = 1").run(
    account(101),
    account(1),
  );
  expect(shelfOf(1)).toBe("request");
});

test("an invitation is with who sent it, until it is accepted", () => {
  db.exec(contacts);
  db.prepare(
    `insert into conversations (conversation, conversation_id, kind, peer_name, standing, invited_by)
     values (1, ?, 'group', 'ops', 'invited', ?)`,
  ).run(account(101), account(3));
  expect(shelfOf(1)).toBe("request");
  db.exec("update conversations set standing = 'member'");
  expect(shelfOf(1)).toBe("open");
});
