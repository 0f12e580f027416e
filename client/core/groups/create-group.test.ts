import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { numberOf } from "../../../test/hostile/group-scene.ts";
import { type HostileRelay, hostileRelay } from "../../../test/hostile/hostile-relay.ts";
import { type Enrolled, enrol } from "../../../test/support/enrolled.ts";
import { online, sync } from "../../../test/support/online.ts";
import { startTestRelay, type TestRelay } from "../../../test/support/relay.ts";
import { listConversations } from "../conversations/list-conversations.ts";
import { createGroup } from "./create-group.ts";
import { joinRoom } from "./join-group.ts";

let relay: TestRelay;
/** Loses answers. */
let weak: HostileRelay;
let alice: Enrolled;
let bob: Enrolled;

beforeAll(async () => {
  relay = await startTestRelay();
  weak = await hostileRelay(relay.url);
  [alice, bob] = await Promise.all([enrol("alice", weak.url), enrol("bob", relay.url)]);
});

afterEach(() => {
  weak.tricks = { answers: {} };
});

afterAll(async () => {
  for (const person of [alice, bob]) person?.leave();
  await weak?.stop();
  await relay?.stop();
});

function make(who: Enrolled, name: string, kind: "group" | "room" = "group"): Promise<number> {
  return online(who, (connection) => createGroup(who.profile, connection, { name, kind }));
}

function groupsOf({ profile }: Enrolled): string[] {
  return listConversations(profile).map(({ name, standing }) => `${name} ${standing}`);
}

function loseAnswers(): void {
  weak.tricks.answers.appendEntry = () => {
    throw new Error("lost");
  };
}

test("a group whose making was not heard of is there all the same, once the relay has shown it", async () => {
  loseAnswers();
  await expect(make(alice, "ops")).rejects.toThrow();
  expect(groupsOf(alice)).toEqual([]);
  weak.tricks = { answers: {} };
  await expect(make(alice, "ops")).rejects.toMatchObject({ code: "name_taken" });
  await sync(alice);
  expect(groupsOf(alice)).toEqual(["ops member"]);
});

test("a name that was free when one joined, and is not any more, stops nothing", async () => {
  loseAnswers();
  await expect(make(alice, "den")).rejects.toThrow();
  weak.tricks = { answers: {} };
  await make(bob, "den", "room");
  const room = await online(alice, (connection) => joinRoom(alice.profile, connection, "den"));
  await sync(alice);
  expect(groupsOf(alice)).toEqual(expect.arrayContaining(["den member", "den-2 member"]));
  expect(numberOf(alice.profile, "den-2")).toBe(room);
});

test("a group that was not made leaves nothing", async () => {
  const before = groupsOf(alice);
  await make(bob, "taken", "room");
  await expect(make(alice, "taken", "room")).rejects.toMatchObject({ code: "name_taken" });
  expect(groupsOf(alice)).toEqual(before);
  await make(alice, "taken");
});

test("who has joined without hearing of it joins again, and is in", async () => {
  await make(bob, "garden", "room");
  const join = () => online(alice, (connection) => joinRoom(alice.profile, connection, "garden"));
  loseAnswers();
  await expect(join()).rejects.toThrow();
  weak.tricks = { answers: {} };
  expect(await join()).toBe(numberOf(alice.profile, "garden"));
  await sync(alice);
  expect(groupsOf(alice)).toContain("garden member");
});
