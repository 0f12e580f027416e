import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { dmConversationId, ready } from "../../../keys/index.ts";
import { type Enrolled, enrol } from "../../../test/support/enrolled.ts";
import { online, sync } from "../../../test/support/online.ts";
import { startTestRelay, type TestRelay } from "../../../test/support/relay.ts";
import { findConversation, readConversation } from "../../store/conversations.ts";
import { groupCalled } from "../conversations/conversations.ts";
import { createGroup } from "./create-group.ts";
import { acceptInvitation, findInvitation } from "./join-group.ts";
import { inviteMember, leaveGroup, removeMember, renameGroup, setRole } from "./manage-group.ts";

let relay: TestRelay;
let alice: Enrolled;
let bob: Enrolled;
let carol: Enrolled;
const people: Enrolled[] = [];

beforeAll(async () => {
  await ready();
  relay = await startTestRelay();
});

/** Alice owns `old`, bob is a member. */
beforeEach(async () => {
  const named = (name: string) => enrol(`${name}-${people.length}`, relay.url);
  [alice, bob, carol] = await Promise.all([named("alice"), named("bob"), named("carol")]);
  people.push(alice, bob, carol);
  await online(alice, (connection) => createGroup(alice.profile, connection, { name: "old", kind: "group" }));
  await invite(alice, "old", bob);
  await accept(bob);
});

afterAll(async () => {
  for (const person of people) person.leave();
  await relay?.stop();
});

async function invite(by: Enrolled, group: string, who: Enrolled): Promise<void> {
  await online(by, (connection) => inviteMember(by.profile, connection, numberOf(by, group), who.name));
  await sync(by);
  await sync(who);
}

/** The invitation to `old`. */
async function accept(who: Enrolled): Promise<void> {
  await online(who, (connection) =>
    acceptInvitation(who.profile, connection, findInvitation(who.profile, "old")),
  );
}

async function rename(by: Enrolled, group: string, title: string): Promise<void> {
  await online(by, (connection) => renameGroup(by.profile, connection, numberOf(by, group), title));
  await sync(by);
}

async function makeAdmin({ name }: Enrolled): Promise<void> {
  await online(alice, (connection) =>
    setRole(alice.profile, connection, numberOf(alice, "old"), name, "admin"),
  );
}

function numberOf({ profile }: Enrolled, group: string): number {
  return groupCalled(profile, group).conversation;
}

/** Of the one group that he knows as `old`. */
function titleFor(who: Enrolled): string | undefined {
  return readConversation(who.profile.db, numberOf(who, "old")).title;
}

test("who accepts an invitation with an old title learns the new one", async () => {
  await invite(bob, "old", carol);
  await rename(alice, "old", "new");
  await accept(carol);
  expect(titleFor(carol)).toBe("old");
  await sync(alice);
  await sync(carol);
  expect(titleFor(carol)).toBe("new");
  await sync(bob);
  expect(titleFor(bob)).toBe("new");
});

test("a title that the log has brought is not replaced by an older one that somebody tells late", async () => {
  await makeAdmin(bob);
  await invite(bob, "old", carol);
  await rename(alice, "old", "new");
  await accept(carol);
  await rename(bob, "old", "newest");
  await sync(carol);
  expect(titleFor(carol)).toBe("newest");
  // She sees the joining before the title that bob gave.
  await sync(alice);
  await sync(carol);
  expect(titleFor(carol)).toBe("newest");
});

test("who comes again hears the title that the group got in the meantime", async () => {
  await rename(alice, "old", "new");
  await sync(bob);
  await online(bob, (connection) => leaveGroup(bob.profile, connection, numberOf(bob, "old")));
  await rename(alice, "new", "newest");
  await sync(alice);
  await invite(alice, "newest", bob);
  await online(bob, (connection) =>
    acceptInvitation(bob.profile, connection, findInvitation(bob.profile, "old")),
  );
  await sync(alice);
  await sync(bob);
  expect(titleFor(bob)).toBe("newest");
});

test("who is gone again is told nothing", async () => {
  await makeAdmin(bob);
  await invite(bob, "old", carol);
  await rename(alice, "old", "new");
  await accept(carol);
  await online(bob, (connection) => removeMember(bob.profile, connection, numberOf(bob, "old"), carol.name));
  await sync(alice);
  const direct = dmConversationId(alice.profile.identity.accountId, carol.profile.identity.accountId);
  expect(findConversation(alice.profile.db, direct)).toBeUndefined();
});
