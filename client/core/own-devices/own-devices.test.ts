import { afterEach, beforeEach, expect, test } from "vitest";
import {
  type AliceAndBob,
  aliceAndBob,
  send,
  sync,
  syncWarily,
  texts,
} from "../../../test/support/alice-and-bob.ts";
import type { ProfileFixture } from "../../../test/support/profile-fixture.ts";
import { pinName, readPinnedName } from "../../store/accounts.ts";
import { transact } from "../../store/database.ts";
import { listConversations } from "../conversations/list-conversations.ts";
import { mute } from "../conversations/mute.ts";
import { markRead, readMessages } from "../messages/read-messages.ts";
import { acceptPerson, blockPerson, contactOf, listRequests } from "../people/trust.ts";
import { changeSetting, readSettings } from "../settings.ts";

let world: AliceAndBob;
let alice: ProfileFixture;
let bob: ProfileFixture;

beforeEach(async () => {
  world = await aliceAndBob();
  ({ alice, bob } = world);
});
afterEach(() => world.remove());

/** Added, and told what there is to know. */
async function tabletOfAlice(): Promise<ProfileFixture> {
  const tablet = await world.accounts.alice.addDevice();
  await sync(tablet, alice, tablet, alice);
  return tablet;
}

const unread = (at: ProfileFixture, name = "bob") =>
  listConversations(at.profile).find((row) => row.name === name)?.unread;
const selfRows = () => world.relay.log(alice.address.accountId, alice.address.accountId).rows.length;

function readAll(at: ProfileFixture): void {
  markRead(at.profile, readMessages(at.profile, { conversation: "bob", limit: 100 }));
}

test("what is read on one device is read on the others, whichever hears of which first", async () => {
  const tablet = await tabletOfAlice();
  await send(bob, "alice", "one");
  await send(bob, "alice", "two");
  await sync(alice, tablet);
  expect([unread(alice), unread(tablet)]).toEqual([2, 2]);
  readAll(tablet);
  await sync(tablet, alice);
  expect([unread(alice), unread(tablet)]).toEqual([0, 0]);

  // This time it is told of messages that are not here yet.
  const log = world.relay.log(alice.address.accountId, bob.address.accountId);
  await send(bob, "alice", "three");
  await send(bob, "alice", "four");
  await sync(tablet);
  readAll(tablet);
  await sync(tablet);
  world.relay.lies.heads = (heads) => heads.filter(({ members }) => members.length === 1);
  await sync(alice);
  expect(texts(alice, "bob").at(-1)).toBe("bob: two");
  world.relay.lies = {};
  await send(bob, "alice", "five");
  await sync(alice);
  expect(log.rows.length).toBeGreaterThan(5);
  expect(unread(alice)).toBe(1);
});

test("what was left unread on one device stays so on the others", async () => {
  const tablet = await tabletOfAlice();
  for (const text of ["1", "2", "3", "4"]) await send(bob, "alice", text);
  await sync(alice, tablet);
  const [, second, , fourth] = readMessages(tablet.profile, { conversation: "bob", limit: 4 });
  if (second === undefined || fourth === undefined) throw new Error("not there");
  markRead(tablet.profile, [second, fourth]);
  await sync(tablet, alice);
  const left = readMessages(alice.profile, { conversation: "bob", limit: 100, unread: true });
  expect(left.map(({ text }) => text)).toEqual(["1", "3"]);
});

test("a device says nothing of what was before its time", async () => {
  await send(bob, "alice", "before");
  await sync(alice);
  const tablet = await tabletOfAlice();
  await send(bob, "alice", "after");
  await sync(alice, tablet);
  readAll(tablet);
  await sync(tablet, alice);
  const left = readMessages(alice.profile, { conversation: "bob", limit: 100, unread: true });
  expect(left.map(({ text }) => text)).toEqual(["before"]);
});

test("mutes, settings and people are the same everywhere, and the last word counts", async () => {
  const tablet = await tabletOfAlice();
  await send(bob, "alice", "hello");
  await sync(alice, tablet);
  mute(alice.profile, "bob", "none");
  changeSetting(alice.profile, "typing", "off");
  await sync(alice, tablet);
  expect(listConversations(tablet.profile)[0]).toMatchObject({ name: "bob", notify: "none" });
  expect(readSettings(tablet.profile).typing).toBe("off");

  mute(tablet.profile, "bob", "mentions");
  changeSetting(tablet.profile, "typing", "on");
  blockPerson(tablet.profile, "bob");
  await sync(tablet, alice);
  expect(readSettings(alice.profile).typing).toBe("on");
  expect(contactOf(alice.profile, bob.address.accountId).standing).toBe("blocked");
  acceptPerson(alice.profile, "bob");
  await sync(alice, tablet);
  expect(contactOf(tablet.profile, bob.address.accountId).standing).toBe("accepted");
  expect(listConversations(alice.profile)[0]).toMatchObject({ notify: "mentions" });
});

test("who is accepted on one device hears from the other too what has arrived there", async () => {
  changeSetting(alice.profile, "requests", "on");
  await sync(alice);
  const tablet = await tabletOfAlice();
  await send(bob, "alice", "may I?");
  await sync(alice, tablet);
  for (const at of [alice, tablet]) expect(listRequests(at.profile).length).toBe(1);
  acceptPerson(alice.profile, "bob");
  await sync(alice, tablet);
  expect(listRequests(tablet.profile)).toEqual([]);
  const told = (at: ProfileFixture) =>
    bob.profile.db
      .prepare("select delivered_through as through from receipts where device_id = ?")
      .get(at.address.deviceId);
  await sync(bob);
  expect(told(alice)).toEqual({ through: 1 });
  expect(told(tablet)).toEqual({ through: 1 });
});

test("what was set on two devices at once is the same on both in the end", async () => {
  const tablet = await tabletOfAlice();
  await send(bob, "alice", "hello");
  await sync(alice, tablet, alice, tablet);
  for (const [one, other] of [
    [alice, tablet],
    [tablet, alice],
  ] as const) {
    mute(one.profile, "bob", "none");
    mute(other.profile, "bob", "mentions");
    changeSetting(one.profile, "typing", "off");
    changeSetting(other.profile, "typing", "on");
    await sync(one, other, one);
    expect(readSettings(one.profile)).toEqual(readSettings(other.profile));
    expect(listConversations(one.profile)[0]?.notify).toBe(listConversations(other.profile)[0]?.notify);
  }
});

test("a new device is told everything, once, and believes no name afresh", async () => {
  changeSetting(alice.profile, "requests", "on");
  changeSetting(alice.profile, "presence", "off");
  await send(alice, "bob", "hello");
  await send(bob, "alice", "hello yourself");
  await sync(alice);
  mute(alice.profile, "bob", "mentions");
  readAll(alice);
  const tablet = await world.accounts.alice.addDevice();
  // Until it hears of it, it knows nobody.
  await sync(tablet);
  expect(listConversations(tablet.profile)).toEqual([]);
  await sync(alice, tablet);
  const bobs = bob.address.accountId;
  expect(contactOf(tablet.profile, bobs).standing).toBe("accepted");
  expect(listRequests(tablet.profile)).toEqual([]);
  expect(listConversations(tablet.profile)[0]).toMatchObject({ name: "bob", notify: "mentions", unread: 0 });
  expect(readSettings(tablet.profile)).toMatchObject({ presence: "off", receipts: "on" });
  expect(readPinnedName(tablet.profile.db, "bob")).toEqual(bobs);
  const rows = selfRows();
  await sync(tablet, alice, tablet, alice);
  expect(selfRows()).toBe(rows);
});

test("of several devices one answers a new one", async () => {
  const tablet = await tabletOfAlice();
  await send(bob, "alice", "hello");
  await sync(alice, tablet);
  await sync(alice, tablet, alice);
  const laptop = await world.accounts.alice.addDevice();
  await sync(laptop);
  const before = selfRows();
  await sync(alice, tablet, laptop);
  // The answer, and confirmations of the sessions that the newcomer set up.
  const answers = selfRows() - before;
  expect(answers).toBeLessThanOrEqual(3);
  expect(contactOf(laptop.profile, bob.address.accountId).standing).toBe("accepted");
});

test("an account with one device tells itself nothing", async () => {
  await send(bob, "alice", "hello");
  await sync(alice);
  readAll(alice);
  mute(alice.profile, "bob", "none");
  changeSetting(alice.profile, "typing", "off");
  blockPerson(alice.profile, "bob");
  await sync(alice);
  const count = (sql: string) => (alice.profile.db.prepare(sql).get() as { n: number }).n;
  expect(count("select count(*) as n from own_changes")).toBe(0);
  expect(count("select count(*) as n from conversations where kind = 'self'")).toBe(0);
});

test("a relay that shows one device another account under a name than the other is found out", async () => {
  const tablet = await tabletOfAlice();
  await send(alice, "bob", "hello");
  const mallory = (await syncWarily(tablet)) && world.accounts.alice.accountId.map((byte) => byte ^ 1);
  transact(tablet.profile.db, () => {
    tablet.profile.db.prepare("delete from pinned_names where name = 'bob'").run();
    pinName(tablet.profile.db, "bob", mallory as never);
  });
  mute(alice.profile, "bob", "none");
  transact(alice.profile.db, () =>
    alice.profile.db.prepare("delete from own_state where kind = 'name'").run(),
  );
  await sync(alice);
  const laptop = await world.accounts.alice.addDevice();
  await syncWarily(laptop);
  await syncWarily(alice);
  const { alarms } = await syncWarily(tablet);
  expect(alarms.map(({ text }) => text)).toEqual([
    "The relay shows one of your devices another account under the name bob than this one.",
  ]);
});

test("no device can have a last word that no other can go beyond", async () => {
  const thief = await tabletOfAlice();
  await send(bob, "alice", "hello");
  await sync(alice, thief);
  const muted = (at: ProfileFixture) =>
    at.profile.db.prepare("select notify from conversations where kind = 'dm'").pluck().get();
  const standing = (at: ProfileFixture) => contactOf(at.profile, bob.address.accountId).standing;
  mute(alice.profile, "bob", "none");
  await sync(alice, thief);
  const { db } = thief.profile;
  db.prepare("update own_state set version = ?").run(Number.MAX_SAFE_INTEGER - 1);
  db.prepare("update contacts set standing_version = ?").run(Number.MAX_SAFE_INTEGER - 1);
  // Ahead by more than half of all numbers, it is behind.
  mute(thief.profile, "bob", "mentions");
  await sync(thief, alice);
  expect(muted(alice)).toBe("none");
  for (const at of [alice, thief]) {
    at.profile.db.prepare("update own_state set version = ?").run(Number.MAX_SAFE_INTEGER - 1);
    at.profile.db.prepare("update contacts set standing_version = ?").run(Number.MAX_SAFE_INTEGER - 1);
  }
  mute(thief.profile, "bob", "mentions");
  blockPerson(thief.profile, "bob");
  await sync(thief, alice);
  expect([muted(alice), standing(alice)]).toEqual(["mentions", "blocked"]);
  mute(alice.profile, "bob", "none");
  acceptPerson(alice.profile, "bob");
  await sync(alice, thief);
  expect([muted(thief), standing(thief)]).toEqual(["none", "accepted"]);
  mute(thief.profile, "bob", "all");
  await sync(thief, alice);
  expect(muted(alice)).toBe("all");
});
