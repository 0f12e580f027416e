// What a device wrote before it was signed out is read; what comes after the log has heard of its end is not, even if the
// relay helps it.
import { afterEach, beforeEach, expect, test } from "vitest";
import { hash, readEnvelopeHeader, unpackWraps } from "../../../keys/index.ts";
import { type AliceAndBob, aliceAndBob, send, sync, texts } from "../../../test/support/alice-and-bob.ts";
import { AccountFixture, type ProfileFixture } from "../../../test/support/profile-fixture.ts";
import { readConversations } from "../../store/conversations.ts";
import { noteHeadInLog } from "../../store/heads-in-logs.ts";
import { readIntents } from "../../store/outbox.ts";
import { sealConversation } from "../outbox/seal.ts";
import { queueMessage } from "../outbox/send-message.ts";
import type { Profile } from "../profile.ts";
import { refreshChains } from "./account-chains.ts";
import { addressKey } from "./sessions.ts";
import { blockPerson, contactOf } from "./trust.ts";
import { verifyPerson } from "./verify.ts";

let world: AliceAndBob;
beforeEach(async () => {
  world = await aliceAndBob();
});
afterEach(() => world.remove());

const SIGNED_OUT = "alice: [could not be read: its device is not part of the sender's account]";

/** Hears of the newest device list of alice before anything else. */
async function learns(at: ProfileFixture): Promise<void> {
  await refreshChains(at.profile, await at.connect(), [world.accounts.alice.accountId]);
}

test("the last words of a device that was signed out since are read, in a session that is known", async () => {
  const laptop = await world.accounts.alice.addDevice();
  await send(laptop, "bob", "hello");
  await sync(world.bob);
  await send(laptop, "bob", "last words");
  world.accounts.alice.removeDevice(laptop.device);
  await learns(world.bob);
  await sync(world.bob);
  expect(texts(world.bob)).toEqual(["alice: hello", "alice: last words"]);
});

test("and so are its first words, which set the session up", async () => {
  const laptop = await world.accounts.alice.addDevice();
  await send(laptop, "bob", "first and last words");
  world.accounts.alice.removeDevice(laptop.device);
  await learns(world.bob);
  await sync(world.bob);
  expect(texts(world.bob)).toEqual(["alice: first and last words"]);
});

test("another own device reads them too", async () => {
  const laptop = await world.accounts.alice.addDevice();
  await send(world.alice, "bob", "hello");
  await send(laptop, "bob", "from the laptop");
  world.accounts.alice.removeDevice(laptop.device);
  await learns(world.alice);
  await sync(world.alice);
  expect(texts(world.alice)).toContain("alice: from the laptop");
});

/** Sealed as the device would send it, and kept from the relay. */
function sealed({ profile }: ProfileFixture, text: string) {
  queueMessage(profile, { to: "bob", text });
  return sealedNext(profile);
}

function sealedNext(profile: Profile) {
  const [intent] = readIntents(profile.db, Date.now(), 1);
  if (intent === undefined) throw new Error("nothing is queued");
  sealConversation(profile, intent.conversation, intent.intent);
  const made = readIntents(profile.db, Date.now(), 1)[0]?.sealed;
  if (made === undefined) throw new Error("nothing was sealed");
  return made;
}

/** A relay that stores what it must not. */
function smuggle(from: ProfileFixture, { envelope, wraps }: ReturnType<typeof sealed>): void {
  const { conversation, rosterVersion: roster } = readEnvelopeHeader(envelope);
  const row = { envelope, wraps: unpackWraps(wraps), sender: addressKey(from.address), roster };
  world.relay.store(world.relay.logOf(conversation), row);
}

test("what a relay takes from it after the log has heard of its end is not believed", async () => {
  const laptop = await world.accounts.alice.addDevice();
  await send(laptop, "bob", "hello");
  await sync(world.bob, world.alice);
  const stolen = sealed(laptop, "by the thief");
  world.accounts.alice.removeDevice(laptop.device);
  await learns(world.alice);
  await send(world.alice, "bob", "my laptop is stolen");
  smuggle(laptop, stolen);
  await sync(world.bob);
  expect(texts(world.bob)).toEqual(["alice: hello", "alice: my laptop is stolen", SIGNED_OUT]);
});

test("until the log has heard of it nobody can tell when it was written", async () => {
  const laptop = await world.accounts.alice.addDevice();
  await send(laptop, "bob", "hello");
  await sync(world.bob, world.alice);
  const late = sealed(laptop, "just before, or just after");
  world.accounts.alice.removeDevice(laptop.device);
  await learns(world.bob);
  smuggle(laptop, late);
  await sync(world.bob);
  expect(texts(world.bob)).toEqual(["alice: hello", "alice: just before, or just after"]);
});

test("what this device has said in the log itself counts as heard", async () => {
  const laptop = await world.accounts.alice.addDevice();
  await send(laptop, "bob", "hello");
  await sync(world.bob, world.alice);
  const stolen = sealed(laptop, "by the thief");
  world.accounts.alice.removeDevice(laptop.device);
  await learns(world.bob);
  await send(world.bob, "alice", "your laptop is out, I see");
  smuggle(laptop, stolen);
  await sync(world.bob);
  expect(texts(world.bob)).toEqual(["alice: hello", "bob: your laptop is out, I see", SIGNED_OUT]);
});

test("a head that nobody signed is no word of a device's end", async () => {
  const laptop = await world.accounts.alice.addDevice();
  await send(laptop, "bob", "hello");
  await sync(world.bob, world.alice);
  const [{ conversation, generation } = { conversation: 0, generation: 0 }] = readConversations(
    world.bob.profile.db,
  );
  const place = { conversation, generation, accountId: world.accounts.alice.accountId };
  noteHeadInLog(world.bob.profile.db, place, { sequence: 900, hash: hash(new Uint8Array(32)) }, 1);
  await send(laptop, "bob", "last words");
  world.accounts.alice.removeDevice(laptop.device);
  await learns(world.bob);
  await sync(world.bob);
  expect(texts(world.bob)).toEqual(["alice: hello", "alice: last words"]);
});

test("what was heard stays heard when the relay begins the log anew", async () => {
  const laptop = await world.accounts.alice.addDevice();
  await send(laptop, "bob", "hello");
  await sync(world.bob, world.alice);
  const stolen = sealed(laptop, "by the thief");
  world.accounts.alice.removeDevice(laptop.device);
  await learns(world.alice);
  await send(world.alice, "bob", "my laptop is stolen");
  await sync(world.bob);
  world.relay.loseLog(world.relay.log(world.accounts.alice.accountId, world.accounts.bob.accountId), 0);
  smuggle(laptop, stolen);
  await sync(world.bob);
  expect(texts(world.bob)).toEqual(["alice: hello", "alice: my laptop is stolen", SIGNED_OUT]);
});

test("nobody is trusted at the word of a device that is out, and whoever it blocked stays blocked", async () => {
  const laptop = await world.accounts.alice.addDevice();
  const carol = new AccountFixture("carol", world.relay);
  const accounts = [world.accounts.bob.accountId, carol.accountId] as const;
  await send(await carol.profile(), "alice", "hello");
  await send(world.bob, "alice", "hello");
  await sync(laptop, world.alice, laptop, world.alice);
  verifyPerson(laptop.profile, "bob");
  blockPerson(laptop.profile, "carol");
  const stolen = sealedNext(laptop.profile);
  world.accounts.alice.removeDevice(laptop.device);
  await learns(world.alice);
  smuggle(laptop, stolen);
  await sync(world.alice);
  const [bob, other] = accounts.map((account) => contactOf(world.alice.profile, account));
  expect(bob?.verifiedAt).toBeNull();
  expect(other?.standing).toBe("blocked");
  carol.remove();
});
