import { afterEach, beforeEach, expect, test } from "vitest";
import { dmConversationId, messageId, toHex } from "../../../keys/index.ts";
import {
  type AliceAndBob,
  aliceAndBob,
  deliver,
  send,
  sync,
  syncWarily,
} from "../../../test/support/alice-and-bob.ts";
import type { ProfileFixture } from "../../../test/support/profile-fixture.ts";
import { addConversation, findProvisional, mergeConversation } from "../../store/conversations.ts";
import { transact } from "../../store/database.ts";
import { eventsArrivedAfter } from "../../store/events.ts";
import { findMessageById, type StoredMessage } from "../../store/messages.ts";
import { type ContentInit, encodeChange } from "../outbox/encode-content.ts";
import { queueControl } from "../outbox/queue-silent.ts";
import { messageAt, queueMessage } from "../outbox/send-message.ts";
import { admit } from "../people/standing.ts";
import {
  deleteMessage,
  editHistory,
  editMessage,
  pinMessage,
  type QueuedChange,
  reactTo,
  voteOn,
} from "./annotate.ts";
import { expireMessages } from "./expire-messages.ts";
import type { Message } from "./message.ts";
import { readMessages } from "./read-messages.ts";
import { searchMessages } from "./search-messages.ts";

let world: AliceAndBob;
let alice: ProfileFixture;
let bob: ProfileFixture;

beforeEach(async () => {
  world = await aliceAndBob();
  ({ alice, bob } = world);
});
afterEach(() => world.remove());

async function told(at: ProfileFixture, { position }: QueuedChange): Promise<void> {
  if (position !== undefined) await deliver(at, position);
  await sync(alice, bob, alice);
}

function only(at: ProfileFixture): Message {
  const [message, ...others] = readMessages(at.profile, { limit: 10 });
  expect(others).toEqual([]);
  if (message === undefined) throw new Error("no message");
  return message;
}

function stored(at: ProfileFixture, id: string): StoredMessage {
  const found = findMessageById(at.profile.db, Buffer.from(id, "hex"));
  if (found === undefined) throw new Error("no such message");
  return found;
}

const events = (at: ProfileFixture) =>
  eventsArrivedAfter(at.profile.db, 0, 100)
    .map(({ event }) => event)
    .filter((event) => event !== "receipt");

/** Content as it cannot be made by mistake. */
const raw = (name: "vote" | "edit", value: object) => ({ case: name, value }) as ContentInit;

/** What a program says that keeps to no rules. */
async function sayAnything(at: ProfileFixture, about: string, contents: ContentInit[]): Promise<void> {
  const { conversation } = stored(at, about);
  const positions = transact(at.profile.db, () =>
    contents.map((content) => queueControl(at.profile, conversation, content, Date.now())),
  );
  for (const position of positions) await deliver(at, position);
  await sync(alice, bob);
}

test("an edit reaches everybody, with its history, and can be found by the beginning of an id", async () => {
  const { id } = await send(alice, "bob", "frist");
  await sync(bob);
  const edit = editMessage(alice.profile, id.slice(0, 8), "first");
  expect(edit.message).toMatchObject({ id, text: "first", edited: true });
  await told(alice, edit);
  expect(only(bob)).toMatchObject({ id, text: "first", edited: true });
  for (const each of [alice, bob]) {
    expect(editHistory(each.profile, id).map(({ text }) => text)).toEqual(["frist", "first"]);
    expect(events(each)).toEqual(["edit"]);
  }
  expect(() => editMessage(bob.profile, id, "mine now")).toThrow(/Only who wrote/);
});

test("votes, reactions and pins are the same on both sides, and saying them again sends nothing", async () => {
  const { id } = await send(alice, "bob", "Lunch?");
  await sync(bob);
  await told(bob, voteOn(bob.profile, id, "up"));
  await told(alice, voteOn(alice.profile, id, "down"));
  await told(bob, reactTo(bob.profile, id, { emoji: "👍", remove: false }));
  await told(bob, reactTo(bob.profile, id, { emoji: "🎉", remove: false }));
  await told(alice, pinMessage(alice.profile, id, true));
  expect(only(alice)).toMatchObject({
    votes: { up: 1, down: 1, mine: "down" },
    reactions: { "🎉": ["bob"], "👍": ["bob"] },
    pinned: true,
  });
  expect(only(bob)).toMatchObject({ votes: { up: 1, down: 1, mine: "up" }, pinned: true });
  expect(voteOn(bob.profile, id, "up").position).toBeUndefined();
  await told(bob, voteOn(bob.profile, id, "none"));
  await told(bob, reactTo(bob.profile, id, { emoji: "👍", remove: true }));
  expect(only(alice)).toMatchObject({
    votes: { up: 0, down: 1, mine: "down" },
    reactions: { "🎉": ["bob"] },
  });
  expect(() => reactTo(bob.profile, id, { emoji: "ab", remove: false })).toThrow(/one emoji/);
});

test("a deleted message leaves no text on any device", async () => {
  const { id } = await send(alice, "bob", "secret one");
  await sync(bob);
  await told(alice, editMessage(alice.profile, id, "secret two"));
  await told(alice, deleteMessage(alice.profile, id));
  for (const each of [alice, bob]) {
    expect(only(each)).toMatchObject({ id, text: "", deleted: true, edited: false });
    const left = ["messages", "annotations"].flatMap((table) =>
      each.profile.db.prepare(`select * from ${table}`).all(),
    );
    expect(JSON.stringify(left)).not.toContain("secret");
    expect(editHistory(each.profile, id)).toEqual([]);
  }
  expect(() => voteOn(bob.profile, id, "up")).toThrow(/deleted/);
});

test("the relay is asked to erase what was deleted until it has answered", async () => {
  const [one, two, other] = [
    await send(alice, "bob", "one"),
    await send(alice, "bob", "two"),
    await send(bob, "alice", "three"),
  ];
  await sync(alice, bob);
  world.relay.lies.eraseRow = () => "rate_limited";
  await told(alice, deleteMessage(alice.profile, one.id));
  expect(world.relay.erased).toEqual([]);
  alice.reopen();
  world.relay.lies = {};
  await sync(alice, alice);
  expect(world.relay.erased).toEqual([1n]);
  world.relay.lies.eraseRow = () => "not_permitted";
  await told(alice, deleteMessage(alice.profile, two.id));
  world.relay.lies = {};
  await sync(alice, bob);
  expect(world.relay.erased).toEqual([1n]);
  expect(() => deleteMessage(alice.profile, other.id)).toThrow(/Only who wrote/);
});

test("what the relay is to erase is not looked for in a log that came after a lost one", async () => {
  const { id } = await send(alice, "bob", "before");
  await sync(bob, alice);
  world.relay.loseLog(world.relay.log(alice.address.accountId, bob.address.accountId), 0);
  await send(alice, "bob", "after").catch(() => undefined);
  await syncWarily(alice);
  await deliver(alice, deleteMessage(alice.profile, id).position ?? 0);
  expect(world.relay.erased).toEqual([]);
});

test("what was done to a message stays with it when its conversation turns out to be one that is here", async () => {
  const { db, identity } = alice.profile;
  const { message, position } = queueMessage(alice.profile, { to: "bob", text: "who are you?" });
  reactTo(alice.profile, message.id, { emoji: "👍", remove: false });
  const provisional = findProvisional(db, "bob")?.conversation ?? 0;
  const { accountId } = bob.address;
  const conversationId = dmConversationId(identity.accountId, accountId);
  const known = { conversationId, kind: "dm", peerName: "bob", peerAccount: accountId } as const;
  const conversation = transact(db, () => {
    const into = addConversation(db, known);
    mergeConversation(db, provisional, into);
    admit(alice.profile, accountId);
    return into;
  });
  await deliver(alice, position);
  expect(only(alice).reactions).toEqual({ "👍": ["alice"] });
  expect(eventsArrivedAfter(db, 0, 10).map((event) => event.conversation)).toEqual([conversation]);
  expect(searchMessages(alice.profile, { query: "who in:bob", limit: 1 })).toHaveLength(1);
});

test("a message that is deleted before it went out never goes out", async () => {
  await send(alice, "bob", "hello");
  const { message } = queueMessage(alice.profile, { to: "bob", text: "never mind" });
  deleteMessage(alice.profile, message.id);
  await sync(alice, bob);
  expect(readMessages(bob.profile, { limit: 10 }).map(({ text }) => text)).toEqual(["hello"]);
});

test("a peer cannot edit or delete what is not his, nor vote twice, nor break the limits", async () => {
  const { id } = await send(alice, "bob", "mine");
  await sync(bob);
  const target = stored(alice, id);
  const max = Number.MAX_SAFE_INTEGER;
  const ref = { messageId: target.messageId, deviceId: target.deviceId };
  const emoji = Array.from({ length: 17 }, (_, at) => String.fromCodePoint(0x1f600 + at));
  await sayAnything(bob, id, [
    encodeChange(target, { kind: "edit", text: "forged" }, max),
    encodeChange(target, { kind: "delete" }, 1),
    encodeChange(target, { kind: "vote", value: "up" }, 1),
    encodeChange(target, { kind: "vote", value: "up" }, max),
    raw("vote", { target: ref, value: 2, version: BigInt(max) + 1n }),
    raw("vote", { target: ref, value: 7, version: BigInt(max) }),
    raw("vote", { target: ref, value: 2, version: 0n }),
    raw("vote", { value: 2, version: BigInt(max) }),
    encodeChange(target, { kind: "reactions", emoji }, 1),
    encodeChange(target, { kind: "reactions", emoji: ["\u001b[2J"] }, 1),
    encodeChange(target, { kind: "reactions", emoji: ["👍", "👍"] }, 1),
    raw("edit", { target: ref, text: "x".repeat(65_537), version: 9n }),
  ]);
  expect(only(alice)).toMatchObject({
    text: "mine",
    edited: false,
    deleted: false,
    reactions: {},
    votes: { up: 1, down: 0, mine: null },
  });
  expect(events(alice)).toEqual(["vote"]);
});

test("what is said of a message that nobody has changes nothing", async () => {
  const { id } = await send(alice, "bob", "hello");
  await sync(bob);
  const { deviceId } = stored(bob, id);
  const target = { messageId: messageId(new Uint8Array(16)), deviceId };
  await sayAnything(bob, id, [
    encodeChange(target, { kind: "reactions", emoji: ["👍"] }, 1),
    encodeChange(target, { kind: "delete" }, 1),
  ]);
  expect(only(alice)).toMatchObject({ text: "hello", reactions: {} });
  expect(events(alice)).toEqual([]);
});

test("an answer names what it answers, and a key covers that too", async () => {
  const { id } = await send(alice, "bob", "Deploy is green.");
  await sync(bob);
  const first = queueMessage(bob.profile, { text: "Nice.", replyTo: id, key: "k" });
  await deliver(bob, first.position);
  await sync(alice);
  expect(readMessages(alice.profile, { limit: 1 })[0]).toMatchObject({
    replyTo: id,
    quote: { from: "alice", text: "Deploy is green." },
  });
  const again = { to: "alice", text: "Nice.", replyTo: id, key: "k" };
  expect(queueMessage(bob.profile, again)).toMatchObject({ isNew: false, position: first.position });
  expect(() => queueMessage(bob.profile, { to: "alice", text: "Nice.", key: "k" })).toThrow(
    /another message/,
  );
  expect(() => queueMessage(bob.profile, { ...again, expireAfter: 60_000 })).toThrow(/another message/);
});

test("a message disappears on time on both sides, with what was done with it", async () => {
  const { position } = queueMessage(alice.profile, { to: "bob", text: "burn this", expireAfter: 60_000 });
  const { id } = await deliver(alice, position);
  await sync(bob);
  await told(bob, voteOn(bob.profile, id, "up"));
  for (const each of [alice, bob]) {
    expireMessages(each.profile);
    expect(only(each).text).toBe("burn this");
    each.ahead = 61_000;
    expireMessages(each.profile);
    expect(readMessages(each.profile, { limit: 10 })).toEqual([]);
    expect(messageAt(each.profile, stored(each, id).position).text).toBe("");
    expect(each.profile.db.prepare("select count(*) as n from annotations").get()).toEqual({ n: 0 });
    expect(events(each).at(-1)).toBe("expired");
  }
});

test("an id that fits several messages is an error that names them", async () => {
  const { id } = await send(alice, "bob", "hello");
  const twin = `${id.slice(0, 31)}${id.endsWith("0") ? "1" : "0"}`;
  alice.profile.db
    .prepare(
      `insert into messages (conversation, message_id, account_id, device_id, kind, state, text, sent_at)
       select conversation, ?, account_id, device_id, kind, state, text, sent_at from messages where position = 1`,
    )
    .run(Buffer.from(twin, "hex"));
  expect(() => voteOn(alice.profile, id.slice(0, 8), "up")).toThrow(
    expect.objectContaining({ code: "bad_input", hint: expect.stringContaining(twin) }),
  );
  expect(voteOn(alice.profile, twin, "up").message.id).toBe(twin);
  expect(() => voteOn(alice.profile, "fff", "up")).toThrow(/not the id/);
  const absent = toHex(new Uint8Array(16));
  expect(() => voteOn(alice.profile, absent, "up")).toThrow(
    expect.objectContaining({ code: "unknown_message" }),
  );
});
