import { create } from "@bufbuild/protobuf";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  type DeviceAddress,
  deviceId,
  type MembershipState,
  messageId,
  randomBytes,
} from "../../../keys/index.ts";
import { HistorySchema } from "../../../proto/gen/sotto/chat/v1/content_pb.ts";
import {
  type AliceAndBob,
  aliceAndBob,
  send,
  sync,
  texts,
  withoutReceipts,
} from "../../../test/support/alice-and-bob.ts";
import { addReceived, putRoom, roomOf } from "../../../test/support/local-room.ts";
import { AccountFixture, type ProfileFixture } from "../../../test/support/profile-fixture.ts";
import { addAnnotation, readOriginal } from "../../store/annotations.ts";
import { readConversation, readConversations } from "../../store/conversations.ts";
import { transact } from "../../store/database.ts";
import { countMessages, findMessage, newestArrival } from "../../store/messages.ts";
import { newestReceived } from "../../store/receipt-marks.ts";
import { applyAnnotation } from "../messages/apply-annotation.ts";
import { exportMessages } from "../messages/export-messages.ts";
import { readMessages } from "../messages/read-messages.ts";
import { searchMessages } from "../messages/search-messages.ts";
import { messageAt, queueMessage } from "../outbox/send-message.ts";
import { meetAuthors, takeHistory } from "./take-history.ts";

const START = 50;

let world: AliceAndBob;
let alice: ProfileFixture;
let bob: ProfileFixture;
let state: MembershipState;
/** At bob's, who came last. */
let room: number;

beforeEach(async () => {
  world = await aliceAndBob();
  ({ alice, bob } = world);
  withoutReceipts(alice, bob);
  state = roomOf([alice, bob]);
  room = await putRoom(bob, state, [alice, bob], START);
  await send(alice, "bob", "hello");
  await sync(bob);
});
afterEach(() => world.remove());

interface SharedInit {
  readonly id?: Uint8Array;
  readonly by?: DeviceAddress;
  readonly sequence?: number;
  readonly text?: string;
  readonly edited?: boolean;
}

function historyOf(...messages: SharedInit[]) {
  return create(HistorySchema, {
    conversationId: state.conversation,
    messages: messages.map(
      ({ id = randomBytes(16), by = alice.address, sequence = 7, text, edited = false }) => ({
        message: { messageId: id, deviceId: by.deviceId },
        accountId: by.accountId,
        sequence: BigInt(sequence),
        sentAt: BigInt(1_000 * sequence),
        text: text ?? `number ${sequence}`,
        edited,
      }),
    ),
  });
}

/** As if `from` had said it in the direct conversation with bob. */
function take(history: ReturnType<typeof historyOf>, from = alice.address, where = directWithAlice()): void {
  const stored = readConversation(bob.profile.db, where);
  transact(bob.profile.db, () => takeHistory(bob.profile, { stored, from }, history));
}

function directWithAlice(): number {
  const direct = readConversations(bob.profile.db).find(({ kind }) => kind === "dm");
  if (direct === undefined) throw new Error("no direct conversation");
  return direct.conversation;
}

test("what is handed on stands before the newcomer's own time, with the name of who did it", () => {
  addReceived(bob, room, alice, START + 2, "welcome");
  take(historyOf({ sequence: 8 }, { sequence: START, edited: true }, { sequence: 7 }));
  const shown = readMessages(bob.profile, { conversation: "#ops", limit: 10 });
  expect(shown.map(({ text, sharedBy, edited }) => ({ text, sharedBy, edited }))).toEqual([
    { text: "number 7", sharedBy: "alice", edited: false },
    { text: "number 8", sharedBy: "alice", edited: false },
    { text: "number 50", sharedBy: "alice", edited: true },
    { text: "welcome", sharedBy: null, edited: false },
  ]);
});

test("it is no news: not unread, nothing that arrives, nothing to acknowledge, and not among the newest of all", () => {
  const before = newestArrival(bob.profile.db);
  take(historyOf({ sequence: 7 }));
  expect(countMessages(bob.profile.db, room)).toMatchObject({ unread: 0, mentions: 0 });
  expect(newestArrival(bob.profile.db)).toBe(before);
  expect(newestReceived(bob.profile.db, room, alice.address.accountId, 0)).toBe(0);
  expect(texts(bob)).toEqual(["alice: hello"]);
});

test("it can be found, answered and exported", () => {
  take(historyOf({ sequence: 7, text: "the door code" }));
  const [found] = searchMessages(bob.profile, { query: "door", limit: 5 });
  expect(found?.message.sharedBy).toBe("alice");
  const answer = queueMessage(bob.profile, { text: "changed", replyTo: found?.message.id ?? "" });
  expect(answer.message).toMatchObject({
    conversation: "ops",
    quote: { from: "alice, shared by alice", text: "the door code" },
  });
  expect([...exportMessages(bob.profile, "#ops")].map(({ sharedBy }) => sharedBy)).toEqual(["alice", null]);
});

test("a member who makes up a message in advance is found a liar: the real one takes its place", async () => {
  const carol = await new AccountFixture("carol", world.relay).profile();
  const { position } = await send(carol, "bob", "the truth");
  const { id } = messageAt(carol.profile, position);
  const name = { id: Buffer.from(id, "hex"), by: carol.address };
  take(historyOf({ ...name, text: "a lie" }));
  expect(texts(bob, "#ops")).toHaveLength(1);
  const stored = findMessage(bob.profile.db, name.id, carol.address.deviceId);
  // An edit of the lie leaves nothing behind either.
  if (stored !== undefined) {
    applyAnnotation(
      bob.profile,
      {
        ...carol.address,
        conversation: room,
        target: stored,
        messageId: messageId(randomBytes(16)),
        change: { kind: "edit", text: "a worse lie" },
        version: 1,
        role: undefined,
        mentionsMe: false,
        sentAt: 1,
      },
      { mayPin: false },
    );
  }
  expect(texts(bob, "#ops")).toEqual([expect.stringContaining(": a worse lie")]);
  await sync(bob);
  expect(readOriginal(bob.profile.db, { messageId: messageId(name.id), deviceId: name.by.deviceId })).toBe(
    undefined,
  );
  expect(texts(bob, "carol")).toEqual(["carol: the truth"]);
  expect(texts(bob, "#ops")).toEqual([]);
  expect(searchMessages(bob.profile, { query: "lie", limit: 5 })).toEqual([]);
});

test("nothing that is here is replaced", async () => {
  const { position } = await send(alice, "bob", "as it was");
  const id = Buffer.from(messageAt(alice.profile, position).id, "hex");
  await sync(bob);
  take(historyOf({ id, text: "as it never was" }));
  expect(texts(bob, "alice")).toEqual(["alice: hello", "alice: as it was"]);
  expect(texts(bob, "#ops")).toEqual([]);
});

test("what comes from elsewhere than a member, by the direct conversation, or speaks of one's own time or words counts for nothing", async () => {
  const carol = await new AccountFixture("carol", world.relay).profile();
  take(historyOf({}), carol.address);
  take(historyOf({}), bob.address);
  take(historyOf({}), alice.address, room);
  take(historyOf({ sequence: START + 1 }, { sequence: 0 }, { text: "" }, { by: bob.address }));
  take(historyOf({ by: { accountId: alice.address.accountId, deviceId: deviceId(new Uint8Array(16)) } }));
  take(historyOf({ id: randomBytes(15) }, { text: "x".repeat(65_537) }));
  await send(carol, "bob", "I am no member");
  await sync(bob);
  const withCarol = readConversations(bob.profile.db).find(({ peerName }) => peerName === "carol");
  take(historyOf({}), carol.address, withCarol?.conversation ?? 0);
  expect(texts(bob, "#ops")).toEqual([]);
});

test("no more than 1,000 messages of a group are taken, and of one message no more than 100", () => {
  take(historyOf(...Array.from({ length: 101 }, () => ({}))));
  expect(texts(bob, "#ops")).toHaveLength(0);
  for (let round = 0; round < 11; round += 1) {
    take(historyOf(...Array.from({ length: 100 }, () => ({}))));
  }
  expect(texts(bob, "#ops")).toHaveLength(1_000);
});

test("edits, deletes and votes that the log has brought since count, whichever came first", () => {
  const ids = [randomBytes(16), randomBytes(16)];
  const annotate = (at: number, change: { kind: "delete" } | { kind: "edit"; text: string }) =>
    addAnnotation(bob.profile.db, {
      ...alice.address,
      conversation: room,
      target: { messageId: messageId(ids[at] ?? randomBytes(16)), deviceId: alice.address.deviceId },
      messageId: messageId(randomBytes(16)),
      change,
      version: 1,
      role: "owner",
      mentionsMe: false,
      sentAt: 1,
    });
  annotate(0, { kind: "delete" });
  annotate(1, { kind: "edit", text: "corrected" });
  take(historyOf(...ids.map((id) => ({ id }))));
  const shown = readMessages(bob.profile, { conversation: "#ops", limit: 10 });
  expect(shown.map(({ text, deleted, edited }) => ({ text, deleted, edited }))).toEqual([
    { text: "", deleted: true, edited: false },
    { text: "corrected", deleted: false, edited: true },
  ]);
});

test("authors who are not known here get their names, and the relay is asked once a day for one who does not exist", async () => {
  const carol = await new AccountFixture("carol", world.relay).profile();
  const nobody = {
    accountId: alice.address.accountId.map((byte) => byte ^ 1),
    deviceId: alice.address.deviceId,
  };
  take(historyOf({ by: carol.address, sequence: 1 }, { by: nobody as DeviceAddress, sequence: 2 }));
  const connection = await bob.connect();
  let asked = 0;
  const counting = Object.assign(Object.create(connection), {
    getAccountChains: (...given: Parameters<typeof connection.getAccountChains>) => {
      asked += 1;
      return connection.getAccountChains(...given);
    },
  });
  await meetAuthors(bob.profile, counting);
  bob.reopen();
  await meetAuthors(bob.profile, counting);
  expect(asked).toBe(2);
  const [first, second] = readMessages(bob.profile, { conversation: "#ops", limit: 10 });
  expect(first?.from).toBe("carol");
  expect(second?.from).toHaveLength(64);
  bob.ahead += 25 * 60 * 60 * 1000;
  await meetAuthors(bob.profile, counting);
  expect(asked).toBe(3);
});
