import { afterAll, beforeAll, expect, test } from "vitest";
import {
  applyMembershipEntry,
  type ChainHead,
  type ChainState,
  type ConversationId,
  checkpointOf,
  createDeviceKeys,
  type MembershipState,
  memberOf,
  randomBytes,
  readMembershipEntry,
  ready,
  signAdd,
  signMembershipEntry,
  signRevoke,
} from "../../../keys/index.ts";
import { type Enrolled, enrol } from "../../../test/support/enrolled.ts";
import { type EntrySigner, lengthen } from "../../../test/support/long-room.ts";
import { online, sync } from "../../../test/support/online.ts";
import { startTestRelay, type TestRelay } from "../../../test/support/relay.ts";
import { readConversation } from "../../store/conversations.ts";
import { holdLiveStream } from "../connection/live-stream.ts";
import { syncConversations } from "../connection/sync.ts";
import { ownChain, ownDeviceKeys, refreshChains } from "../people/account-chains.ts";
import { signEntry } from "./change-membership.ts";
import { createGroup } from "./create-group.ts";
import { joinRoom } from "./join-group.ts";
import { setPolicy, setRole } from "./manage-group.ts";
import { membershipOf } from "./memberships.ts";

const HOUR_MS = 60 * 60 * 1000;

let relay: TestRelay;
const people: Enrolled[] = [];
let names = 0;

beforeAll(async () => {
  await ready();
  relay = await startTestRelay();
});

afterAll(async () => {
  for (const person of people) person.leave();
  await relay?.stop();
});

async function someone(): Promise<Enrolled> {
  names += 1;
  const person = await enrol(`person-${names}`, relay.url);
  people.push(person);
  return person;
}

function stateOf({ profile }: Enrolled, conversation: number): MembershipState {
  const state = membershipOf(profile, readConversation(profile.db, conversation));
  if (state === undefined) throw new Error("no membership");
  return state;
}

function signer({ profile }: Enrolled): EntrySigner {
  return { chain: ownChain(profile), sign: (state, content) => signEntry(profile, state, content) };
}

/** An owner's room. */
async function roomOf(owner: Enrolled): Promise<{ room: number; name: string; id: ConversationId }> {
  const name = `room-${owner.name}`;
  const room = await online(owner, (connection) =>
    createGroup(owner.profile, connection, { name, kind: "room" }),
  );
  return { room, name, id: stateOf(owner, room).conversation };
}

/** One more entry of somebody's account chain, signed by his device. */
async function append(
  person: Enrolled,
  sign: (chain: ChainState, by: Parameters<typeof signAdd>[1]["by"]) => Uint8Array,
): Promise<void> {
  const { profile } = person;
  const entry = sign(ownChain(profile), { kind: "device", device: ownDeviceKeys(profile) });
  await online(person, async (connection) => {
    await connection.appendAccountEntry(entry);
    await refreshChains(profile, connection, [profile.identity.accountId]);
  });
}

function headAt({ hashes }: ChainState, sequence: number): ChainHead {
  const [hash] = hashes.slice(sequence);
  if (hash === undefined) throw new Error("no such entry");
  return { sequence, hash };
}

/** How much of the membership `who` is sent when he joins, and in how many answers. */
async function join(
  who: Enrolled,
  name: string,
): Promise<{ room: number; verified: number; answers: number }> {
  let [verified, answers] = [0, 0];
  const room = await online(who, (connection) => {
    const getMembership: typeof connection.getMembership = async (...wanted) => {
      const answer = await connection.getMembership(...wanted);
      verified += answer.checkpoints.length + answer.entries.length;
      answers += 1;
      return answer;
    };
    return joinRoom(who.profile, { ...connection, getMembership }, name);
  });
  return { room, verified, answers };
}

test("an owner's program signs a checkpoint every thousand entries, and a newcomer verifies only what follows", async () => {
  const [alice, bob] = [await someone(), await someone()];
  const { room, name, id } = await roomOf(alice);
  await lengthen(relay.database, id, 999, signer(alice));
  await sync(alice);
  expect(stateOf(alice, room)).toMatchObject({ head: { sequence: 999 }, checkpoint: { sequence: 0 } });
  for (const [hours, sequence] of [1001, 2002].entries()) {
    await lengthen(relay.database, id, hours === 0 ? 1 : 1000, signer(alice));
    await sync(alice, hours * HOUR_MS);
    await sync(alice, hours * HOUR_MS);
    expect(stateOf(alice, room).checkpoint.sequence).toBe(sequence);
  }
  const joined = await join(bob, name);
  // Create, and two checkpoints.
  expect(joined.verified).toBe(3);
  expect(stateOf(bob, joined.room).head.sequence).toBe(2003);
  await sync(alice);
  expect(stateOf(bob, joined.room)).toEqual(stateOf(alice, room));
});

test("a newcomer gets a long list of checkpoints in several answers", async () => {
  const [alice, bob] = [await someone(), await someone()];
  const { name, id } = await roomOf(alice);
  const last = await lengthen(relay.database, id, 2_500, signer(alice), checkpointOf);
  const joined = await join(bob, name);
  expect(joined).toMatchObject({ verified: 2_501, answers: 2 });
  expect(stateOf(bob, joined.room).checkpoint).toEqual(last.checkpoint);
});

test("only who was an owner at the checkpoint before makes the next", async () => {
  const [alice, bob] = [await someone(), await someone()];
  const { room, name, id } = await roomOf(alice);
  const bobs = await join(bob, name);
  await lengthen(relay.database, id, 1_000, signer(alice));
  await sync(bob);
  await sync(bob);
  expect(stateOf(bob, bobs.room)).toMatchObject({ head: { sequence: 1_001 }, checkpoint: { sequence: 0 } });
  await online(alice, (connection) => setRole(alice.profile, connection, room, bob.name, "owner"));
  await sync(bob, HOUR_MS);
  await sync(bob, HOUR_MS);
  expect(stateOf(bob, bobs.room)).toMatchObject({ head: { sequence: 1_002 }, checkpoint: { sequence: 0 } });
  await sync(alice);
  await lengthen(relay.database, id, 1_000, signer(alice));
  // Soon: that he may not is no attempt.
  await sync(bob, 1.5 * HOUR_MS);
  await sync(bob, 1.5 * HOUR_MS);
  expect(stateOf(bob, bobs.room)).toMatchObject({ checkpoint: { sequence: 2_004 } });
});

test("a checkpoint that comes too late is let be, and tried again after an hour", async () => {
  const alice = await someone();
  const { room, id } = await roomOf(alice);
  await lengthen(relay.database, id, 1_000, signer(alice));
  const appended: number[] = [];
  const upkeep = (later: number) =>
    online(alice, async (connection) => {
      const appendMembershipEntry = async (entry: Uint8Array) => {
        appended.push(readMembershipEntry(entry).sequence);
        if (appended.length === 1) await lengthen(relay.database, id, 1, signer(alice));
        return connection.appendMembershipEntry(entry);
      };
      const runtime = { ...alice.profile.runtime, now: () => Date.now() + later };
      await syncConversations({ ...alice.profile, runtime }, { ...connection, appendMembershipEntry });
    });
  await upkeep(0);
  await upkeep(HOUR_MS / 2);
  expect(appended).toEqual([1_001]);
  await upkeep(HOUR_MS);
  expect(appended).toEqual([1_001, 1_002]);
  await sync(alice);
  expect(stateOf(alice, room).checkpoint.sequence).toBe(1_002);
});

test("after a device was removed the account's others close its groups to it", async () => {
  const [alice, bob] = [await someone(), await someone()];
  const lost = createDeviceKeys(randomBytes);
  await append(alice, (chain, by) => signAdd(chain, { by, device: lost, createdAt: Date.now() }));
  const { room, name } = await roomOf(bob);
  const alices = await join(alice, name);
  const anchored = stateOf(alice, alices.room);
  await sync(alice);
  expect(stateOf(alice, alices.room).head).toEqual(anchored.head);

  await append(alice, (chain, by) =>
    signRevoke(chain, { by, deviceId: lost.deviceId, createdAt: Date.now() }),
  );
  const { accountId } = alice.profile.identity;
  const byLost = signMembershipEntry({
    state: stateOf(alice, alices.room),
    content: { type: "leave" },
    signer: {
      accountId,
      deviceId: lost.deviceId,
      head: headAt(ownChain(alice.profile), 1),
      signingSecretKey: lost.signing.secretKey,
    },
    createdAt: Date.now(),
  });
  const chains = () => ownChain(alice.profile);
  // Until then nothing but the relay keeps it out.
  expect(memberOf(applyMembershipEntry(anchored, byLost, chains), accountId)).toBeUndefined();
  await sync(alice);
  await sync(alice);
  await sync(bob);
  expect(stateOf(bob, room).head.sequence).toBe(anchored.head.sequence + 1);
  expect(memberOf(stateOf(bob, room), accountId)?.head).toBe(2);
});

test("a second device that is removed within the hour is closed out at once as well", async () => {
  const [alice, bob] = [await someone(), await someone()];
  const lost = [createDeviceKeys(randomBytes), createDeviceKeys(randomBytes)];
  for (const device of lost) {
    await append(alice, (chain, by) => signAdd(chain, { by, device, createdAt: Date.now() }));
  }
  const { room, name } = await roomOf(bob);
  await join(alice, name);
  for (const { deviceId } of lost) {
    await append(alice, (chain, by) => signRevoke(chain, { by, deviceId, createdAt: Date.now() }));
    await sync(alice);
    await sync(alice);
  }
  await sync(bob);
  expect(memberOf(stateOf(bob, room), alice.profile.identity.accountId)?.head).toBe(4);
});

test("a program that is connected makes the checkpoint as soon as it is due", async () => {
  const alice = await someone();
  const { room, id } = await roomOf(alice);
  await lengthen(relay.database, id, 998, signer(alice));
  await sync(alice);
  const ending = new AbortController();
  let isOver: Promise<unknown> = Promise.resolve();
  await new Promise<void>((resolve) => {
    isOver = holdLiveStream(alice.profile, alice.connect, { signal: ending.signal }, resolve);
  });
  const policy = (post: "member" | "admin") =>
    online(alice, (connection) => setPolicy(alice.profile, connection, room, { post }));
  try {
    await policy("admin");
    await policy("member");
    await expect.poll(() => stateOf(alice, room).checkpoint.sequence, { timeout: 20_000 }).toBe(1_001);
  } finally {
    ending.abort();
    await isOver;
  }
});
