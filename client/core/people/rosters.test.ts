import { afterAll, beforeAll, expect, test } from "vitest";
import { type Enrolled, enrol } from "../../../test/support/enrolled.ts";
import { online, sync } from "../../../test/support/online.ts";
import { startTestRelay, type TestRelay } from "../../../test/support/relay.ts";
import { createGroup } from "../groups/create-group.ts";
import { joinRoom } from "../groups/join-group.ts";
import { leaveGroup, removeMember, setRole } from "../groups/manage-group.ts";
import { waitForMessage } from "../inbox/wait-for-message.ts";
import { queueMessage } from "../outbox/send-message.ts";

let relay: TestRelay;
let alice: Enrolled;
let bob: Enrolled;

beforeAll(async () => {
  relay = await startTestRelay();
  [alice, bob] = await Promise.all([enrol("alice", relay.url), enrol("bob", relay.url)]);
});

afterAll(async () => {
  for (const person of [alice, bob]) person?.leave();
  await relay?.stop();
});

test("who was removed and has not heard of it is told so when he sends", async () => {
  const room = await online(alice, (connection) =>
    createGroup(alice.profile, connection, { name: "ops", kind: "room" }),
  );
  await online(bob, (connection) => joinRoom(bob.profile, connection, "ops"));
  await sync(alice);
  await online(alice, (connection) => removeMember(alice.profile, connection, room, "bob"));
  const { position } = queueMessage(bob.profile, { to: "#ops", text: "am I in?" });
  const sent = waitForMessage(bob.profile, position, { connect: bob.connect, timeout: 5_000 });
  await expect(sent).rejects.toMatchObject({
    code: "not_allowed",
    message: "You are not a member of #ops any more.",
  });
});

test("who may write since he looked last sends at once", async () => {
  const room = await online(alice, (connection) =>
    createGroup(alice.profile, connection, { name: "news", kind: "room", policy: { post: "admin" } }),
  );
  await online(bob, (connection) => joinRoom(bob.profile, connection, "news"));
  const send = () => {
    const { position } = queueMessage(bob.profile, { to: "#news", text: "may I?" });
    return waitForMessage(bob.profile, position, { connect: bob.connect, timeout: 5_000 });
  };
  await expect(send()).rejects.toMatchObject({ code: "not_allowed" });
  await online(alice, (connection) => setRole(alice.profile, connection, room, "bob", "admin"));
  expect(await send()).toMatchObject({ state: "sent" });
});

test("a room that somebody leaves and joins whenever it is looked at is written to all the same", async () => {
  await online(alice, (connection) => createGroup(alice.profile, connection, { name: "busy", kind: "room" }));
  const join = () => online(bob, (connection) => joinRoom(bob.profile, connection, "busy"));
  const leave = (room: number) => online(bob, (connection) => leaveGroup(bob.profile, connection, room));
  const room = await join();
  await sync(alice);
  const { position } = queueMessage(alice.profile, { to: "#busy", text: "who is there?" });
  let looks = 0;
  const connect = async () => {
    const connection = await alice.connect();
    const getRoster: typeof connection.getRoster = async (...given) => {
      looks += 1;
      if (looks > 4) return connection.getRoster(...given);
      await leave(room);
      const roster = await connection.getRoster(...given);
      await join();
      return roster;
    };
    return Object.assign(Object.create(connection), { getRoster });
  };
  const sent = await waitForMessage(alice.profile, position, { connect, timeout: 20_000 });
  expect({ state: sent.state, looks }).toEqual({ state: "sent", looks: 5 });
});
