import { afterEach, beforeEach, expect, test } from "vitest";
import { type AccountId, type MessageId, messageId, randomBytes } from "../../../keys/index.ts";
import { StubReason } from "../../../proto/gen/sotto/relay/v1/messaging_pb.ts";
import {
  type AliceAndBob,
  aliceAndBob,
  send,
  sync,
  syncWarily,
} from "../../../test/support/alice-and-bob.ts";
import { type Enrolled, enrol } from "../../../test/support/enrolled.ts";
import { online, sync as syncAll } from "../../../test/support/online.ts";
import type { ProfileFixture } from "../../../test/support/profile-fixture.ts";
import { startTestRelay } from "../../../test/support/relay.ts";
import { transact } from "../../store/database.ts";
import { addMessage, readMessage } from "../../store/messages.ts";
import { addIntent } from "../../store/outbox.ts";
import { syncConversations } from "../connection/sync.ts";
import { createGroup } from "../groups/create-group.ts";
import { joinRoom } from "../groups/join-group.ts";
import { encodeChange } from "../outbox/encode-content.ts";
import { queueControl } from "../outbox/queue-silent.ts";
import { queueMessage } from "../outbox/send-message.ts";
import { deleteMessage } from "./annotate.ts";
import type { Message } from "./message.ts";
import { readMessages } from "./read-messages.ts";

let world: AliceAndBob;
let alice: ProfileFixture;
let bob: ProfileFixture;
/** What alice wrote before anything is erased, and what bob has. */
let first: Message;

beforeEach(async () => {
  world = await aliceAndBob();
  ({ alice, bob } = world);
  first = await send(alice, "bob", "here");
  await sync(bob);
});
afterEach(() => world.remove());

/** Bob is told that nothing is left of a message. */
function erase({ position }: Message, reason: StubReason): void {
  const gone = BigInt(readMessage(alice.profile.db, position)?.sequence ?? 0);
  world.relay.lies.deliveries = (rows) =>
    rows.map((row) =>
      row.sequence === gone
        ? { ...row, envelope: new Uint8Array(), wrap: new Uint8Array(), stub: reason }
        : row,
    );
}

/** Of the log, as bob has it. */
function inOrder(): Message[] {
  return readMessages(bob.profile, { conversation: "alice", limit: 10 });
}

function seenByBob(): string[] {
  return inOrder().map(({ text, deleted }) => (deleted ? "[deleted]" : text));
}

/** A delete as alice's own client would never make it. */
function claim(id: MessageId, erased: Message, accountId: AccountId): void {
  const { db, runtime } = alice.profile;
  const { conversation, sequence, sentAt } = readMessage(db, erased.position) ?? {};
  if (conversation === undefined) throw new Error("no such message");
  const target = {
    messageId: id,
    deviceId: alice.address.deviceId,
    sequence,
    accountId,
    sentAt: sentAt ?? 0,
  };
  transact(db, () =>
    queueControl(alice.profile, conversation, encodeChange(target, { kind: "delete" }, 1), runtime.now()),
  );
}

test("what was taken back before it came stands as deleted in its place, and is not missed", async () => {
  const regretted = await send(alice, "bob", "regretted");
  await send(alice, "bob", "there");
  deleteMessage(alice.profile, regretted.id);
  await sync(alice);
  erase(regretted, StubReason.DELETED);
  expect(await syncWarily(bob)).toMatchObject({ alarms: [], notes: [], received: 1 });
  expect(seenByBob()).toEqual(["here", "[deleted]", "there"]);
  const [, standIn] = inOrder();
  expect(standIn).toMatchObject({ id: regretted.id, from: "alice", sentAt: regretted.sentAt, arrival: null });
  bob.ahead += 120_000;
  expect(await syncWarily(bob)).toMatchObject({ alarms: [], notes: [] });
});

test("what the relay alone calls deleted is missed", async () => {
  const withheld = await send(alice, "bob", "withheld");
  await send(alice, "bob", "there");
  erase(withheld, StubReason.DELETED);
  expect((await syncWarily(bob)).notes).toEqual([]);
  bob.ahead += 120_000;
  const { notes } = await syncWarily(bob);
  expect(notes.map(({ text }) => text)).toEqual([expect.stringContaining("nobody has deleted it")]);
  expect(await syncWarily(bob)).toMatchObject({ notes: [] });
  expect(seenByBob()).toEqual(["here", "there"]);
});

test("what has expired before it came is told of, by the relay's word", async () => {
  const brief = await send(alice, "bob", "brief");
  await send(alice, "bob", "there");
  erase(brief, StubReason.EXPIRED);
  const { notes } = await syncWarily(bob);
  expect(notes.map(({ text }) => text)).toEqual([
    "A message in the conversation with alice had disappeared before arriving here.",
  ]);
});

test("what an admin took back before it came is not missed when its author writes again", async () => {
  const relay = await startTestRelay();
  const people = await Promise.all(["carol", "dave", "erin"].map((name) => enrol(name, relay.url)));
  const [carol, dave, erin] = people as [Enrolled, Enrolled, Enrolled];
  const say = (who: Enrolled, text: string) => {
    queueMessage(who.profile, { to: "#ops", text });
    return syncAll(who);
  };
  try {
    await online(carol, (own) => createGroup(carol.profile, own, { name: "ops", kind: "room" }));
    for (const each of [dave, erin]) await online(each, (own) => joinRoom(each.profile, own, "ops"));
    await say(erin, "one");
    await syncAll(dave);
    await say(erin, "spam");
    await syncAll(carol);
    const [spam] = readMessages(carol.profile, { conversation: "#ops", limit: 1 });
    deleteMessage(carol.profile, spam?.id ?? "");
    await syncAll(carol);
    await say(erin, "three");
    const { notes } = await online(dave, (own) => syncConversations(dave.profile, own));
    expect(notes).toEqual([]);
    const read = readMessages(dave.profile, { conversation: "#ops", limit: 10 });
    expect(read.map(({ text, deleted }) => (deleted ? "[deleted]" : text))).toEqual([
      "one",
      "[deleted]",
      "three",
    ]);
  } finally {
    for (const person of people) person.leave();
    await relay.stop();
  }
});

test("nobody takes back in another's name what never came", async () => {
  const withheld = await send(alice, "bob", "withheld");
  claim(messageId(randomBytes(16)), withheld, bob.address.accountId);
  await sync(alice);
  erase(withheld, StubReason.DELETED);
  await syncWarily(bob);
  expect(seenByBob()).toEqual(["here"]);
});

test("a delete does not occupy the id of a message that is still to come", async () => {
  const withheld = await send(alice, "bob", "withheld");
  const id = messageId(randomBytes(16));
  claim(id, withheld, alice.address.accountId);
  const { db } = alice.profile;
  const conversation = readMessage(db, first.position)?.conversation ?? 0;
  const position = addMessage(db, {
    ...alice.address,
    conversation,
    messageId: id,
    kind: "text",
    state: "queued",
    unread: false,
    text: "the real one",
    sentAt: Date.now(),
  });
  addIntent(db, { conversation, position: position ?? 0, purpose: "message" });
  await sync(alice);
  erase(withheld, StubReason.DELETED);
  expect((await syncWarily(bob)).alarms).toEqual([]);
  // Whoever says that he has deleted it has; but it is no copy of what stood there before.
  expect(inOrder().map(({ arrival }) => arrival)).not.toContain(null);
});
