import { create } from "@bufbuild/protobuf";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { AppendEntryResponseSchema } from "../../../proto/gen/sotto/relay/v1/groups_pb.ts";
import { anotherLog, numberOf } from "../../../test/hostile/group-scene.ts";
import { type HostileRelay, hostileRelay } from "../../../test/hostile/hostile-relay.ts";
import { type Enrolled, enrol } from "../../../test/support/enrolled.ts";
import { online, sync } from "../../../test/support/online.ts";
import { startTestRelay, type TestRelay } from "../../../test/support/relay.ts";
import { readConversation } from "../../store/conversations.ts";
import { createGroup } from "./create-group.ts";
import { joinRoom } from "./join-group.ts";
import { leaveGroup, removeMember } from "./manage-group.ts";

let relay: TestRelay;
let liar: HostileRelay;
/** Her relay lies. */
let alice: Enrolled;
let bob: Enrolled;
let mallory: Enrolled;

beforeAll(async () => {
  relay = await startTestRelay();
  liar = await hostileRelay(relay.url);
  [alice, bob, mallory] = await Promise.all([
    enrol("alice", liar.url),
    enrol("bob", relay.url),
    enrol("mallory", relay.url),
  ]);
});

afterEach(() => {
  liar.tricks = { answers: {} };
});

afterAll(async () => {
  for (const person of [alice, bob, mallory]) person?.leave();
  await liar?.stop();
  await relay?.stop();
});

test("a change that the relay throws away is not taken for done when others' changes stand in its place", async () => {
  const room = await online(alice, (connection) =>
    createGroup(alice.profile, connection, { name: "ops", kind: "room" }),
  );
  for (const each of [bob, mallory]) {
    await online(each, (connection) => joinRoom(each.profile, connection, "ops"));
  }
  await sync(alice);
  const { log, conversationId = new Uint8Array() } = readConversation(alice.profile.db, room);
  await online(bob, (connection) => leaveGroup(bob.profile, connection, numberOf(bob.profile, "ops")));
  await online(bob, (connection) => joinRoom(bob.profile, connection, "ops"));
  liar.tricks = {
    answers: {},
    toClient: anotherLog(conversationId, { rows: () => [], longer: -2 }),
    instead: {
      appendEntry: () => {
        liar.tricks.toClient = undefined;
        return create(AppendEntryResponseSchema, { sequence: BigInt((log?.head.sequence ?? 0) + 1) });
      },
    },
  };
  const removing = online(alice, (connection) => removeMember(alice.profile, connection, room, "mallory"));
  await expect(removing).rejects.toThrow(/does not show a change in #ops that it says it took/);
});
