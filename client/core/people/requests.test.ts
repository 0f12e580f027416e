import { afterEach, beforeEach, expect, test } from "vitest";
import { conversationId, randomBytes, toHex } from "../../../keys/index.ts";
import {
  type AliceAndBob,
  aliceAndBob,
  deliver,
  send,
  sync,
  texts,
} from "../../../test/support/alice-and-bob.ts";
import type { ProfileFixture } from "../../../test/support/profile-fixture.ts";
import { transact } from "../../store/database.ts";
import { readSecurityEvents } from "../../store/security-events.ts";
import { conversationWith } from "../conversations/conversations.ts";
import { listConversations } from "../conversations/list-conversations.ts";
import { changedSummaries, summarizeConversations } from "../conversations/summarize-conversations.ts";
import { watchAll } from "../inbox/watch-messages.ts";
import { reactTo } from "../messages/annotate.ts";
import { markRead, readMessages } from "../messages/read-messages.ts";
import { searchMessages } from "../messages/search-messages.ts";
import { queueControl } from "../outbox/queue-silent.ts";
import { messageAt, queueMessage } from "../outbox/send-message.ts";
import { changeSetting } from "../settings.ts";
import {
  acceptPerson,
  blockPerson,
  contactOf,
  findPerson,
  isRequest,
  listBlocked,
  listRequests,
  unblockPerson,
} from "./trust.ts";

let world: AliceAndBob;
let alice: ProfileFixture;
let bob: ProfileFixture;

beforeEach(async () => {
  world = await aliceAndBob();
  ({ alice, bob } = world);
  changeSetting(bob.profile, "requests", "on");
});
afterEach(() => world.remove());

const rowsOf = () => world.relay.log(alice.account.accountId, bob.account.accountId).rows;
const standing = () => contactOf(bob.profile, alice.account.accountId).standing;
const listed = () => listConversations(bob.profile).map(({ name, unread }) => `${name} ${unread}`);
const requests = () =>
  listRequests(bob.profile).map(({ kind, name, messages }) => `${kind} ${name} ${messages}`);

/** All that a `chat tail` would have printed from the beginning. */
async function happenings(at: ProfileFixture): Promise<string[]> {
  const ending = new AbortController();
  setTimeout(() => ending.abort(), 300);
  const seen: string[] = [];
  for await (const each of watchAll(at.profile, { after: 0, signal: ending.signal })) {
    seen.push(each.type === "event" ? each.event.event : each.message.text);
  }
  return seen;
}

/** What a member's program says to an account: that it is invited to a group. */
function queueInvitation(at: ProfileFixture, to: string, title: string): number {
  const { profile } = at;
  return transact(profile.db, () => {
    const account = world.accounts.bob.accountId;
    const direct = conversationWith(profile, { kind: "person", name: to, accountId: account });
    const value = { conversationId: conversationId(randomBytes(32)), title };
    return queueControl(profile, direct, { case: "invitation", value }, profile.runtime.now());
  });
}

test("a stranger's message is a request: shown apart, and nothing goes back", async () => {
  const { id, position } = await send(alice, "bob", "do you know me?");
  await sync(bob);
  expect(requests()).toEqual(["message alice 1"]);
  expect(listRequests(bob.profile)[0]).toMatchObject({ newest: { text: "do you know me?" }, group: null });
  expect([listed(), summarizeConversations(bob.profile).rows, texts(bob)]).toEqual([[], [], []]);
  expect(await happenings(bob)).toEqual(["request"]);
  expect(isRequest(bob.profile, "alice")).toBe(true);
  // By its name it can be read, and is not read by that; a search finds it.
  const shown = readMessages(bob.profile, { conversation: "alice", limit: 10 });
  expect(shown.map(({ text }) => text)).toEqual(["do you know me?"]);
  markRead(bob.profile, shown);
  expect(requests()).toEqual(["message alice 1"]);
  expect(searchMessages(bob.profile, { query: "know", limit: 5 }).map((found) => found.message.id)).toEqual([
    id,
  ]);
  await sync(bob, alice);
  expect(rowsOf().length).toBe(1);
  expect(messageAt(alice.profile, position).state).toBe("sent");
});

test("the second message of a stranger is told to nobody again", async () => {
  await send(alice, "bob", "one");
  await sync(bob);
  await send(alice, "bob", "two");
  await sync(bob);
  expect(requests()).toEqual(["message alice 2"]);
  expect(await happenings(bob)).toEqual(["request"]);
});

test("whoever is accepted is one of one's own, and hears so", async () => {
  const { position } = await send(alice, "bob", "do you know me?");
  await sync(bob);
  const { mark } = summarizeConversations(bob.profile);
  expect(acceptPerson(bob.profile, "@Alice")).toMatchObject({ name: "alice", standing: "accepted" });
  expect([requests(), listed()]).toEqual([[], ["alice 1"]]);
  // A list that is kept up to date hears of it.
  expect(changedSummaries(bob.profile, mark).rows.map(({ name }) => name)).toEqual(["alice"]);
  bob.ahead = 1_000;
  await sync(bob);
  await sync(alice);
  expect(messageAt(alice.profile, position).state).toBe("delivered");
});

test("an accepted stranger's session is confirmed, receipts or not", async () => {
  changeSetting(bob.profile, "receipts", "off");
  await send(alice, "bob", "hello?");
  await sync(bob);
  expect(rowsOf().length).toBe(1);
  acceptPerson(bob.profile, "alice");
  await sync(bob);
  expect(rowsOf().length).toBe(2);
  await sync(alice);
  await send(alice, "bob", "and on");
  await sync(bob);
  expect(texts(bob)).toEqual(["alice: hello?", "alice: and on"]);
});

test("writing to somebody is knowing him, and so is a reaction", async () => {
  const { id } = await send(alice, "bob", "hello?");
  await sync(bob);
  expect(standing()).toBe("stranger");
  reactTo(bob.profile, id, { emoji: "👍", remove: false });
  expect(standing()).toBe("accepted");
  changeSetting(alice.profile, "requests", "on");
  await sync(bob, alice);
  await send(bob, "alice", "hello");
  await sync(alice);
  expect(texts(alice)).toEqual(["alice: hello?", "bob: hello"]);
});

test("one who is written to before he is met is known when he answers", async () => {
  await send(bob, "alice", "hello");
  await sync(alice);
  await send(alice, "bob", "hello yourself");
  await sync(bob);
  expect([requests(), texts(bob)]).toEqual([[], ["bob: hello", "alice: hello yourself"]]);
});

test("whom another device of one's own has written to is known before that device says so", async () => {
  const desk = await world.accounts.bob.addDevice();
  changeSetting(desk.profile, "requests", "on");
  await sync(desk);
  await send(bob, "alice", "from the other desk");
  await sync(desk);
  expect(contactOf(desk.profile, alice.account.accountId).standing).toBe("accepted");
  expect(listConversations(desk.profile).map(({ name }) => name)).toEqual(["alice"]);
});

test("where nobody has to ask, everybody is accepted, those who wait too", async () => {
  await send(alice, "bob", "hello?");
  await sync(bob);
  changeSetting(bob.profile, "requests", "off");
  expect([requests(), listed()]).toEqual([[], ["alice 1"]]);
});

test("what a blocked person writes is opened and shown to nobody, and unblocking brings nothing back", async () => {
  await send(alice, "bob", "hello?");
  await sync(bob);
  expect(blockPerson(bob.profile, "alice").standing).toBe("blocked");
  expect([requests(), listed()]).toEqual([[], []]);
  expect(listBlocked(bob.profile).map(({ name }) => name)).toEqual(["alice"]);
  const { position } = await send(alice, "bob", "answer me!");
  await sync(bob);
  await sync(alice);
  expect(messageAt(alice.profile, position).state).toBe("sent");
  expect(await happenings(bob)).toEqual([]);
  expect(() => queueMessage(bob.profile, { to: "alice", text: "no" })).toThrow("You have blocked alice.");
  expect(unblockPerson(bob.profile, "alice").standing).toBe("stranger");
  // The ratchet has gone on, so what comes now opens.
  await send(alice, "bob", "still there?");
  await sync(bob);
  expect(texts(bob, "alice")).toEqual(["alice: hello?", "alice: still there?"]);
  expect(requests()).toEqual(["message alice 1"]);
  expect(await happenings(bob)).toEqual(["request"]);
});

test("a blocked friend is a friend again", async () => {
  await send(bob, "alice", "hello");
  await sync(alice);
  blockPerson(bob.profile, "alice");
  expect(unblockPerson(bob.profile, "alice").standing).toBe("accepted");
});

test("a blocked person who writes from a new device is blocked", async () => {
  await send(alice, "bob", "hello?");
  await sync(bob);
  blockPerson(bob.profile, "alice");
  const laptop = await world.accounts.alice.addDevice();
  await send(laptop, "bob", "and from here?");
  await sync(bob);
  expect([texts(bob, "alice"), requests(), listed()]).toEqual([["alice: hello?"], [], []]);
  expect(rowsOf().length).toBe(2);
});

test("somebody can be blocked before he writes", async () => {
  await expect(findPerson(bob.profile, bob.connect, "nobody")).rejects.toMatchObject({
    code: "unknown_person",
  });
  expect(() => blockPerson(bob.profile, "alice")).toThrow("never met alice");
  await findPerson(bob.profile, bob.connect, "alice");
  blockPerson(bob.profile, "alice");
  await send(alice, "bob", "hello?");
  await sync(bob);
  expect([requests(), texts(bob)]).toEqual([[], []]);
  expect(() => acceptPerson(bob.profile, "bob")).toThrow("That is you.");
});

test("a stranger's invitations wait with his messages, and go when he is blocked", async () => {
  for (const title of ["Ops", "Ops"]) await deliver(alice, queueInvitation(alice, "bob", title));
  await sync(bob);
  expect(listRequests(bob.profile)).toMatchObject([
    { kind: "invitation", name: "alice", title: "Ops", messages: 0, newest: null },
    { kind: "invitation", name: "alice", title: "Ops", messages: 0, newest: null },
  ]);
  expect([listed(), summarizeConversations(bob.profile).rows]).toEqual([[], []]);
  expect(await happenings(bob)).toEqual(["request", "request"]);
  acceptPerson(bob.profile, "alice");
  expect([listed(), requests()]).toEqual([["ops 0", "ops 0"], []]);
  blockPerson(bob.profile, "alice");
  await deliver(alice, queueInvitation(alice, "bob", "More"));
  await sync(bob);
  expect([listed(), requests()]).toEqual([[], []]);
  unblockPerson(bob.profile, "alice");
  // Those that had come; the one that came while he was blocked did not.
  expect(listRequests(bob.profile).map(({ title }) => title)).toEqual(["Ops", "Ops"]);
});

test("a stranger who floods fills one line, and nothing of him is in the way", async () => {
  for (let n = 0; n < 30; n += 1) queueMessage(alice.profile, { to: "bob", text: `buy ${n}` });
  const { position } = queueMessage(alice.profile, { to: "bob", text: "buy now" });
  await deliver(alice, position);
  await sync(bob);
  expect([requests(), texts(bob), listed()]).toEqual([["message alice 31"], [], []]);
  expect(await happenings(bob)).toEqual(["request"]);
  expect(rowsOf().length).toBe(31);
});

test("a stranger whom the relay stops hears why, and nobody misses what was not taken", async () => {
  await send(alice, "bob", "one");
  world.relay.lies.submit = () => "quota_exceeded";
  for (const text of ["two", "three"]) {
    const { position } = queueMessage(alice.profile, { to: "bob", text });
    await expect(deliver(alice, position)).rejects.toMatchObject({
      code: "not_allowed",
      message: "The relay takes no more for bob before an answer comes.",
    });
  }
  world.relay.lies = {};
  await send(alice, "bob", "four");
  await sync(bob);
  expect(texts(bob, "alice")).toEqual(["alice: one", "alice: four"]);
  expect(readSecurityEvents(bob.profile.db)).toEqual([]);
});

test("whoever has too much stored hears that, and not that he should wait for an answer", async () => {
  world.relay.lies.submit = () => "storage full";
  const { position } = queueMessage(alice.profile, { to: "bob", text: "one" });
  await expect(deliver(alice, position)).rejects.toMatchObject({
    code: "not_allowed",
    message: expect.stringMatching(/^The relay keeps as much of this account as it may: send it again when/),
  });
  world.relay.lies = {};
  await send(alice, "bob", "two");
  await sync(bob);
  expect(texts(bob, "alice")).toEqual(["alice: two"]);
});

test("names in hex are those of accounts", async () => {
  await send(alice, "bob", "hello?");
  await sync(bob);
  expect(listRequests(bob.profile)[0]?.account).toBe(toHex(alice.account.accountId));
});
