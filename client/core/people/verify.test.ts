import { afterEach, beforeEach, expect, test } from "vitest";
import {
  type AliceAndBob,
  aliceAndBob,
  deliver,
  send,
  sync,
  syncWarily,
  texts,
} from "../../../test/support/alice-and-bob.ts";
import { AccountFixture, type ProfileFixture } from "../../../test/support/profile-fixture.ts";
import { saveChangedKey } from "../../store/changed-keys.ts";
import { eventsArrivedAfter } from "../../store/events.ts";
import { listConversations } from "../conversations/list-conversations.ts";
import { summarizeConversations } from "../conversations/summarize-conversations.ts";
import { readMessages } from "../messages/read-messages.ts";
import { queueMessage } from "../outbox/send-message.ts";
import { acceptNewKey, changedKeyOf } from "./changed-key.ts";
import { safetyNumberWith } from "./safety-number.ts";
import { acceptPerson, contactOf } from "./trust.ts";
import { unverifyPerson, verifyPerson } from "./verify.ts";

let world: AliceAndBob;
let alice: ProfileFixture;
let bob: ProfileFixture;
let impostor: AccountFixture;

beforeEach(async () => {
  world = await aliceAndBob();
  ({ alice, bob } = world);
  await send(alice, "bob", "hello");
  impostor = new AccountFixture("bob", world.relay);
});
afterEach(() => {
  impostor.remove();
  world.remove();
});

const isMarked = () => summarizeConversations(alice.profile).rows.map(({ isVerified }) => isVerified);
const events = (at: ProfileFixture) =>
  eventsArrivedAfter(at.profile.db, 0, 100).filter(
    ({ event }) => event === "key_changed" || event === "device_added",
  );

/** The relay shows another account under bob's name, and it writes to alice. */
async function bobChanges(): Promise<ProfileFixture> {
  const fake = await impostor.profile();
  await send(fake, "alice", "it is me, bob");
  expect((await syncWarily(alice)).alarms.map(({ kind }) => kind)).toEqual(["name_moved"]);
  return fake;
}

test("equal numbers verify, however they are grouped", async () => {
  const number = await safetyNumberWith(bob.profile, bob.connect, "alice");
  const groups = number.match(/.{5}/g)?.join(" \n");
  expect(isMarked()).toEqual([false]);
  expect(verifyPerson(alice.profile, "bob", groups).verifiedAt).not.toBeNull();
  expect(isMarked()).toEqual([true]);
  expect(unverifyPerson(alice.profile, "bob").verifiedAt).toBeNull();
  expect(isMarked()).toEqual([false]);
});

test("another number stops, and marks nobody", async () => {
  const number = await safetyNumberWith(bob.profile, bob.connect, "alice");
  const wrong = `${number.slice(0, -1)}${(Number(number.at(-1)) + 1) % 10}`;
  expect(() => verifyPerson(alice.profile, "bob", wrong)).toThrow(
    expect.objectContaining({ code: "security_stop" }),
  );
  expect(() => verifyPerson(alice.profile, "bob", "12345")).toThrow("60 digits");
  expect(isMarked()).toEqual([false]);
});

test("a changed account key stops sending until it is accepted, and the old conversation stays to be read", async () => {
  verifyPerson(alice.profile, "bob");
  const old = await safetyNumberWith(alice.profile, alice.connect, "bob");
  const fake = await bobChanges();
  expect(events(alice)).toMatchObject([{ event: "key_changed", details: { accepted: false } }]);
  for (const use of [
    () => queueMessage(alice.profile, { to: "bob", text: "secret" }),
    () => acceptPerson(alice.profile, "bob"),
    () => verifyPerson(alice.profile, "bob"),
  ]) {
    expect(use).toThrow(expect.objectContaining({ code: "security_stop" }));
  }
  const changed = changedKeyOf(alice.profile, "bob");
  expect(changed?.oldNumber).toBe(old);
  expect(changed?.newNumber).toBe(await safetyNumberWith(fake.profile, fake.connect, "alice"));

  const accepted = await acceptNewKey(alice.profile, alice.connect, "@bob");
  expect(accepted).toMatchObject({ newNumber: changed?.newNumber });
  expect(accepted.formerly).toMatch(/^bob \(before \d{4}-\d\d-\d\d\)$/);
  await sync(alice);
  await send(alice, "bob", "is it you?");
  await sync(fake);
  expect(texts(fake)).toEqual(["bob: it is me, bob", "alice: is it you?"]);
  expect(texts(alice, "bob")).toEqual(["bob: it is me, bob", "alice: is it you?"]);
  // What was said with the account before, and nothing more.
  expect(readMessages(alice.profile, { conversation: accepted.formerly, limit: 9 })).toMatchObject([
    { text: "hello" },
  ]);
  expect(() => queueMessage(alice.profile, { to: accepted.formerly, text: "there?" })).toThrow(
    "Another account has that name now",
  );
  expect(listConversations(alice.profile).map(({ name }) => name)).toEqual(["bob", accepted.formerly]);
  // Nobody has compared anything with the new one, and the old mark is gone.
  for (const { accountId } of [impostor, world.accounts.bob]) {
    expect(contactOf(alice.profile, accountId).verifiedAt).toBeNull();
  }
  expect(events(alice).at(-1)).toMatchObject({ event: "key_changed", details: { accepted: true } });
  await expect(acceptNewKey(alice.profile, alice.connect, "bob")).rejects.toThrow("has not changed");
});

test("what was queued before the key changed is not sent to anybody", async () => {
  const { position } = queueMessage(alice.profile, { to: "bob", text: "queued" });
  // As another process of the profile finds it while this one is offline.
  saveChangedKey(alice.profile.db, "bob", impostor.accountId, 1);
  const rows = world.relay.log(alice.account.accountId, bob.account.accountId).rows.length;
  await expect(deliver(alice, position)).rejects.toMatchObject({ code: "security_stop" });
  expect(world.relay.log(alice.account.accountId, bob.account.accountId).rows.length).toBe(rows);
});

test("the other devices of an account hear of an accepted key, and stop until it is accepted there", async () => {
  const desk = await world.accounts.alice.addDevice();
  await sync(desk, alice, desk);
  await bobChanges();
  await acceptNewKey(alice.profile, alice.connect, "bob");
  // What own devices tell each other waits a little for more.
  alice.ahead = 2_000;
  await sync(alice);
  // An alarm is what the relay's word is; this is the word of an own device.
  const { alarms } = await syncWarily(desk);
  expect(alarms.filter(({ text }) => text.includes("one of your devices"))).toEqual([]);
  expect(() => queueMessage(desk.profile, { to: "bob", text: "to whom?" })).toThrow(
    expect.objectContaining({ code: "security_stop" }),
  );
  await acceptNewKey(desk.profile, desk.connect, "bob");
  await sync(desk);
  expect(texts(desk, "bob")).toEqual(["bob: it is me, bob"]);
});

test("a new device of somebody known is a note, and an event for those who follow", async () => {
  await sync(bob);
  const laptop = await world.accounts.bob.addDevice();
  await send(alice, "bob", "hello again");
  await sync(laptop);
  const id = Buffer.from(laptop.device.deviceId).toString("hex");
  expect(events(alice)).toMatchObject([{ event: "device_added", details: { member: "bob", added: id } }]);
});

test("a key that came after the one whose number was shown is not accepted in its place", async () => {
  await bobChanges();
  const shown = changedKeyOf(alice.profile, "bob")?.newNumber;
  const other = new AccountFixture("bob", world.relay);
  await send(await other.profile(), "alice", "no, it is me");
  await syncWarily(alice);
  expect(changedKeyOf(alice.profile, "bob")?.newNumber).not.toBe(shown);
  await expect(acceptNewKey(alice.profile, alice.connect, "bob", shown)).rejects.toMatchObject({
    code: "security_stop",
  });
  expect(changedKeyOf(alice.profile, "bob")?.newNumber).not.toBe(shown);
  other.remove();
});
