import { fromBinary } from "@bufbuild/protobuf";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type MembershipState, messageId, randomBytes } from "../../../keys/index.ts";
import { ContentSchema, type History } from "../../../proto/gen/sotto/chat/v1/content_pb.ts";
import { type AliceAndBob, aliceAndBob, sync } from "../../../test/support/alice-and-bob.ts";
import { addReceived, putRoom, roomOf } from "../../../test/support/local-room.ts";
import type { ProfileFixture } from "../../../test/support/profile-fixture.ts";
import { readConversation } from "../../store/conversations.ts";
import { transact } from "../../store/database.ts";
import { addMessage, readMessage } from "../../store/messages.ts";
import { readIntents } from "../../store/outbox.ts";
import { shareableBefore } from "../../store/shared-messages.ts";
import { deleteMessage } from "../messages/annotate.ts";
import { readMessages } from "../messages/read-messages.ts";
import { drainOutbox } from "../outbox/drain-outbox.ts";
import { messageAt } from "../outbox/send-message.ts";
import { queueHistory } from "./queue-history.ts";

const LATE = 10_000;

let world: AliceAndBob;
let alice: ProfileFixture;
let bob: ProfileFixture;
/** At alice's. */
let room: number;
let state: MembershipState;

beforeEach(async () => {
  world = await aliceAndBob();
  ({ alice, bob } = world);
  state = roomOf([alice, bob]);
  room = await putRoom(alice, state, [alice, bob], 0);
});
afterEach(() => world.remove());

/** Queues for bob what can be shared. */
function share(limit: number): void {
  const { profile } = alice;
  transact(profile.db, () => {
    const positions = shareableBefore(profile.db, room, LATE, limit);
    queueHistory(profile, readConversation(profile.db, room), bob.address.accountId, positions);
  });
}

function histories(): History[] {
  const { db } = alice.profile;
  return readIntents(db, Number.MAX_SAFE_INTEGER, 100).flatMap(({ position }) => {
    const { kind } = fromBinary(ContentSchema, readMessage(db, position)?.body ?? new Uint8Array());
    return kind.case === "history" ? [kind.value] : [];
  });
}

test("what is much goes in several messages, of a hundred or of 48 KiB, in order", () => {
  for (let at = 1; at <= 230; at += 1) addReceived(alice, room, alice, at, `short ${at}`);
  share(220);
  expect(histories().map(({ messages }) => messages.length)).toEqual([100, 100, 20]);
  const sequences = histories().flatMap(({ messages }) => messages.map(({ sequence }) => Number(sequence)));
  expect(sequences).toEqual(Array.from({ length: 220 }, (_, index) => index + 11));
  for (let at = 231; at <= 236; at += 1) addReceived(alice, room, alice, at, "x".repeat(20_000));
  share(6);
  expect(
    histories()
      .slice(3)
      .map(({ messages }) => messages.length),
  ).toEqual([2, 2, 2]);
});

test("the longest texts arrive", async () => {
  await putRoom(bob, state, [alice, bob], 50);
  addReceived(alice, room, alice, 1, "ä".repeat(32_768));
  share(1);
  await drainOutbox(alice.profile, alice.connect);
  await sync(bob);
  const [shared] = readMessages(bob.profile, { conversation: "#ops", limit: 9 });
  expect(shared?.text).toHaveLength(32_768);
});

test("only texts that stand for good in the log itself are shared", () => {
  const made = (changes: Partial<Parameters<typeof addMessage>[1]>) =>
    addMessage(alice.profile.db, {
      ...bob.address,
      conversation: room,
      messageId: messageId(randomBytes(16)),
      sequence: 3,
      kind: "text",
      state: "received",
      unread: false,
      text: "not this one",
      sentAt: 1,
      ...changes,
    });
  made({ expiresAt: Date.now() + 1_000_000 });
  made({ kind: "unreadable" });
  made({ kind: "silent" });
  made({ state: "queued" });
  made({ sharedBy: bob.address.accountId });
  made({ sequence: LATE });
  const deleted = addReceived(alice, room, alice, 4, "taken back");
  deleteMessage(alice.profile, messageAt(alice.profile, deleted).id);
  const stays = addReceived(alice, room, bob, 5, "this one");
  expect(shareableBefore(alice.profile.db, room, LATE, 100)).toEqual([stays]);
});
