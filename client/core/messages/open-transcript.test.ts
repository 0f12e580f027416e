import { afterEach, beforeEach, expect, test } from "vitest";
import { messageId, randomBytes } from "../../../keys/index.ts";
import {
  type AliceAndBob,
  aliceAndBob,
  deliver,
  send,
  sync,
  withoutReceipts,
} from "../../../test/support/alice-and-bob.ts";
import type { ProfileFixture } from "../../../test/support/profile-fixture.ts";
import { transact } from "../../store/database.ts";
import { addEvent } from "../../store/events.ts";
import { addMessage } from "../../store/messages.ts";
import { readIntents } from "../../store/outbox.ts";
import { ChatError } from "../chat-error.ts";
import { failIntent } from "../outbox/fail-intent.ts";
import { queueMessage } from "../outbox/send-message.ts";
import { closeProfile } from "../profile.ts";
import { deleteMessage, editMessage, voteOn } from "./annotate.ts";
import { expireMessages } from "./expire-messages.ts";
import { OpenTranscript, type TranscriptChanges } from "./open-transcript.ts";
import { conversationNumber, markRead, readMessages } from "./read-messages.ts";
import { readTranscript, type TranscriptItem } from "./read-transcript.ts";

let world: AliceAndBob;
let alice: ProfileFixture;
let bob: ProfileFixture;

beforeEach(async () => {
  world = await aliceAndBob();
  ({ alice, bob } = world);
});
afterEach(() => world.remove());

const numberAt = (at: ProfileFixture, name: string): number => conversationNumber(at.profile, name) ?? 0;
const said = (items: readonly TranscriptItem[]): string[] =>
  items
    .toSorted((one, other) => one.place - other.place)
    .map((item) => (item.type === "event" ? item.event.event : item.message.text));

function opened(at: ProfileFixture, name: string): OpenTranscript {
  return new OpenTranscript(at.profile, () => {
    try {
      return conversationNumber(at.profile, name) ?? undefined;
    } catch {
      return undefined;
    }
  });
}

function changesOf(transcript: OpenTranscript): TranscriptChanges {
  const changes = transcript.changes();
  if (changes === undefined) throw new Error("to be opened anew");
  return changes;
}

/** As if the log had brought it. */
function put(at: ProfileFixture, conversation: number, sequence: number, text: string): void {
  addMessage(at.profile.db, {
    ...bob.address,
    conversation,
    messageId: messageId(randomBytes(16)),
    sequence,
    kind: "text",
    state: "received",
    unread: false,
    text,
    sentAt: sequence,
  });
}

test("pages follow each other without gaps, in the order of the log, with what happened in between", async () => {
  withoutReceipts(alice, bob);
  await send(bob, "alice", "hello");
  await sync(alice);
  const conversation = numberAt(alice, "bob");
  // In another order than that of the log.
  for (const sequence of [9, 8, 7, 6, 5, 4, 3, 2]) put(alice, conversation, 10 * sequence, `m${sequence}`);
  transact(alice.profile.db, () =>
    addEvent(alice.profile.db, {
      eventId: randomBytes(16),
      event: "joined",
      conversation,
      accountId: bob.address.accountId,
      sequence: 55,
      at: 1,
    }),
  );
  queueMessage(alice.profile, { to: "bob", text: "not sent yet" });
  const newest = readTranscript(alice.profile, conversation, { at: "end" }, 4);
  expect(said(newest.items)).toEqual(["m7", "m8", "m9", "not sent yet"]);
  expect(newest).toMatchObject({ hasOlder: true, hasNewer: false });
  const middle = readTranscript(alice.profile, conversation, { before: newest.items[0]?.place ?? 0 }, 4);
  expect(said(middle.items)).toEqual(["m4", "m5", "joined", "m6"]);
  const oldest = readTranscript(alice.profile, conversation, { before: middle.items[0]?.place ?? 0 }, 4);
  expect(said(oldest.items)).toEqual(["hello", "m2", "m3"]);
  expect(oldest).toMatchObject({ hasOlder: false, hasNewer: true });
  const again = readTranscript(alice.profile, conversation, { after: oldest.items.at(-1)?.place ?? 0 }, 4);
  expect(again.items).toEqual(middle.items);
  const around = readTranscript(alice.profile, conversation, { around: middle.items[3]?.key ?? "" }, 4);
  expect(said(around.items)).toEqual(["m5", "joined", "m6", "m7"]);
  expect(around).toMatchObject({ hasOlder: true, hasNewer: true });
});

test("only what has changed comes again", async () => {
  await send(bob, "alice", "one");
  const { id } = await send(bob, "alice", "two");
  await sync(alice);
  const transcript = opened(alice, "bob");
  expect(said(transcript.open().items)).toEqual(["one", "two"]);
  expect(changesOf(transcript)).toEqual({ changed: [], gone: [] });

  await send(bob, "alice", "three");
  await sync(alice);
  expect(said(changesOf(transcript).changed)).toEqual(["three"]);

  editMessage(bob.profile, id, "two, mended");
  await sync(bob, alice);
  expect(said(changesOf(transcript).changed)).toEqual(["two, mended"]);
  expect(changesOf(transcript).changed).toEqual([]);
});

test("what another process queues, sends and reads is seen", async () => {
  await send(bob, "alice", "hello");
  await sync(alice);
  const transcript = opened(alice, "bob");
  const other = alice.open();
  transcript.open();
  const { position } = queueMessage(other, { to: "bob", text: "from elsewhere" });
  const [queued, ...more] = changesOf(transcript).changed;
  expect(queued).toMatchObject({ message: { text: "from elsewhere", state: "queued" } });
  expect(more).toEqual([]);
  await deliver(alice, position);
  const [sent] = changesOf(transcript).changed;
  expect(sent).toMatchObject({ key: queued?.key, message: { state: "sent" } });
  expect(sent?.place).toBeLessThan(queued?.place ?? 0);

  markRead(other, readMessages(other, { conversation: "bob", limit: 1, unread: true }));
  expect(changesOf(transcript).changed).toMatchObject([{ unread: false, message: { text: "hello" } }]);
  closeProfile(other);
});

test("a receipt changes all the messages that it speaks of", async () => {
  await send(bob, "alice", "hi");
  await sync(alice);
  await send(alice, "bob", "one");
  await send(alice, "bob", "two");
  const transcript = opened(alice, "bob");
  transcript.open();
  await sync(bob, bob, alice);
  const changed = changesOf(transcript).changed.filter((item) => item.type === "message");
  expect(changed.map(({ message: { text, state } }) => `${text} ${state}`).sort()).toEqual([
    "one delivered",
    "two delivered",
  ]);
});

test("an answer changes with what it answers, and what disappears is gone", async () => {
  const { id } = await send(alice, "bob", "which one?");
  await sync(bob);
  await deliver(bob, queueMessage(bob.profile, { text: "that one", replyTo: id }).position);
  await sync(alice);
  const short = queueMessage(alice.profile, { to: "bob", text: "soon over", expireAfter: 1_000 });
  const transcript = opened(alice, "bob");
  transcript.open();
  deleteMessage(alice.profile, id);
  const answers = changesOf(transcript).changed.filter(
    (item) => item.type === "message" && item.message.text === "that one",
  );
  expect(answers).toMatchObject([{ message: { quote: { text: "[deleted]" } } }]);

  alice.ahead += 2_000;
  expireMessages(alice.profile);
  const { gone } = changesOf(transcript);
  expect(gone.map((key) => key.split("/")[0])).toEqual([short.message.id]);
});

test("a conversation that begins is seen from its first message on", () => {
  const transcript = opened(alice, "bob");
  expect(transcript.open()).toEqual({ items: [], hasOlder: false, hasNewer: false });
  expect(changesOf(transcript).changed).toEqual([]);
  queueMessage(alice.profile, { to: "bob", text: "first" });
  expect(said(changesOf(transcript).changed)).toEqual(["first"]);
});

test("a message that nobody can get is seen to fail", async () => {
  const { position } = queueMessage(alice.profile, { to: "nobody", text: "hello?" });
  const transcript = opened(alice, "nobody");
  expect(transcript.open().items).toMatchObject([{ message: { state: "queued" } }]);
  await expect(deliver(alice, position)).rejects.toMatchObject({ code: "unknown_person" });
  expect(changesOf(transcript).changed).toMatchObject([{ message: { state: "failed" } }]);
});

test("what the relay does not take is seen to be taken back", async () => {
  const { id } = await send(bob, "alice", "hello");
  await sync(alice);
  const transcript = opened(alice, "bob");
  transcript.open();
  voteOn(alice.profile, id, "up");
  expect(changesOf(transcript).changed).toMatchObject([{ message: { votes: { up: 1 } } }]);
  const [intent] = readIntents(alice.profile.db, Date.now(), 10).filter(
    ({ purpose }) => purpose === "control",
  );
  transact(alice.profile.db, () => {
    if (intent !== undefined) failIntent(alice.profile, intent, new ChatError("not_allowed", "No."));
  });
  expect(changesOf(transcript).changed).toMatchObject([{ message: { votes: { up: 0 } } }]);
});

test("what belongs to a part that is not held stays away", async () => {
  withoutReceipts(alice, bob);
  const { id, device } = await send(bob, "alice", "the first");
  await sync(alice);
  const conversation = numberAt(alice, "bob");
  for (let sequence = 2; sequence < 300; sequence += 1) put(alice, conversation, sequence, `m${sequence}`);
  const transcript = opened(alice, "bob");
  expect(transcript.open().items).toHaveLength(100);
  voteOn(alice.profile, id, "up");
  expect(changesOf(transcript).changed).toEqual([]);
  expect(transcript.open({ around: `${id}/${device}` })).toMatchObject({ hasOlder: false, hasNewer: true });
  queueMessage(alice.profile, { to: "bob", text: "new" });
  expect(changesOf(transcript).changed).toEqual([]);
  voteOn(alice.profile, id, "down");
  expect(said(changesOf(transcript).changed)).toEqual(["the first"]);
});
