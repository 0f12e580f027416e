import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { numberOf } from "../../../test/hostile/group-scene.ts";
import { type HostileRelay, hostileRelay } from "../../../test/hostile/hostile-relay.ts";
import { type Enrolled, enrol, enrolFurther } from "../../../test/support/enrolled.ts";
import { online, sync } from "../../../test/support/online.ts";
import { startTestRelay, type TestRelay } from "../../../test/support/relay.ts";
import type { Conversation } from "../../net/relay-connection.ts";
import { readConversation } from "../../store/conversations.ts";
import { syncConversations } from "../connection/sync.ts";
import { listConversations } from "../conversations/list-conversations.ts";
import { waitForMessage } from "../inbox/wait-for-message.ts";
import { readMessages } from "../messages/read-messages.ts";
import { queueMessage } from "../outbox/send-message.ts";
import { createGroup } from "./create-group.ts";
import { joinRoom } from "./join-group.ts";

let relay: TestRelay;
/** Between alice's devices and the relay. */
let liar: HostileRelay;
let alice: Enrolled;
let tablet: Enrolled;
let bob: Enrolled;

beforeAll(async () => {
  relay = await startTestRelay();
  liar = await hostileRelay(relay.url);
  [alice, bob] = await Promise.all([enrol("alice", liar.url), enrol("bob", relay.url)]);
  tablet = await enrolFurther(alice);
  for (const each of [tablet, alice, tablet]) await sync(each);
});
afterEach(() => {
  liar.tricks = { answers: {} };
});
afterAll(async () => {
  for (const each of [alice, tablet, bob]) each?.leave();
  await liar?.stop();
  await relay?.stop();
});

const room = (who: Enrolled, name: string) =>
  online(who, (connection) => createGroup(who.profile, connection, { name, kind: "room" }));

async function alarmsOf(who: Enrolled): Promise<string[]> {
  const { alarms } = await online(who, (connection) => syncConversations(who.profile, connection));
  return alarms.map(({ text }) => text);
}

async function say(who: Enrolled, to: string, text: string): Promise<void> {
  const { position } = queueMessage(who.profile, { to, text });
  await waitForMessage(who.profile, position, { connect: who.connect, timeout: 10_000 });
}

const groupsOf = ({ profile }: Enrolled) =>
  listConversations(profile).flatMap(({ kind, name }) => (kind === "room" ? [name] : []));

/** What the heads in the Welcome say of groups. */
function lieAboutHeads(change: (head: Conversation) => Conversation): void {
  liar.tricks.toClient = (frame) => [{ ...frame, heads: frame.heads.map(change) }];
}

test("a group that the account has not joined is not taken in, however the relay describes it", async () => {
  const made = await room(bob, "strangers");
  await say(bob, "#strangers", "among ourselves");
  const { conversationId = new Uint8Array() } = readConversation(bob.profile.db, made);
  await room(alice, "hers");
  const page = await online(bob, (connection) => connection.getMembership(conversationId, 0n));
  for (const start of [0n, 2n]) {
    lieAboutHeads((head) => ({
      ...head,
      conversationId,
      start,
      ...(start === 0n
        ? {}
        : { startMembership: { ...page.head, $typeName: "sotto.relay.v1.MembershipHead" } as never }),
    }));
    expect(await alarmsOf(tablet)).toEqual([
      "The relay says that you are in a group that you have not joined.",
    ]);
    expect(groupsOf(tablet)).toEqual([]);
  }
  liar.tricks = { answers: {} };
  expect(await alarmsOf(tablet)).toEqual([]);
  expect(groupsOf(tablet)).toEqual(["hers"]);
});

test("a membership that is not the one before the first row is refused", async () => {
  await room(bob, "garden");
  await online(alice, (connection) => joinRoom(alice.profile, connection, "garden"));
  lieAboutHeads(({ startMembership, ...head }) => ({
    ...head,
    ...(startMembership && {
      startMembership: { ...startMembership, hash: startMembership.hash.map((byte) => byte ^ 1) },
    }),
  }));
  expect(await alarmsOf(tablet)).toContain(
    "The relay says that you are in a group that you have not joined.",
  );
  liar.tricks = { answers: {} };
  await sync(tablet);
  expect(groupsOf(tablet).sort()).toEqual(["garden", "hers"]);
});

test("a relay that leaves out the middle of a stay, as if there had been another, is found out", async () => {
  await sync(alice);
  await say(bob, "#garden", "left out");
  await say(bob, "#garden", "shown");
  const garden = numberOf(tablet.profile, "garden");
  const { head } = readConversation(tablet.profile.db, garden).log ?? {};
  const page = await online(bob, (connection) =>
    connection.getMembership(
      readConversation(tablet.profile.db, garden).conversationId ?? new Uint8Array(),
      0n,
    ),
  );
  lieAboutHeads((shown) => ({
    ...shown,
    start: BigInt(head?.sequence ?? 0) + 1n,
    startHash: new Uint8Array(32).fill(1),
    startMembership: page.head as never,
  }));
  expect(await alarmsOf(tablet)).toContain("The relay leaves out what was said in #garden.");
  liar.tricks = { answers: {} };
  await sync(tablet);
  expect(
    readMessages(tablet.profile, { conversation: "#garden", limit: 10 }).map(({ text }) => text),
  ).toEqual(["left out", "shown"]);
});
