import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { accountId, conversationId, deviceId, messageId, randomBytes } from "../../keys/index.ts";
import { addConversation, mergeConversation } from "./conversations.ts";
import { type Database, openDatabase } from "./database.ts";
import { addGroup, setNotify } from "./groups.ts";
import { addMessage, clearUnread, countMessages, markGone, type NewMessage, setShown } from "./messages.ts";
import { summaries as migration } from "./migrations/007-summaries.ts";
import { addIntent, removeIntent } from "./outbox.ts";
import { lastActive, newestChange, readSummaries, summariesChangedAfter } from "./summaries.ts";

const bob = accountId(new Uint8Array(32).fill(2));
const device = deviceId(new Uint8Array(16));
let folder: string;
let db: Database;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sotto-summaries-"));
  db = openDatabase(join(folder, "profile.db"), new Uint8Array(32).fill(7), { create: true });
});
afterEach(() => {
  db.close();
  rmSync(folder, { recursive: true, force: true });
});

function person(name: string): number {
  return addConversation(db, { conversationId: conversationId(randomBytes(32)), kind: "dm", peerName: name });
}

function add(conversation: number, made: Partial<NewMessage> = {}): number {
  const position = addMessage(db, {
    conversation,
    messageId: messageId(randomBytes(16)),
    accountId: bob,
    deviceId: device,
    kind: "text",
    state: "received",
    unread: false,
    text: "hello",
    sentAt: 1,
    ...made,
  });
  if (position === undefined) throw new Error("it was there");
  return position;
}

function names(limit = 100): string[] {
  return readSummaries(db, limit).map(({ peerName }) => peerName);
}

/** What a summary says, counted from the messages. */
const counted = `
  select conversation,
    (select count(*) from messages where messages.conversation = conversations.conversation and unread = 1) as unread,
    (select count(*) from messages
     where messages.conversation = conversations.conversation and unread = 1 and mentions_me = 1) as mentions,
    (select count(*) from outbox
     where outbox.conversation = conversations.conversation and purpose = 'message') as queued
  from conversations order by conversation`;
const kept = "select conversation, unread, mentions, queued from summaries order by conversation";

test("the conversation in which something was written last comes first, and invitations before all", () => {
  const [alice, carol] = [person("alice"), person("carol")];
  person("nobody wrote to");
  addGroup(db, {
    kind: "room",
    alias: "ops",
    title: "ops",
    standing: "member",
    conversationId: conversationId(randomBytes(32)),
  });
  add(alice);
  add(carol);
  add(alice);
  add(carol, { kind: "silent" });
  expect(names()).toEqual(["alice", "carol", "ops"]);
  expect(lastActive(db, 2)).toEqual([alice, carol]);
  db.exec("update conversations set standing = 'invited' where kind = 'room'");
  expect(names()).toEqual(["ops", "alice", "carol"]);
  expect(names(1)).toEqual(["ops", "alice"]);
});

test("a group that was left is listed only if something was written there", () => {
  for (const name of ["quiet", "loud"]) {
    const group = addGroup(db, {
      kind: "group",
      alias: name,
      title: name,
      standing: "member",
      conversationId: conversationId(randomBytes(32)),
    });
    if (name === "loud") add(group);
  }
  db.exec("update conversations set standing = 'left'");
  expect(names()).toEqual(["loud"]);
  db.exec("update conversations set standing = 'member'");
  expect(names().toSorted()).toEqual(["loud", "quiet"]);
});

test("a mere name is listed for as long as something waits to be sent there", () => {
  const provisional = addConversation(db, { kind: "dm", peerName: "whoever" });
  const position = add(provisional, { state: "queued" });
  addIntent(db, { conversation: provisional, position, purpose: "message" });
  expect(names()).toEqual(["whoever"]);
  removeIntent(db, 1);
  expect(names()).toEqual([]);
  expect(summariesChangedAfter(db, 0).map(({ isListed }) => isListed)).toEqual([false]);
});

test("whoever follows sees the conversations that changed, and no other", () => {
  const [alice, carol] = [person("alice"), person("carol")];
  const position = add(alice, { unread: true, mentionsMe: true });
  let seen = newestChange(db);
  const changed = (work: () => void): string[] => {
    work();
    const names = summariesChangedAfter(db, seen).map(({ peerName }) => peerName);
    seen = newestChange(db);
    return names;
  };
  expect(changed(() => undefined)).toEqual([]);
  expect(changed(() => add(carol))).toEqual(["carol"]);
  expect(changed(() => add(carol, { kind: "silent" }))).toEqual([]);
  expect(changed(() => clearUnread(db, position))).toEqual(["alice"]);
  const shown = { text: "hi", edited: true, deleted: false, pinned: false, mentionsMe: true };
  expect(changed(() => setShown(db, position, shown))).toEqual(["alice"]);
  expect(changed(() => setNotify(db, carol, "none"))).toEqual(["carol"]);
  expect(
    changed(() => db.prepare("insert into receipts values (?, ?, ?, 1, 0)").run(alice, bob, device)),
  ).toEqual(["alice"]);
  expect(changed(() => db.exec("update receipts set read_through = 1"))).toEqual(["alice"]);
  expect(changed(() => db.exec("update receipts set read_through = 1"))).toEqual([]);
  expect(changed(() => db.exec("update conversations set relay_head = 9"))).toEqual([]);
});

test("what is kept is what would be counted, whatever is done", () => {
  const step = fc.record({
    what: fc.nat(8),
    at: fc.nat(),
    to: fc.nat(3),
    flag: fc.boolean(),
    other: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      db.exec("delete from outbox; delete from messages; delete from conversations");
      const conversations = ["a", "b", "c"].map(person);
      const provisional = addConversation(db, { kind: "dm", peerName: "d" });
      const all = [...conversations, provisional];
      const positions: number[] = [];
      for (const { what, at, to, flag, other } of steps) {
        const into = all[to] ?? provisional;
        const position = positions[at % positions.length];
        if (what < 3) {
          const kind = what === 0 ? "silent" : "text";
          positions.push(add(into, { kind, unread: flag && kind === "text", mentionsMe: other }));
        }
        if (position === undefined) continue;
        if (what === 3) clearUnread(db, position);
        if (what === 4) markGone(db, position);
        if (what === 5)
          setShown(db, position, { text: "x", edited: flag, deleted: other, pinned: flag, mentionsMe: flag });
        if (what === 6)
          addIntent(db, { conversation: into, position, purpose: flag ? "message" : "control" });
        if (what === 7) removeIntent(db, at % 5);
        if (what === 8 && at % 5 === 0) {
          db.exec("delete from outbox");
          db.prepare("delete from messages where position = ?").run(position);
          positions.splice(positions.indexOf(position), 1);
        }
      }
      const [first] = conversations;
      if (first !== undefined) mergeConversation(db, provisional, first);
      expect(db.prepare(kept).all()).toEqual(db.prepare(counted).all());
    }),
    { numRuns: 60 },
  );
});

test("the counts of a conversation are those of its summary", () => {
  const alice = person("alice");
  add(alice, { unread: true, mentionsMe: true });
  add(alice, { unread: true });
  expect(countMessages(db, alice)).toEqual({ unread: 2, mentions: 1, queued: 0 });
});

test("a profile from before summaries gets those that it would have by now", () => {
  const [alice, carol] = [person("alice"), person("carol")];
  person("dave");
  addGroup(db, {
    kind: "room",
    alias: "ops",
    title: "ops",
    standing: "member",
    conversationId: conversationId(randomBytes(32)),
  });
  add(alice, { unread: true });
  add(carol, { unread: true, mentionsMe: true });
  addIntent(db, { conversation: alice, position: add(alice, { state: "queued" }), purpose: "message" });
  const now = readSummaries(db, 100);
  const triggers = db.prepare<[], { name: string }>(
    "select name from sqlite_master where type = 'trigger' and name not like 'search%'",
  );
  for (const { name } of triggers.all()) db.exec(`drop trigger ${name}`);
  db.exec("drop table summaries; drop index invitations; drop index shown_in_order");
  db.exec(migration);
  expect(readSummaries(db, 100)).toEqual(now);
});
