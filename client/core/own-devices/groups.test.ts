import { afterAll, beforeAll, expect, test } from "vitest";
import { toHex } from "../../../keys/index.ts";
import { numberOf } from "../../../test/hostile/group-scene.ts";
import { type Enrolled, enrol, enrolFurther } from "../../../test/support/enrolled.ts";
import { online, sync as syncOne } from "../../../test/support/online.ts";
import { startTestRelay, type TestRelay } from "../../../test/support/relay.ts";
import type { RelayConnection } from "../../net/relay-connection.ts";
import { readConversations } from "../../store/conversations.ts";
import { listConversations } from "../conversations/list-conversations.ts";
import { createGroup } from "../groups/create-group.ts";
import { groupInfo } from "../groups/group-info.ts";
import { acceptInvitation, declineInvitation, findInvitation, joinRoom } from "../groups/join-group.ts";
import { inviteMember, leaveGroup, removeMember, renameGroup } from "../groups/manage-group.ts";
import { waitForMessage } from "../inbox/wait-for-message.ts";
import { readMessages } from "../messages/read-messages.ts";
import { queueMessage } from "../outbox/send-message.ts";

let relay: TestRelay;
let names = 0;
const everybody: Enrolled[] = [];

beforeAll(async () => {
  relay = await startTestRelay();
});
afterAll(async () => {
  for (const each of everybody) each.leave();
  await relay?.stop();
});

/** Two people with two devices each, who have told each other what they know. */
async function four(): Promise<{ alice: Enrolled; tablet: Enrolled; bob: Enrolled; phone: Enrolled }> {
  names += 1;
  const [alice, bob] = await Promise.all([
    enrol(`alice${names}`, relay.url),
    enrol(`bob${names}`, relay.url),
  ]);
  const [tablet, phone] = await Promise.all([enrolFurther(alice), enrolFurther(bob)]);
  const all = { alice, tablet, bob, phone };
  everybody.push(...Object.values(all));
  await sync(tablet, phone, alice, bob, tablet, phone);
  return all;
}

async function sync(...devices: Enrolled[]): Promise<void> {
  for (const each of devices) await syncOne(each);
}

async function say(who: Enrolled, to: string, text: string): Promise<void> {
  const { position } = queueMessage(who.profile, { to, text });
  await waitForMessage(who.profile, position, { connect: who.connect, timeout: 10_000 });
}

const said = (who: Enrolled, conversation: string) =>
  readMessages(who.profile, { conversation, limit: 100 }).map(({ from, text }) => `${from}: ${text}`);
const groupsOf = (who: Enrolled) =>
  listConversations(who.profile)
    .filter(({ kind }) => kind === "group" || kind === "room")
    .map(({ name, standing, title }) => `${name} ${standing} ${title}`)
    .sort();
/** As a command does it: what it has queued is sent. */
async function act<T>(who: Enrolled, work: (connection: RelayConnection) => Promise<T>): Promise<T> {
  const done = await online(who, work);
  await sync(who);
  return done;
}
const make = (who: Enrolled, name: string, kind: "group" | "room" = "group") =>
  act(who, (connection) => createGroup(who.profile, connection, { name, kind }));
const invite = (who: Enrolled, group: string, name: string) =>
  act(who, (connection) => inviteMember(who.profile, connection, numberOf(who.profile, group), name));
const accept = (who: Enrolled, group: string, as?: string) =>
  act(who, (connection) => acceptInvitation(who.profile, connection, findInvitation(who.profile, group), as));

/** All hold the same, but for what each calls it. */
function expectSame(name: string, ...devices: Enrolled[]): void {
  const [first, ...others] = devices.map((each) => ({
    said: said(each, name),
    members: groupInfo(each.profile, numberOf(each.profile, name.replace("#", ""))).members,
  }));
  for (const other of others) expect(other).toEqual(first);
}

test("both devices of both hold the same group, whoever makes it, joins it and writes in it", async () => {
  const { alice, tablet, bob, phone } = await four();
  await make(alice, "ops");
  await say(alice, "#ops", "first");
  await sync(tablet);
  expect(groupsOf(tablet)).toEqual(["ops member ops"]);
  await invite(tablet, "ops", bob.name);
  await sync(tablet, bob, phone);
  expect(groupsOf(phone)).toEqual(["ops invited ops"]);
  await accept(phone, "ops", "work");
  await sync(alice, tablet);
  await say(tablet, "#ops", "second");
  await sync(phone, bob);
  // Joined on the other one, under the alias that it has there.
  expect(groupsOf(bob)).toEqual(["work member ops"]);
  await say(bob, "#work", "third");
  await say(phone, "#work", "fourth");
  await sync(alice, tablet, bob, phone);
  expect(said(alice, "#ops")).toEqual(
    ["first", "second"]
      .map((text) => `${alice.name}: ${text}`)
      .concat(["third", "fourth"].map((text) => `${bob.name}: ${text}`)),
  );
  expectSame("#ops", alice, tablet);
  expectSame("#work", bob, phone);
  // Each knows who has what the other one wrote.
  await sync(bob, alice, tablet);
  const states = (who: Enrolled) =>
    readMessages(who.profile, { conversation: "#ops", limit: 100 }).map(({ state }) => state);
  expect(states(tablet)).toEqual(["sent", "delivered", "received", "received"]);
  expect(states(alice)).toEqual(states(tablet));
  expect(said(bob, "#work")).toEqual(said(alice, "#ops").slice(1));
});

test("a device that was away for a whole stay, and the next, goes on where its account came in again", async () => {
  const { alice, tablet, bob, phone } = await four();
  await make(alice, "team");
  await invite(alice, "team", bob.name);
  await sync(bob);
  await accept(bob, "team");
  await sync(alice, phone);
  await say(alice, "#team", "one");
  await sync(bob, phone);
  expect(said(phone, "#team")).toEqual([`${alice.name}: one`]);
  await act(alice, (connection) =>
    removeMember(alice.profile, connection, numberOf(alice.profile, "team"), bob.name),
  );
  await say(alice, "#team", "not for bob");
  await sync(bob);
  await invite(alice, "team", bob.name);
  await sync(bob);
  await accept(bob, "team");
  await sync(alice);
  await say(alice, "#team", "two");
  await sync(phone, bob);
  expect(said(phone, "#team")).toEqual([`${alice.name}: one`, `${alice.name}: two`]);
  await say(phone, "#team", "here");
  await sync(alice, tablet, bob);
  expectSame("#team", bob, phone);
  expect(said(tablet, "#team").at(-1)).toBe(`${bob.name}: here`);

  // Out and away, and never heard of again.
  await act(bob, (connection) => leaveGroup(bob.profile, connection, numberOf(bob.profile, "team")));
  await sync(phone);
  expect(groupsOf(phone)).toEqual(["team left team"]);
});

test("a group that was joined and left while a device was away is none of its", async () => {
  const { alice, bob, phone } = await four();
  await make(alice, "brief");
  await invite(alice, "brief", bob.name);
  await sync(bob);
  await accept(bob, "brief");
  await act(bob, (connection) => leaveGroup(bob.profile, connection, numberOf(bob.profile, "brief")));
  await sync(phone, bob, phone);
  expect(groupsOf(phone)).toEqual([]);
});

test("an invitation that is declined on one device is gone on the other, and rooms are joined on both", async () => {
  const { alice, bob, phone } = await four();
  await make(alice, "dull");
  await invite(alice, "dull", bob.name);
  await sync(bob, phone);
  await act(bob, (connection) =>
    declineInvitation(bob.profile, connection, findInvitation(bob.profile, "dull")),
  );
  await sync(bob, phone);
  expect(groupsOf(phone)).toEqual([]);
  const room = `den${names}`;
  await make(alice, room, "room");
  await act(phone, (connection) => joinRoom(phone.profile, connection, room));
  await sync(alice);
  await say(alice, `#${room}`, "welcome");
  await sync(bob, phone);
  expect(groupsOf(bob)).toEqual([`${room} member ${room}`]);
  expectSame(`#${room}`, bob, phone);
});

test("a device that is added to a member's account comes into all groups, with one line for what was before", async () => {
  const { alice, tablet, bob } = await four();
  await make(alice, "old");
  await invite(alice, "old", bob.name);
  await sync(bob);
  await accept(bob, "old", "oldies");
  await sync(alice);
  for (let n = 0; n < 5; n += 1) await say(alice, "#old", `${n}`);
  await act(alice, (connection) =>
    renameGroup(alice.profile, connection, numberOf(alice.profile, "old"), "elder"),
  );
  await sync(alice, bob);
  await make(alice, "later");
  await invite(alice, "later", bob.name);
  await sync(bob);
  const watch = await enrolFurther(bob);
  everybody.push(watch);
  await sync(watch);
  expect(groupsOf(watch)[0]).toMatch(/^group-[0-9a-f]{8} member/);
  await say(alice, "#elder", "for all");
  await sync(bob, watch);
  expect(groupsOf(watch)).toEqual(["later invited later", "oldies member elder"]);
  expect(said(watch, "#oldies")).toEqual([
    `${bob.name}: [could not be read: earlier messages were sent before this device was known]`,
    `${alice.name}: for all`,
  ]);
  await say(watch, "#oldies", "from the new one");
  await sync(alice, tablet, bob);
  expectSame("#elder", alice, tablet);
  expect(said(bob, "#oldies").at(-1)).toBe(`${bob.name}: from the new one`);
});

test("two groups that were given one alias at once are told apart in the same way everywhere", async () => {
  const { alice, tablet } = await four();
  // Neither has told the other yet.
  for (const who of [alice, tablet]) {
    await online(who, (connection) => createGroup(who.profile, connection, { name: "same", kind: "group" }));
  }
  await sync(alice, tablet, alice, tablet);
  const names = (who: Enrolled) =>
    readConversations(who.profile.db)
      .filter(({ kind }) => kind === "group")
      .map(({ conversationId, peerName }) => `${toHex(conversationId ?? new Uint8Array())} ${peerName}`)
      .sort();
  expect(names(alice)).toEqual(names(tablet));
  expect(names(alice).map((line) => line.split(" ")[1]?.replace(/-[0-9a-f]{8}$/, "-ID"))).toEqual([
    "same",
    "same-ID",
  ]);
});
