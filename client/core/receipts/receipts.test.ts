import { create, toBinary } from "@bufbuild/protobuf";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ReceiptSchema } from "../../../proto/gen/sotto/chat/v1/content_pb.ts";
import {
  type AliceAndBob,
  aliceAndBob,
  deliver,
  send,
  sync,
  syncWarily,
  withoutReceipts,
} from "../../../test/support/alice-and-bob.ts";
import type { ProfileFixture } from "../../../test/support/profile-fixture.ts";
import { readConversations } from "../../store/conversations.ts";
import { transact } from "../../store/database.ts";
import { eventsArrivedAfter } from "../../store/events.ts";
import { saveSetting } from "../../store/settings.ts";
import { followRelay } from "../connection/follow.ts";
import { markRead, readMessages } from "../messages/read-messages.ts";
import { messageAt, queueMessage } from "../outbox/send-message.ts";
import { namesAt, waitForDelivery } from "../outbox/wait-for-delivery.ts";
import { acknowledge } from "./queue-receipts.ts";
import { takeReceipt } from "./receipts.ts";
import { sendReceipts } from "./send-receipts.ts";

let world: AliceAndBob;
let alice: ProfileFixture;
let bob: ProfileFixture;

beforeEach(async () => {
  world = await aliceAndBob();
  ({ alice, bob } = world);
});
afterEach(() => world.remove());

function states(at: ProfileFixture): string[] {
  return readMessages(at.profile, { limit: 100 }).map(({ text, state }) => `${text}: ${state}`);
}

/** Prints all for a person, as `chat read` does. */
async function readAll(at: ProfileFixture): Promise<void> {
  markRead(at.profile, readMessages(at.profile, { limit: 100 }));
  await sendReceipts(at.profile, at.connect);
}

function receiptEvents(at: ProfileFixture): unknown[] {
  return eventsArrivedAfter(at.profile.db, 0, 100)
    .filter(({ event }) => event === "receipt")
    .map(({ details }) => details);
}

function follow(at: ProfileFixture): { stop: () => Promise<void>; connected: Promise<void> } {
  const ending = new AbortController();
  let onConnected = (): void => undefined;
  const connected = new Promise<void>((resolve) => {
    onConnected = resolve;
  });
  const following = followRelay(at.profile, at.connect, {
    signal: ending.signal,
    onConnection: (state) => state === "connected" && onConnected(),
  });
  return {
    connected,
    stop: async () => {
      ending.abort();
      await following;
    },
  };
}

test("a message is delivered when the other has it, and read when he has read it", async () => {
  const { position } = await send(alice, "bob", "hello");
  await sync(alice);
  expect(states(alice)).toEqual(["hello: sent"]);
  await send(bob, "alice", "first");
  await sync(bob, alice);
  expect(messageAt(alice.profile, position).state).toBe("delivered");
  await readAll(bob);
  await sync(alice);
  expect(messageAt(alice.profile, position).state).toBe("read");
  expect(namesAt(alice.profile, position, "delivered")).toEqual({
    deliveredTo: ["bob"],
    readBy: ["bob"],
    missing: [],
  });
  expect(receiptEvents(alice)).toEqual([
    { state: "delivered", member: "bob" },
    { state: "read", member: "bob" },
  ]);
});

test("a stranger hears nothing of his message, and all of it once he is answered", async () => {
  saveSetting(bob.profile.db, "requests", "on");
  const { position } = await send(alice, "bob", "do you know me?");
  await sync(bob);
  await readAll(bob);
  await sync(alice);
  expect(messageAt(alice.profile, position).state).toBe("sent");
  expect(receiptEvents(alice)).toEqual([]);
  await send(bob, "alice", "now I do");
  await send(alice, "bob", "good");
  await sync(bob);
  await readAll(bob);
  await sync(alice);
  expect(messageAt(alice.profile, position).state).toBe("read");
});

test("many messages are one receipt and one event, and what was said is not said again", async () => {
  for (const text of ["1", "2", "3"]) queueMessage(alice.profile, { to: "bob", text });
  await send(alice, "bob", "4");
  await sync(bob, alice, bob, alice);
  expect(states(alice)).toEqual(["1: delivered", "2: delivered", "3: delivered", "4: delivered"]);
  expect(receiptEvents(alice)).toHaveLength(1);
  const submits = world.relay.submits.length;
  await sync(bob, alice, bob, alice);
  expect(world.relay.submits).toHaveLength(submits);
});

test("while live, what comes in a burst is acknowledged once", async () => {
  await send(alice, "bob", "hello");
  await sync(bob, alice, bob, alice);
  const tail = follow(bob);
  await tail.connected;
  const before = world.relay.submits.length;
  for (let n = 0; n < 10; n += 1) await send(alice, "bob", `${n}`);
  await waitForDelivery(
    alice.profile,
    readMessages(alice.profile, { limit: 1 })[0]?.position ?? 0,
    { state: "delivered", quorum: "all" },
    { connect: alice.connect, timeout: 10_000 },
  );
  await tail.stop();
  expect(world.relay.submits.length - before).toBeLessThanOrEqual(10 + 2);
});

test("to wait for delivery ends when the other's device says so, and fails as timed out when it does not", async () => {
  const goal = { state: "delivered", quorum: "all" } as const;
  const { position } = queueMessage(alice.profile, { to: "bob", text: "anybody?" });
  await expect(
    waitForDelivery(alice.profile, position, goal, { connect: alice.connect, timeout: 400 }),
  ).rejects.toMatchObject({ code: "timed_out", message: expect.stringContaining("bob") });
  expect(namesAt(alice.profile, position, "delivered").missing).toEqual(["bob"]);
  const waiting = waitForDelivery(alice.profile, position, goal, { connect: alice.connect, timeout: 10_000 });
  await sync(bob);
  expect(await waiting).toMatchObject({ state: "delivered" });
});

test("one who waits hears it from the process of the profile that holds the live stream", async () => {
  const tail = follow(alice);
  await tail.connected;
  const other = alice.open();
  const { position } = queueMessage(other, { to: "bob", text: "over there" });
  const goal = { state: "delivered", quorum: 1 } as const;
  const waiting = waitForDelivery(other, position, goal, { connect: alice.connect, timeout: 10_000 });
  while (messageAt(other, position).state === "queued")
    await new Promise((resolve) => setTimeout(resolve, 20));
  await sync(bob);
  expect(await waiting).toMatchObject({ state: "delivered" });
  other.db.close();
  await tail.stop();
});

test("a relay that is away, or goes away, ends the wait at once; a note to oneself waits for nobody", async () => {
  const goal = { state: "delivered", quorum: "all" } as const;
  const note = queueMessage(alice.profile, { to: "me", text: "note" });
  const options = { connect: alice.connect, timeout: 20_000 };
  expect(await waitForDelivery(alice.profile, note.position, goal, options)).toMatchObject({ state: "sent" });
  const { position } = await send(alice, "bob", "hello");
  world.relay.isDown = true;
  await expect(waitForDelivery(alice.profile, position, goal, options)).rejects.toMatchObject({
    code: "unreachable",
  });
  const started = performance.now();
  await sendReceipts(alice.profile, alice.connect);
  expect(performance.now() - started).toBeLessThan(1_000);
});

test("one's own other device does not count, nor does it acknowledge anything to itself", async () => {
  const tablet = await world.accounts.alice.addDevice();
  const { position } = await send(alice, "bob", "hello");
  await sync(tablet, alice, tablet, alice);
  expect(messageAt(alice.profile, position).state).toBe("sent");
  await sync(bob, alice, tablet);
  expect(messageAt(alice.profile, position).state).toBe("delivered");
  expect(states(tablet)).toEqual(["hello: delivered"]);
});

test("nothing is acknowledged when receipts are off", async () => {
  saveSetting(bob.profile.db, "receipts", "off");
  const { position } = await send(alice, "bob", "hello");
  await sync(bob);
  await readAll(bob);
  await sync(alice);
  expect(messageAt(alice.profile, position).state).toBe("sent");
});

test("what waits to be told when receipts are turned off is not told", async () => {
  withoutReceipts(bob);
  const { position } = await send(alice, "bob", "hello");
  await sync(bob);
  saveSetting(bob.profile.db, "receipts", "on");
  transact(bob.profile.db, () => acknowledge(bob.profile, 1, alice.address.accountId));
  saveSetting(bob.profile.db, "receipts", "off");
  await sync(bob, alice);
  expect(messageAt(alice.profile, position).state).toBe("sent");
});

test("what a device could not read is not delivered to it", async () => {
  world.relay.lies.deliveries = (rows, reader) =>
    reader.accountId.join() === bob.address.accountId.join()
      ? rows.map((row) =>
          row.sequence === 1n ? { ...row, envelope: new Uint8Array(), wrap: new Uint8Array(), stub: 1 } : row,
        )
      : rows;
  const left = await send(alice, "bob", "left out by the relay");
  const kept = await send(alice, "bob", "kept");
  await syncWarily(bob);
  await sync(alice);
  expect(messageAt(alice.profile, kept.position).state).toBe("delivered");
  expect(messageAt(alice.profile, left.position).state).toBe("sent");
});

test("receipts for another log, of somebody else, or for what does not exist change nothing, and none goes back", async () => {
  const { position } = await send(alice, "bob", "one");
  await sync(alice);
  const [direct] = readConversations(alice.profile.db);
  if (direct?.conversationId === undefined || direct.log === undefined) throw new Error("no conversation");
  const receipt = {
    conversationId: direct.conversationId,
    incarnation: direct.log.incarnation,
    deliveredThrough: 1n,
    readThrough: 0n,
  };
  const take = (changes: object, sender = bob.address, sequence = 2): string => {
    const told = create(ReceiptSchema, { ...receipt, ...changes });
    transact(alice.profile.db, () => takeReceipt(alice.profile, direct, sender, sequence, told));
    return messageAt(alice.profile, position).state;
  };
  expect(take({ incarnation: new Uint8Array(16) })).toBe("sent");
  expect(take({ incarnation: new Uint8Array() })).toBe("sent");
  expect(take({ conversationId: new Uint8Array(32) })).toBe("sent");
  expect(take({ deliveredThrough: 2n })).toBe("sent");
  expect(take({ deliveredThrough: 2n ** 64n - 1n })).toBe("sent");
  expect(take({ readThrough: 2n })).toBe("sent");
  expect(take({}, alice.address)).toBe("sent");
  expect(take({ unreadable: [1n] })).toBe("sent");
  const phone = { ...bob.address, deviceId: alice.address.deviceId };
  expect(take({ readThrough: 1n }, phone)).toBe("read");
  expect(take({ deliveredThrough: 0n }, phone)).toBe("read");
  expect(take({ unreadable: [1n] }, phone)).toBe("read");
  expect(toBinary(ReceiptSchema, create(ReceiptSchema, receipt)).length).toBeLessThan(128);
});

test("a log that the relay lost takes its receipts with it", async () => {
  const { position } = await send(alice, "bob", "before");
  await sync(bob, alice);
  expect(messageAt(alice.profile, position).state).toBe("delivered");
  const log = world.relay.log(alice.address.accountId, bob.address.accountId);
  world.relay.loseLog(log, 0);
  const after = await send(alice, "bob", "after").catch(async () => {
    await syncWarily(alice);
    return send(alice, "bob", "after");
  });
  await syncWarily(bob);
  await syncWarily(alice);
  await deliver(alice, after.position);
  expect(messageAt(alice.profile, position).state).toBe("sent");
});
