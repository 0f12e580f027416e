// What members do with messages beside writing them, and what they hear of them. Clients run in this process, as do
// their relay's sockets and database.
import { afterAll, beforeAll, expect, test } from "vitest";
import { syncConversations } from "../../client/core/connection/sync.ts";
import { resolveTo } from "../../client/core/conversations/conversations.ts";
import { listConversations } from "../../client/core/conversations/list-conversations.ts";
import { createGroup } from "../../client/core/groups/create-group.ts";
import { acceptInvitation, findInvitation, joinRoom } from "../../client/core/groups/join-group.ts";
import { inviteMember, leaveGroup, setPolicy, setRole } from "../../client/core/groups/manage-group.ts";
import { deleteMessage, editMessage, pinMessage, reactTo } from "../../client/core/messages/annotate.ts";
import type { Message } from "../../client/core/messages/message.ts";
import { markRead, readMessages } from "../../client/core/messages/read-messages.ts";
import { type MessageToSend, messageAt, queueMessage } from "../../client/core/outbox/send-message.ts";
import { namesAt, waitForDelivery } from "../../client/core/outbox/wait-for-delivery.ts";
import { sendReceipts } from "../../client/core/receipts/send-receipts.ts";
import { type Enrolled, enrol } from "../support/enrolled.ts";
import { online } from "../support/online.ts";
import { startTestRelay, type TestRelay } from "../support/relay.ts";

let relay: TestRelay;
let alice: Enrolled;
let bob: Enrolled;
let carol: Enrolled;
const others: Enrolled[] = [];

beforeAll(async () => {
  relay = await startTestRelay();
  [alice, bob, carol] = await Promise.all([
    enrol("alice", relay.url),
    enrol("bob", relay.url),
    enrol("carol", relay.url),
  ]);
});

afterAll(async () => {
  for (const each of [alice, bob, carol, ...others]) each?.leave();
  await relay?.stop();
});

async function sync(...people: Enrolled[]): Promise<void> {
  for (const each of people) await online(each, (at) => syncConversations(each.profile, at));
}

function numberOf({ profile }: Enrolled, group: string): number {
  const destination = resolveTo(profile, `#${group}`);
  if (destination.kind !== "group") throw new Error("not a group");
  return destination.conversation;
}

/** By alice, who owns it. */
async function groupOf(name: string, members: readonly Enrolled[]): Promise<void> {
  await online(alice, (at) => createGroup(alice.profile, at, { name, kind: "room" }));
  for (const each of members) await online(each, (at) => joinRoom(each.profile, at, name));
  await sync(alice, ...members);
}

async function say(
  someone: Enrolled,
  group: string,
  text: string,
  rest: Partial<MessageToSend> = {},
): Promise<Message> {
  const { position } = queueMessage(someone.profile, { to: `#${group}`, text, ...rest });
  await sync(someone);
  return messageAt(someone.profile, position);
}

function shown({ profile }: Enrolled, group: string, text: string): Message {
  const found = readMessages(profile, { conversation: `#${group}`, limit: 100 }).find(
    (each) => each.text === text,
  );
  if (found === undefined) throw new Error(`no "${text}"`);
  return found;
}

async function readAs(someone: Enrolled, group: string): Promise<void> {
  await sync(someone);
  markRead(someone.profile, readMessages(someone.profile, { conversation: `#${group}`, limit: 100 }));
  await sendReceipts(someone.profile, someone.connect);
}

test("who may pin is a matter of policy, when it is asked for and when it arrives", async () => {
  await groupOf("pins", [bob, carol]);
  const { id } = await say(carol, "pins", "important");
  await sync(alice, bob);
  expect(() => pinMessage(bob.profile, id, true)).toThrow(expect.objectContaining({ code: "not_allowed" }));
  pinMessage(alice.profile, id, true);
  await sync(alice, bob, carol);
  for (const each of [alice, bob, carol]) expect(shown(each, "pins", "important").pinned).toBe(true);

  await online(alice, (at) => setPolicy(alice.profile, at, numberOf(alice, "pins"), { pin: "member" }));
  await sync(bob);
  // Bob's client lets go of it while he still might; when it gets there, he may not any more.
  pinMessage(bob.profile, id, false);
  expect(shown(bob, "pins", "important").pinned).toBe(false);
  await online(alice, (at) => setPolicy(alice.profile, at, numberOf(alice, "pins"), { pin: "admin" }));
  await sync(bob, alice, carol);
  for (const each of [alice, bob, carol]) expect(shown(each, "pins", "important").pinned).toBe(true);
  // The policy now does not take back what was done under another.
  await online(alice, (at) => setPolicy(alice.profile, at, numberOf(alice, "pins"), { pin: "owner" }));
  await sync(alice, bob, carol);
  expect(shown(carol, "pins", "important").pinned).toBe(true);
});

test("admins delete others' messages, members their own, and the relay forgets both", async () => {
  await groupOf("clean", [bob, carol]);
  const rude = await say(carol, "clean", "rude");
  const own = await say(carol, "clean", "mistaken");
  await sync(alice, bob);
  expect(() => deleteMessage(bob.profile, rude.id)).toThrow(expect.objectContaining({ code: "not_allowed" }));
  await online(alice, (at) => setRole(alice.profile, at, numberOf(alice, "clean"), "bob", "admin"));
  await sync(bob, carol);
  deleteMessage(bob.profile, rude.id);
  deleteMessage(carol.profile, own.id);
  await sync(bob, carol, alice, bob);
  for (const each of [alice, bob, carol]) {
    const deleted = readMessages(each.profile, { conversation: "#clean", limit: 10 });
    expect(deleted.map((message) => [message.id, message.deleted, message.text])).toEqual([
      [rude.id, true, ""],
      [own.id, true, ""],
    ]);
  }
  const { rows } = await relay.database.query(
    "select count(*)::int as emptied from log where stub <> 0 and sender_account is not null",
  );
  expect(rows).toEqual([{ emptied: 2 }]);
});

test("one who may not write, or has left, changes nothing either", async () => {
  await groupOf("quiet", [bob]);
  const { id } = await say(alice, "quiet", "silence, please");
  await sync(bob);
  await online(alice, (at) => setPolicy(alice.profile, at, numberOf(alice, "quiet"), { post: "admin" }));
  await sync(bob);
  const react = () => reactTo(bob.profile, id, { emoji: "👍", remove: false });
  expect(react).toThrow(expect.objectContaining({ code: "not_allowed" }));
  await online(alice, (at) => setPolicy(alice.profile, at, numberOf(alice, "quiet"), { post: "member" }));
  await sync(bob);
  expect(react().message.reactions).toEqual({ "👍": ["bob"] });
  await online(bob, (at) => leaveGroup(bob.profile, at, numberOf(bob, "quiet")));
  await sync(bob);
  expect(() => deleteMessage(bob.profile, id)).toThrow(expect.objectContaining({ code: "not_allowed" }));
});

test("an edit names whom its text names, and nobody else any more", async () => {
  await groupOf("names", [bob, carol]);
  const mentions = ({ profile }: Enrolled) =>
    listConversations(profile).find(({ name }) => name === "names")?.mentions;
  const { id } = await say(alice, "names", "@bob, look");
  await sync(bob, carol);
  expect([bob, carol].map(mentions)).toEqual([1, 0]);
  editMessage(alice.profile, id, "@carol, look");
  await sync(alice, bob, carol);
  expect([bob, carol].map(mentions)).toEqual([0, 1]);
});

test("a group hears who has and who has read a message; who came later is not asked, who left is still", async () => {
  await online(alice, (at) => createGroup(alice.profile, at, { name: "ops", kind: "group" }));
  for (const each of [bob, carol]) {
    await online(alice, (at) => inviteMember(alice.profile, at, numberOf(alice, "ops"), each.name));
    await sync(alice, each);
    await online(each, (at) => acceptInvitation(each.profile, at, findInvitation(each.profile, "ops")));
  }
  const { position } = await say(alice, "ops", "deploying");
  await sync(bob, alice);
  expect(messageAt(alice.profile, position)).toMatchObject({
    state: "sent",
    delivery: { deliveredTo: ["bob"], readBy: [], missing: ["carol"] },
  });
  const some = { state: "delivered", quorum: 1 } as const;
  const waiting = { connect: alice.connect, timeout: 5_000 };
  expect(await waitForDelivery(alice.profile, position, some, waiting)).toMatchObject({ state: "sent" });
  await readAs(bob, "ops");
  await sync(alice);
  expect(namesAt(alice.profile, position, "read")).toEqual({
    deliveredTo: ["bob"],
    readBy: ["bob"],
    missing: ["carol"],
  });
  await online(carol, (at) => leaveGroup(carol.profile, at, numberOf(carol, "ops")));
  const later = await say(alice, "ops", "deployed");
  await sync(bob, alice);
  expect(messageAt(alice.profile, later.position)).toMatchObject({ state: "delivered" });
  expect(messageAt(alice.profile, position)).toMatchObject({ state: "sent" });
  await sync(carol, alice);
  expect(messageAt(alice.profile, position)).toMatchObject({ state: "delivered" });
  expect(shown(bob, "ops", "deploying").delivery).toBeNull();
});

test("beyond 32 members nobody acknowledges anything, unless the message asks for it", async () => {
  for (let n = others.length; n < 32; n += 1) others.push(await enrol(`extra${n}`, relay.url));
  const [first, ...more] = others as [Enrolled, ...Enrolled[]];
  const last = more.pop() as Enrolled;
  await online(alice, (at) => createGroup(alice.profile, at, { name: "crowd", kind: "room" }));
  for (const each of [first, ...more]) await online(each, (at) => joinRoom(each.profile, at, "crowd"));
  const small = await say(alice, "crowd", "thirty-two");
  await sync(first, alice);
  expect(messageAt(alice.profile, small.position).delivery?.deliveredTo).toEqual([first.name]);

  await online(last, (at) => joinRoom(last.profile, at, "crowd"));
  await sync(first, alice);
  const large = await say(alice, "crowd", "thirty-three");
  await readAs(first, "crowd");
  await sync(alice);
  expect(messageAt(alice.profile, large.position)).toMatchObject({ state: "sent", delivery: null });
  const asked = await say(alice, "crowd", "who is there?", { wantsReceipts: true });
  await readAs(first, "crowd");
  await sync(alice);
  const { deliveredTo, readBy, missing } = messageAt(alice.profile, asked.position).delivery ?? {};
  expect([deliveredTo, readBy, missing?.length]).toEqual([[first.name], [first.name], 31]);
}, 120_000);
