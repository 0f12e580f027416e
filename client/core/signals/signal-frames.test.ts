import { create, toBinary } from "@bufbuild/protobuf";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type EphemeralKey, randomBytes, sealEphemeral } from "../../../keys/index.ts";
import { EphemeralSignalSchema } from "../../../proto/gen/sotto/chat/v1/content_pb.ts";
import {
  type AliceAndBob,
  aliceAndBob,
  send,
  sync,
  withoutReceipts,
} from "../../../test/support/alice-and-bob.ts";
import type { ProfileFixture } from "../../../test/support/profile-fixture.ts";
import { readConversation } from "../../store/conversations.ts";
import { saveSetting } from "../../store/settings.ts";
import { findConversationWith, resolveTo } from "../conversations/conversations.ts";
import { openSignal, type SignalKind, sealSignal } from "./signal-frames.ts";

let world: AliceAndBob;
let alice: ProfileFixture;
let bob: ProfileFixture;

beforeEach(async () => {
  world = await aliceAndBob();
  ({ alice, bob } = world);
});
afterEach(() => world.remove());

function conversationOf({ profile }: ProfileFixture, name: string) {
  const found = findConversationWith(profile, resolveTo(profile, name));
  if (found === undefined) throw new Error(`no conversation with ${name}`);
  return readConversation(profile.db, found.conversation);
}

function seal(from: ProfileFixture, to: string, kind: SignalKind = "typing", isOn = true) {
  return sealSignal(from.profile, conversationOf(from, to), { kind, isOn }, from.profile.runtime.now());
}

function opened(at: ProfileFixture, frame: Uint8Array | undefined): string {
  const heard = frame && openSignal(at.profile, frame);
  return heard === undefined ? "nothing" : `${heard.conversation.peerName} ${heard.kind} ${heard.isOn}`;
}

async function talk(): Promise<void> {
  await send(alice, "bob", "hello");
  await sync(bob);
  await send(bob, "alice", "hi");
  await sync(alice);
}

test("what one says the others open", async () => {
  await talk();
  expect(opened(bob, seal(alice, "bob"))).toBe("alice typing true");
  expect(opened(bob, seal(alice, "bob", "typing", false))).toBe("alice typing false");
  expect(opened(alice, seal(bob, "alice", "presence"))).toBe("bob presence true");
  const laptop = await world.accounts.alice.addDevice();
  await send(alice, "bob", "from the desk");
  await sync(laptop);
  // It is nobody else who types.
  expect(opened(laptop, seal(alice, "bob"))).toBe("nothing");
});

test("a stranger does not hear whether anybody sits here, and is not seen to type", async () => {
  saveSetting(bob.profile.db, "requests", "on");
  await send(alice, "bob", "do you read this?");
  await sync(bob, alice);
  expect(opened(bob, seal(alice, "bob"))).toBe("nothing");
  expect([seal(bob, "alice"), seal(bob, "alice", "presence")]).toEqual([undefined, undefined]);
  await send(bob, "alice", "I do");
  await sync(alice);
  expect(opened(alice, seal(bob, "alice"))).toBe("bob typing true");
});

test("what is off is neither said nor shown", async () => {
  await talk();
  for (const kind of ["typing", "presence"] as const) {
    const other = kind === "typing" ? "presence" : "typing";
    const frame = seal(alice, "bob", kind);
    saveSetting(bob.profile.db, kind, "off");
    expect(opened(bob, frame)).toBe("nothing");
    expect(seal(bob, "alice", kind)).toBeUndefined();
    expect(opened(alice, seal(bob, "alice", other))).toBe(`bob ${other} true`);
    saveSetting(bob.profile.db, kind, "on");
  }
});

test("a frame that was kept, or comes from a clock far off, shows nothing", async () => {
  await talk();
  const frame = seal(alice, "bob");
  bob.ahead = 59_000;
  expect(opened(bob, frame)).toBe("alice typing true");
  bob.ahead = 61_000;
  expect(opened(bob, frame)).toBe("nothing");
  bob.ahead = -61_000;
  expect(opened(bob, frame)).toBe("nothing");
});

test("a device that was removed is heard no more, and hears nothing more", async () => {
  // A receipt would bring the next key.
  withoutReceipts(bob);
  const lost = await world.accounts.alice.addDevice();
  await talk();
  await sync(lost);
  await send(lost, "bob", "from the train");
  await sync(bob, lost);
  const last = seal(lost, "bob");
  expect(opened(bob, last)).toBe("alice typing true");
  world.accounts.alice.removeDevice(lost.device);
  await send(alice, "bob", "the laptop is gone");
  await sync(bob);
  expect(opened(bob, last)).toBe("nothing");
  // Bob's key is in the hands of that device: nothing is said until a message has carried another.
  expect(seal(bob, "alice") === undefined).toBe(true);
  await send(bob, "alice", "noted");
  await sync(alice);
  const after = seal(bob, "alice");
  expect(opened(alice, after)).toBe("bob typing true");
  expect(opened(lost, after)).toBe("nothing");
});

test("garbage, a wrong key, another conversation and an empty body are dropped without a word", async () => {
  await talk();
  const frame = seal(alice, "bob") ?? new Uint8Array();
  const { conversationId: conversation, ephemeralKey: key } = conversationOf(alice, "bob");
  if (conversation === undefined || key === undefined) throw new Error("no key");
  const { accountId: sender, deviceId: senderDevice } = alice.address;
  const forge = (body: Uint8Array, with_: EphemeralKey = key) =>
    sealEphemeral({ header: { conversation, sender, senderDevice }, body, key: with_, random: randomBytes });
  for (const bad of [
    new Uint8Array(),
    randomBytes(400),
    frame.slice(0, -1),
    frame.with(50, (frame[50] ?? 0) ^ 1),
    frame.with(1, (frame[1] ?? 0) ^ 1),
    forge(new Uint8Array()),
    forge(toBinary(EphemeralSignalSchema, create(EphemeralSignalSchema, { sentAt: BigInt(Date.now()) }))),
    forge(randomBytes(40)),
    forge(Uint8Array.of(8, 1, 24, 1), randomBytes(32) as never),
  ]) {
    expect(opened(bob, bad)).toBe("nothing");
  }
  expect(opened(bob, frame)).toBe("alice typing true");
});
