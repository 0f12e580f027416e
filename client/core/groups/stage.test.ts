import { create } from "@bufbuild/protobuf";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { membershipRowHash, readMembershipEntry } from "../../../keys/index.ts";
import { type Delivery, DeliverySchema, StubReason } from "../../../proto/gen/sotto/relay/v1/messaging_pb.ts";
import { type HostileRelay, hostileRelay } from "../../../test/hostile/hostile-relay.ts";
import { type Enrolled, enrol } from "../../../test/support/enrolled.ts";
import { online } from "../../../test/support/online.ts";
import { startTestRelay, type TestRelay } from "../../../test/support/relay.ts";
import { readConversation } from "../../store/conversations.ts";
import { readKeptEntry } from "../../store/kept-entries.ts";
import { syncConversations } from "../connection/sync.ts";
import { queueMessage } from "../outbox/send-message.ts";
import { createGroup } from "./create-group.ts";
import { joinRoom } from "./join-group.ts";
import { removeMember, setPolicy } from "./manage-group.ts";
import { membershipOf, nameOf } from "./memberships.ts";
import { stageDeliveries } from "./stage.ts";

let relay: TestRelay;
let liar: HostileRelay;
let alice: Enrolled;
/** His relay lies. */
let bob: Enrolled;
let mallory: Enrolled;

beforeAll(async () => {
  relay = await startTestRelay();
  liar = await hostileRelay(relay.url);
  [alice, bob, mallory] = await Promise.all([
    enrol("alice", relay.url),
    enrol("bob", liar.url),
    enrol("mallory", relay.url),
  ]);
});

afterAll(async () => {
  for (const person of [alice, bob, mallory]) person?.leave();
  await liar?.stop();
  await relay?.stop();
});

afterEach(() => {
  liar.tricks = { answers: {} };
});

async function alarmsOf(person: Enrolled): Promise<string[]> {
  const { alarms } = await online(person, (connection) => syncConversations(person.profile, connection));
  return alarms.map(({ text }) => text);
}

function membersSeenBy({ profile }: Enrolled, room: number): string[] {
  const state = membershipOf(profile, readConversation(profile.db, room));
  return (state?.members ?? []).map(({ accountId }) => nameOf(profile, accountId)).sort();
}

const empty = new Uint8Array();

test.each<[string, string, Partial<Delivery>]>([
  ["a message that has expired", "expired", { stub: StubReason.EXPIRED }],
  ["a message that was deleted", "deleted", { stub: StubReason.DELETED }],
  ["a message of one's own", "own", {}],
])("a removal that the relay shows as %s is not passed over", async (_, name, fields) => {
  const room = await online(alice, (connection) =>
    createGroup(alice.profile, connection, { name, kind: "room" }),
  );
  const at = await online(bob, (connection) => joinRoom(bob.profile, connection, name));
  await online(mallory, (connection) => joinRoom(mallory.profile, connection, name));
  expect(await alarmsOf(bob)).toEqual([]);
  await online(alice, (connection) => removeMember(alice.profile, connection, room, "mallory"));
  queueMessage(alice.profile, { to: `#${name}`, text: "mallory is gone" });
  expect(await alarmsOf(alice)).toEqual([]);

  // The log's hash stays the one that alice has seen.
  liar.tricks.toClient = (frame) => {
    frame.deliveries = frame.deliveries.map((row) => {
      if (row.entry.length === 0) return row;
      return { ...row, ...fields, entry: empty, envelopeHash: readMembershipEntry(row.entry).hash };
    });
    return [frame];
  };
  expect(await alarmsOf(bob)).toEqual([
    expect.stringMatching(/delivered a message whose bytes are not those that were sent/),
  ]);
  liar.tricks = { answers: {} };
  expect(await alarmsOf(bob)).toEqual([]);
  expect(membersSeenBy(bob, at)).toEqual(["alice", "bob"]);
});

test("an entry that is none is an alarm, and not a reason to hear nothing more", async () => {
  const room = await online(alice, (connection) =>
    createGroup(alice.profile, connection, { name: "noise", kind: "room" }),
  );
  await online(bob, (connection) => joinRoom(bob.profile, connection, "noise"));
  await online(alice, (connection) => setPolicy(alice.profile, connection, room, { history: "asked" }));
  liar.tricks.toClient = (frame) => {
    for (const row of frame.deliveries) row.entry = row.entry.slice(0, 10);
    return [frame];
  };
  expect(await alarmsOf(bob)).toHaveLength(1);
});

test("an entry that comes a second time is an alarm, unless the relay was put back", async () => {
  const room = await online(alice, (connection) =>
    createGroup(alice.profile, connection, { name: "again", kind: "room" }),
  );
  await online(bob, (connection) => joinRoom(bob.profile, connection, "again"));
  await alarmsOf(alice);
  const { db } = alice.profile;
  const { conversationId, log } = readConversation(db, room);
  const entry = readKeptEntry(db, room, 1) ?? empty;
  const row = create(DeliverySchema, {
    conversationId: conversationId ?? empty,
    sequence: BigInt((log?.head.sequence ?? 0) + 1),
    rowHash: membershipRowHash(readMembershipEntry(entry).hash),
    entry,
  });
  expect(() => stageDeliveries(alice.profile, room, [row])).toThrow("nobody who may has signed");
  db.prepare("update conversations set restored = 1 where conversation = ?").run(room);
  expect(stageDeliveries(alice.profile, room, [row])).toBe(true);
});
