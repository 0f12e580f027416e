import { afterEach, beforeEach, expect, test } from "vitest";
import { readWrapHeader, unpackWraps } from "../../../keys/index.ts";
import {
  type AliceAndBob,
  aliceAndBob,
  deliver,
  send,
  sync,
  syncWarily,
  texts,
  withoutReceipts,
} from "../../../test/support/alice-and-bob.ts";
import type { ProfileFixture } from "../../../test/support/profile-fixture.ts";
import { listConversations } from "../conversations/list-conversations.ts";
import { markRead, readMessages } from "../messages/read-messages.ts";
import { queueMessage } from "../outbox/send-message.ts";

let world: AliceAndBob;
let alice: ProfileFixture;
let bob: ProfileFixture;

beforeEach(async () => {
  world = await aliceAndBob();
  ({ alice, bob } = world);
});
afterEach(() => world.remove());

/** Which of the wraps in the last submit carry a set-up header. */
function lastSetUps(): boolean[] {
  const last = world.relay.submits.at(-1);
  return unpackWraps(last?.wraps ?? new Uint8Array())
    .filter((wrap) => wrap !== null)
    .map((wrap) => readWrapHeader(wrap).setUp !== null);
}

test("two people write to each other", async () => {
  const sent = await send(alice, "@Bob", "hello");
  expect(sent).toMatchObject({
    state: "sent",
    from: "alice",
    conversation: "bob",
    kind: "dm",
    receivedAt: null,
  });
  expect(await syncWarily(bob)).toEqual({ received: 1, alarms: [], notes: [] });
  expect(texts(bob)).toEqual(["alice: hello"]);
  await send(bob, "alice", "hi yourself");
  await sync(alice);
  expect(texts(alice, "bob")).toEqual(["alice: hello", "bob: hi yourself"]);
  expect(readMessages(alice.profile, { limit: 1 })[0]).toMatchObject({ state: "received", from: "bob" });
});

test("to hear of a session is enough to end its set-up", async () => {
  await send(alice, "bob", "one");
  await send(alice, "bob", "two");
  expect(lastSetUps()).toEqual([true]);
  await sync(bob, alice);
  expect(texts(alice)).toEqual(["alice: one", "alice: two"]);
  await send(alice, "bob", "three");
  expect(lastSetUps()).toEqual([false]);
  await sync(bob, alice, bob);
  const submits = world.relay.submits.length;
  await sync(bob, alice);
  expect(world.relay.submits.length).toBe(submits);
  expect(texts(bob)).toEqual(["alice: one", "alice: two", "alice: three"]);
});

test("an answer is confirmation enough", async () => {
  withoutReceipts(alice, bob);
  await send(alice, "bob", "one");
  const submits = world.relay.submits.length;
  // Bob answers in the same breath in which he first reads.
  const { position } = queueMessage(bob.profile, { to: "alice", text: "two" });
  await sync(bob);
  await deliver(bob, position);
  await sync(alice, bob, alice);
  expect(texts(alice)).toEqual(["alice: one", "bob: two"]);
  expect(world.relay.submits.length).toBeLessThanOrEqual(submits + 3);
});

test("first messages that cross are both read, and so is what follows", async () => {
  await Promise.all([send(alice, "bob", "from alice"), send(bob, "alice", "from bob")]);
  await Promise.all([syncWarily(alice), syncWarily(bob)]);
  await sync(alice, bob);
  for (let round = 0; round < 3; round += 1) {
    await Promise.all([send(alice, "bob", `a${round}`), send(bob, "alice", `b${round}`)]);
    await sync(alice, bob);
  }
  const expected = [
    "alice: from alice",
    "bob: from bob",
    ...[0, 1, 2].flatMap((n) => [`alice: a${n}`, `bob: b${n}`]),
  ];
  expect(texts(alice).toSorted()).toEqual(expected.toSorted());
  expect(texts(bob).toSorted()).toEqual(expected.toSorted());
  expect(lastSetUps()).toEqual([false]);
  expect(texts(alice, "bob")).toEqual(texts(bob, "alice"));
});

test("every device of both reads everything, the sender's other device too", async () => {
  const tablet = await world.accounts.alice.addDevice();
  const all = [alice, tablet, bob];
  await send(alice, "bob", "1");
  await sync(...all);
  await send(tablet, "bob", "2");
  await sync(...all);
  await send(bob, "alice", "3");
  await sync(...all);
  await send(alice, "bob", "4");
  await sync(...all, ...all);
  for (const device of all) {
    const own = device === bob ? "alice" : "bob";
    expect(texts(device, own)).toEqual(["alice: 1", "alice: 2", "bob: 3", "alice: 4"]);
  }
  expect(readMessages(tablet.profile, { limit: 4 }).map(({ state }) => state)).toEqual([
    "delivered",
    "delivered",
    "received",
    "delivered",
  ]);
  await send(bob, "alice", "5");
  expect(lastSetUps()).toEqual([false, false]);
});

test("a device that is added later reads what comes after, and sees that there was something before", async () => {
  await send(alice, "bob", "before");
  await sync(bob, alice);
  const tablet = await world.accounts.alice.addDevice();
  await sync(tablet);
  await sync(alice, bob);
  await send(bob, "alice", "after");
  await sync(tablet, alice);
  expect(texts(tablet)).toEqual([
    "bob: [could not be read: earlier messages were sent before this device was known]",
    "bob: after",
  ]);
  expect(texts(alice)).toEqual(["alice: before", "bob: after"]);
});

test("one who only ever sends learns of a new device when he connects", async () => {
  await send(bob, "alice", "before");
  const tablet = await world.accounts.alice.addDevice();
  await send(bob, "alice", "for both");
  await sync(tablet);
  expect(texts(tablet)).toEqual([
    "bob: [could not be read: earlier messages were sent before this device was known]",
    "bob: for both",
  ]);
});

test("notes to oneself need nobody else, and reach one's other devices", async () => {
  expect(await send(alice, "me", "milk")).toMatchObject({ state: "sent", conversation: "me", kind: "self" });
  await sync(alice);
  const tablet = await world.accounts.alice.addDevice();
  await sync(alice);
  await send(tablet, "alice", "eggs");
  await sync(alice);
  await send(alice, "me", "bread");
  await sync(tablet);
  expect(texts(alice, "me")).toEqual(["alice: milk", "alice: eggs", "alice: bread"]);
  expect(texts(tablet, "me").slice(-2)).toEqual(["alice: eggs", "alice: bread"]);
  expect(listConversations(tablet.profile)).toMatchObject([{ name: "me", unread: 0 }]);
});

test("unread messages are counted until they are marked as read", async () => {
  await send(alice, "bob", "one");
  await send(alice, "bob", "two");
  await sync(bob);
  const [row] = listConversations(bob.profile);
  expect(row).toMatchObject({ name: "alice", unread: 2, queued: 0 });
  expect(row?.lastMessage?.text).toBe("two");
  const [first] = readMessages(bob.profile, { limit: 10, unread: true });
  markRead(bob.profile, first === undefined ? [] : [first]);
  expect(listConversations(bob.profile)).toMatchObject([{ unread: 1 }]);
  expect(readMessages(bob.profile, { limit: 10, unread: true }).map(({ text }) => text)).toEqual(["two"]);
});

test("messages are read newest first in pages, oldest first in each", async () => {
  for (let n = 0; n < 5; n += 1) await send(alice, "bob", `${n}`);
  await sync(bob);
  const page = readMessages(bob.profile, { conversation: "alice", limit: 2 });
  expect(page.map(({ text }) => text)).toEqual(["3", "4"]);
  const before = readMessages(bob.profile, { conversation: "alice", limit: 2, before: page[0]?.id ?? "" });
  expect(before.map(({ text }) => text)).toEqual(["1", "2"]);
  const all = readMessages(bob.profile, { limit: 2, before: page[0]?.id ?? "" });
  expect(all).toEqual(before);
  expect(() => readMessages(bob.profile, { conversation: "carol", limit: 1 })).toThrow(
    "no conversation with carol",
  );
  expect(() => readMessages(bob.profile, { limit: 1, before: "00".repeat(16) })).toThrow("no message");
  expect(readMessages(bob.profile, { conversation: "me", limit: 1 })).toEqual([]);
});

test("a text of the greatest length arrives whole, and one byte more does not leave", async () => {
  const text = "ä".repeat(32_768);
  await send(alice, "bob", text);
  await sync(bob);
  expect(texts(bob)).toEqual([`alice: ${text}`]);
  expect(() => queueMessage(alice.profile, { to: "bob", text: `${text}x` })).toThrow("at most 65,536 bytes");
  expect(() => queueMessage(alice.profile, { to: "bob", text: "" })).toThrow("The message is empty");
  expect(() => queueMessage(alice.profile, { to: "bob", text: "\ud800" })).toThrow("well-formed");
  expect(() => queueMessage(alice.profile, { to: "b!", text: "x" })).toThrow("cannot be a name");
  expect(() => queueMessage(alice.profile, { to: "#ops", text: "x" })).toThrow("no group or room called ops");
});

test("catching up on many conversations, one log after the other, costs no skipped keys", async () => {
  const tablet = await world.accounts.alice.addDevice();
  await send(alice, "bob", "x");
  await send(alice, "me", "x");
  await sync(tablet, alice, bob, alice, tablet);
  for (let n = 0; n < 300; n += 1) {
    queueMessage(alice.profile, { to: n % 3 === 0 ? "me" : "bob", text: `${n}` });
  }
  const { position } = queueMessage(alice.profile, { to: "bob", text: "last" });
  await deliver(alice, position);
  await sync(tablet, bob);
  const count = (table: string) =>
    (tablet.profile.db.prepare(`select count(*) as n from ${table}`).get() as { n: number }).n;
  expect(count("skipped_keys")).toBe(0);
  expect(count("staged_rows")).toBe(0);
  const numbers = (every: (n: number) => boolean) =>
    Array.from({ length: 300 }, (_, n) => n)
      .filter(every)
      .map((n) => `alice: ${n}`);
  expect(texts(tablet, "me").slice(-100)).toEqual(numbers((n) => n % 3 === 0));
  expect(texts(tablet, "bob").slice(-201)).toEqual([...numbers((n) => n % 3 !== 0), "alice: last"]);
  expect(texts(bob, "alice").slice(-201)).toEqual([...numbers((n) => n % 3 !== 0), "alice: last"]);
});
