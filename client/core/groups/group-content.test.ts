import { afterEach, beforeEach, expect, test } from "vitest";
import {
  type ConversationId,
  conversationId,
  dmConversationId,
  selfConversationId,
} from "../../../keys/index.ts";
import { type AliceAndBob, aliceAndBob, send, sync, texts } from "../../../test/support/alice-and-bob.ts";
import { putRoom, roomOf } from "../../../test/support/local-room.ts";
import { AccountFixture, type ProfileFixture } from "../../../test/support/profile-fixture.ts";
import { transact } from "../../store/database.ts";
import { readInvitations, setStanding } from "../../store/groups.ts";
import { conversationWith, groupCalled } from "../conversations/conversations.ts";
import { queueControl } from "../outbox/queue-silent.ts";

let world: AliceAndBob;
let alice: ProfileFixture;
/** Who invites as he likes. */
let bob: ProfileFixture;

beforeEach(async () => {
  world = await aliceAndBob();
  ({ alice, bob } = world);
  await send(bob, "alice", "hello");
  await sync(alice);
});
afterEach(() => world.remove());

async function invite(...conversationIds: ConversationId[]): Promise<void> {
  const { db, runtime } = bob.profile;
  transact(db, () => {
    const name = { kind: "person", name: "alice", accountId: alice.address.accountId } as const;
    const direct = conversationWith(bob.profile, name);
    for (const conversationId of conversationIds) {
      const content = { case: "invitation", value: { conversationId, title: "ops" } } as const;
      queueControl(bob.profile, direct, content, runtime.now());
    }
  });
  await sync(bob);
  await sync(alice);
}

test("one person's invitations leave room for those of others", async () => {
  const ids = Array.from({ length: 102 }, (_, index) => conversationId(new Uint8Array(32).fill(index)));
  await invite(...ids);
  expect(readInvitations(alice.profile.db)).toHaveLength(100);
});

test("who is invited again to what he has left still reads what was there", async () => {
  const state = roomOf([alice, bob]);
  const room = await putRoom(alice, state, [alice, bob], 0);
  transact(alice.profile.db, () => setStanding(alice.profile.db, room, "left"));
  expect(groupCalled(alice.profile, "#ops").conversation).toBe(room);
  await invite(state.conversation);
  expect(readInvitations(alice.profile.db)).toHaveLength(1);
  expect(groupCalled(alice.profile, "#ops").conversation).toBe(room);
});

test("an invitation under the id of a direct conversation does not keep its people apart", async () => {
  const carols = new AccountFixture("carol", world.relay);
  try {
    const carol = await carols.profile();
    const own = alice.address.accountId;
    await invite(selfConversationId(own), dmConversationId(own, carols.accountId));
    expect(readInvitations(alice.profile.db)).toHaveLength(2);

    await send(carol, "alice", "from carol");
    await sync(alice);
    await send(alice, "carol", "from alice");
    await send(alice, "me", "a note");
    await sync(carol);
    expect(texts(alice, "carol")).toEqual(["carol: from carol", "alice: from alice"]);
    expect(texts(carol, "alice")).toEqual(["carol: from carol", "alice: from alice"]);
    expect(texts(alice, "me")).toEqual(["alice: a note"]);
    expect(readInvitations(alice.profile.db)).toEqual([]);
    await invite(dmConversationId(own, carols.accountId));
    expect(readInvitations(alice.profile.db)).toEqual([]);
  } finally {
    carols.remove();
  }
});
