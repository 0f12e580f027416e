import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { accountId, deviceId, messageId, randomBytes } from "../../keys/index.ts";
import { addConversation } from "./conversations.ts";
import { type Database, openDatabase, transact } from "./database.ts";
import { addMessage } from "./messages.ts";
import { search as migration } from "./migrations/003-search.ts";
import { findTexts, type SearchTerm, type TextSearch } from "./search.ts";

const key = new Uint8Array(32).fill(7);
const alice = accountId(new Uint8Array(32).fill(1));
const bob = accountId(new Uint8Array(32).fill(2));
let folder: string;
let path: string;
let db: Database;
let conversation: number;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sotto-search-"));
  path = join(folder, "profile.db");
  db = openDatabase(path, key, { create: true });
  conversation = addConversation(db, { kind: "dm", peerName: "bob" });
});
afterEach(() => {
  db.close();
  rmSync(folder, { recursive: true, force: true });
});

function add(text: string, made: { at?: number; from?: typeof alice; conversation?: number } = {}): number {
  const position = addMessage(db, {
    conversation: made.conversation ?? conversation,
    messageId: messageId(randomBytes(16)),
    accountId: made.from ?? bob,
    deviceId: deviceId(new Uint8Array(16)),
    kind: "text",
    state: "received",
    unread: false,
    text,
    sentAt: 1,
    receivedAt: made.at ?? 1,
  });
  if (position === undefined) throw new Error("it was there");
  return position;
}

function found(words: string, more: Partial<TextSearch> = {}): number[] {
  const terms = words.split(" ").map((word): SearchTerm => {
    return { text: word.replace(/\*$/, ""), isPrefix: word.endsWith("*") };
  });
  return findTexts(db, { terms, limit: 100, ...more }, { open: "[", close: "]" }).map(
    ({ position }) => position,
  );
}

function setText(position: number, text: string | null): void {
  db.prepare("update messages set text = ? where position = ?").run(text, position);
}

/** Throws when the index does not hold exactly what the messages say. */
function checkIndex(): void {
  db.exec("insert into message_search (message_search, rank) values ('integrity-check', 1)");
}

/** The stored bytes of the index, as SQLite has them once it has decrypted a page. */
function indexHolds(word: string): boolean {
  const tables = [
    "select block as bytes from message_search_data",
    "select term as bytes from message_search_idx",
  ];
  return tables.some((sql) =>
    db
      .prepare<[], { bytes: Uint8Array | string }>(sql)
      .all()
      .some(({ bytes }) => Buffer.from(bytes).includes(word)),
  );
}

test("a word is found in any case and without its accents, newest first, up to the limit", () => {
  const first = add("Der Café-Plan");
  const second = add("CAFE again");
  add("caffeine");
  expect(found("café")).toEqual([second, first]);
  expect(found("cafe", { limit: 1 })).toEqual([second]);
  expect(found("caf*")).toHaveLength(3);
});

test("all words must be there, those of one term one after the other", () => {
  const one = add("the deploy is green");
  const other = add("green is the deploy");
  expect(found("green deploy")).toEqual([other, one]);
  const terms = [{ text: "is gre", isPrefix: true }];
  expect(findTexts(db, { terms, limit: 9 }, { open: "[", close: "]" })).toEqual([
    { position: one, snippet: "the deploy [is green]" },
  ]);
});

test("conversation, sender and time narrow it down", () => {
  const elsewhere = addConversation(db, { kind: "dm", peerName: "carol" });
  const early = add("lunch", { at: 10 });
  const own = add("lunch", { at: 20, from: alice });
  const other = add("lunch", { at: 30, conversation: elsewhere });
  expect(found("lunch", { conversation })).toEqual([own, early]);
  expect(found("lunch", { from: alice })).toEqual([own]);
  expect(found("lunch", { before: 20 })).toEqual([early]);
  expect(found("lunch", { after: 20 })).toEqual([other, own]);
  expect(found("lunch", { after: 20, before: 30, conversation, from: bob })).toEqual([]);
});

test("an edited text is found by its new words only, a deleted one by none", () => {
  const position = add("meet at noon");
  setText(position, "meet at midnight");
  expect(found("noon")).toEqual([]);
  expect(found("midnight")).toEqual([position]);
  setText(position, null);
  expect(found("midnight")).toEqual([]);
  setText(position, "back");
  expect(found("back")).toEqual([position]);
  checkIndex();
});

test("a row that is deleted, and one that moves to another conversation, leave the index right", () => {
  const position = add("meet at noon");
  db.prepare("update messages set conversation = ?, unread = 1").run(
    addConversation(db, { kind: "self", peerName: "alice" }),
  );
  expect(found("noon")).toEqual([position]);
  db.prepare("delete from messages").run();
  expect(found("noon")).toEqual([]);
  checkIndex();
});

test("words of a text that is gone are nowhere in the index", () => {
  const position = transact(db, () => {
    for (let at = 0; at < 500; at += 1) add(`noise number ${at}`);
    return add("xylophone at dawn");
  });
  for (let at = 0; at < 20; at += 1) add(`more noise ${at}`);
  expect(indexHolds("ylophone")).toBe(true);
  setText(position, null);
  expect(indexHolds("ylophone")).toBe(false);
  const other = add("quagmire");
  expect(indexHolds("uagmire")).toBe(true);
  setText(other, "quiet");
  expect(indexHolds("uagmire")).toBe(false);
  checkIndex();
});

test("an older profile's messages are found once it has an index", () => {
  const position = add("from long ago");
  for (const trigger of ["added", "deleted", "taken_out", "put_in"])
    db.exec(`drop trigger search_${trigger}`);
  db.exec("drop table message_search");
  db.exec(migration);
  expect(found("long")).toEqual([position]);
  const next = add("no longer");
  expect(found("lon*")).toEqual([next, position]);
  checkIndex();
});

test("the index does not hold the text a second time", () => {
  add("a sentence that would be seen");
  expect(indexHolds("sentence that would")).toBe(false);
});

test("no words whatever make SQLite throw", () => {
  add("a few words");
  const strange = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.string({
      unit: fc.constantFrom('"', "*", "(", ")", "AND", "NEAR", "-", "^", ":", "\0", "{", " ", "a"),
    }),
  );
  const terms = fc.array(fc.record({ text: strange, isPrefix: fc.boolean() }), { maxLength: 8 });
  fc.assert(
    fc.property(terms, (given) => {
      findTexts(db, { terms: given, limit: 5 }, { open: "[", close: "]" });
    }),
    { numRuns: 500 },
  );
});
