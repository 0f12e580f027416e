import { afterAll, beforeAll, expect, test } from "vitest";
import {
  accountId,
  applyMembershipEntry,
  checkpointOf,
  encodeStoredMembership,
  extendLog,
  hash,
  type LogHead,
  type MembershipState,
  membershipRowHash,
  randomBytes,
  readMembershipEntry,
  restoreMembership,
  toHex,
} from "../../keys/index.ts";
import {
  append,
  type BareRelay,
  nth,
  revocation,
  startBareRelay,
  type TestDevice,
} from "../../test/support/bare-relay.ts";
import {
  appendEntryTo,
  creation,
  entryBy,
  invite,
  join,
  leave,
  membershipOf,
  removal,
  roomsFor,
  TestGroup,
} from "../../test/support/group.ts";
import { reasonOf } from "../../test/support/member.ts";
import { envelopeBy, RawStream, rosterOf, wrapFor, wrapsBy } from "../../test/support/raw-stream.ts";
import { lockChainHead } from "../directory/sql/lock-chain-head.ts";

let relay: BareRelay;
let names = 0;

beforeAll(async () => {
  relay = await startBareRelay();
});

afterAll(() => relay.stop());

async function device(): Promise<TestDevice> {
  names += 1;
  return nth((await relay.person(`person-${names}`)).devices, 0);
}

/** Alice owns it, bob is a member, carol is outside. */
async function group(): Promise<{ alice: TestDevice; bob: TestDevice; carol: TestDevice; team: TestGroup }> {
  const [alice, bob, carol] = [await device(), await device(), await device()];
  const team = await TestGroup.create(alice);
  await team.add(alice, bob);
  return { alice, bob, carol, team };
}

/** Submits one message, sealed for the newest roster. */
async function post(from: TestDevice, { id }: TestGroup): Promise<bigint | string> {
  const roster = await rosterOf(from, id);
  const stream = await RawStream.open(from);
  const answer = await stream.submit(envelopeBy(from, roster), wrapsBy(from, roster));
  await stream.finish();
  return answer;
}

async function readAll(by: TestDevice, { id }: TestGroup) {
  const stream = await RawStream.open(by);
  const rows = await stream.pullAll(id, 0n);
  await stream.finish();
  return rows;
}

async function pullEnds(by: TestDevice, { id }: TestGroup): Promise<string> {
  const stream = await RawStream.open(by);
  stream.send({ case: "pull", value: { conversationId: id, after: 0n, limit: 1 } });
  return stream.ended;
}

function numbers(rows: readonly { sequence: bigint }[]): number[] {
  return rows.map(({ sequence }) => Number(sequence));
}

test("who is invited joins, reads from his joining on, and is read", async () => {
  const { alice, bob, carol, team } = await group();
  expect(await post(alice, team)).toBe(4n);
  await team.append(bob, invite(carol.person));
  const joined = await team.append(carol, join);
  expect(joined).toMatchObject({ sequence: 6n, conversation: { start: 5n, end: 0n, head: 6n, kind: 2 } });
  expect(joined.conversation?.members).toEqual([]);
  expect(await post(carol, team)).toBe(7n);

  const rows = await readAll(carol, team);
  expect(numbers(rows)).toEqual([6, 7]);
  expect(toHex(nth(rows, 0).entry)).toBe(toHex(nth(team.entries, -1 + team.entries.length)));
  // What he is told he starts from leads to what he is told at his joining.
  const start: LogHead = { sequence: 5, hash: hash(joined.conversation?.startHash ?? new Uint8Array(32)) };
  const rowHash = membershipRowHash(readMembershipEntry(nth(rows, 0).entry).hash);
  expect(toHex(nth(rows, 0).rowHash)).toBe(toHex(rowHash));
  expect(toHex(joined.logHash)).toBe(toHex(extendLog(start, rowHash).hash));

  const all = await readAll(alice, team);
  expect(numbers(all)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(all.map(({ entry }) => entry.length > 0)).toEqual([true, true, true, false, true, true, false]);
  expect(toHex(nth(all, 6).wrap)).toBe(toHex(wrapFor(alice.keys.deviceId)));
  const roster = await rosterOf(bob, team.id);
  expect(roster).toMatchObject({ version: 3n, devices: { length: 3 }, membership: { sequence: 4n } });
});

test("members who are connected get entries pushed as they would read them, newcomers the head", async () => {
  const { alice, bob, carol, team } = await group();
  const live = await RawStream.open(bob, { live: true });
  const newcomer = await RawStream.open(carol, { live: true });
  await team.add(alice, carol);
  await live.until(() => live.deliveries.length === 2, "both entries");
  expect(live.deliveries).toEqual((await readAll(bob, team)).slice(-2));
  await newcomer.until(() => newcomer.heads.length > 0, "the head");
  expect(newcomer.heads[0]).toMatchObject({ start: 4n, head: 5n, membership: { sequence: 4n } });
});

test("neither strangers nor the invited read or post anything, and a stranger learns nothing", async () => {
  const { alice, bob, carol, team } = await group();
  const dave = await device();
  await team.append(alice, invite(carol.person));
  const roster = await rosterOf(bob, team.id);
  for (const outsider of [carol, dave]) {
    const stream = await RawStream.open(outsider);
    expect(stream.welcome?.heads).toBe(0);
    expect(await stream.submit(envelopeBy(outsider, roster), wrapsBy(bob, roster))).toBe(
      "unknown_conversation",
    );
    await stream.finish();
    expect(await pullEnds(outsider, team)).toBe("unknown_conversation");
    expect(await reasonOf(rosterOf(outsider, team.id))).toBe("unknown_conversation");
  }
  expect(await reasonOf(membershipOf(dave, team.id))).toBe("unknown_conversation");
  expect((await membershipOf(carol, team.id)).head?.sequence).toBe(3n);
  const pretended: MembershipState = { ...team.state, kind: "room" };
  expect(await reasonOf(appendEntryTo(dave, entryBy(dave, pretended, join)))).toBe("unknown_conversation");
  const declined = await team.append(carol, leave);
  expect(declined.conversation).toBeUndefined();
  expect(await reasonOf(membershipOf(carol, team.id))).toBe("unknown_conversation");
});

test("who is removed reads up to his removal and nothing after, and posts nothing", async () => {
  const { alice, bob, team } = await group();
  await post(alice, team);
  const roster = await rosterOf(bob, team.id);
  const live = await RawStream.open(bob, { live: true });
  await team.append(alice, removal(bob.person));
  await live.until(() => live.deliveries.some(({ sequence }) => sequence === 5n), "the removal");
  expect(await post(alice, team)).toBe(6n);
  await live.ping();
  expect(live.deliveries.length).toBe(1);

  expect(numbers(await readAll(bob, team))).toEqual([3, 4, 5]);
  const stream = await RawStream.open(bob);
  await stream.until(() => stream.heads.length === 1);
  expect(stream.heads[0]).toMatchObject({
    head: 5n,
    end: 5n,
    rosterVersion: 2n,
    membership: { sequence: 3n },
  });
  expect(await stream.submit(envelopeBy(bob, roster), wrapsBy(bob, roster))).toBe("unknown_conversation");
  stream.acknowledge(team.id, 100n);
  await stream.finish();
  const again = await RawStream.open(bob);
  expect(again.welcome?.heads).toBe(0);
  expect((await rosterOf(bob, team.id)).version).toBe(2n);
  expect(await reasonOf(rosterOf(bob, team.id, 3n))).toBe("malformed");
  const pretended: MembershipState = { ...team.state, kind: "room", removed: [] };
  expect(await reasonOf(appendEntryTo(bob, entryBy(bob, pretended, join)))).toBe("not_permitted");

  // When he comes back, he reads from there on.
  await team.add(alice, bob);
  expect(numbers(await readAll(bob, team))).toEqual([8]);
});

test("what was sealed before a joining is taken, what was sealed before a removal is stale", async () => {
  const { alice, bob, carol, team } = await group();
  const before = await rosterOf(alice, team.id);
  await team.add(alice, carol);
  const stream = await RawStream.open(alice);
  expect(await stream.submit(envelopeBy(alice, before), wrapsBy(alice, before))).toBe(6n);
  const rows = await readAll(carol, team);
  expect(nth(rows, 1)).toMatchObject({ sequence: 6n, wrap: { length: 0 } });
  const third = await rosterOf(alice, team.id);
  await team.append(alice, removal(carol.person));
  for (const roster of [before, third]) {
    expect(await stream.submit(envelopeBy(alice, roster), wrapsBy(alice, roster))).toBe("stale_roster");
  }
  const rekeyed = await rosterOf(bob, team.id);
  await team.append(bob, { type: "rekey" });
  expect(await stream.submit(envelopeBy(alice, rekeyed), wrapsBy(alice, rekeyed))).toBe("stale_roster");
});

test("of two entries at once one wins, and the same entry again gets the same answer", async () => {
  const { alice, bob, carol, team } = await group();
  const dave = await device();
  const rivals = await Promise.all(
    [
      reasonOf(appendEntryTo(alice, entryBy(alice, team.state, invite(carol.person)))),
      reasonOf(appendEntryTo(bob, entryBy(bob, team.state, invite(dave.person)))),
    ].map((rival) => rival.catch(() => "taken")),
  );
  expect(rivals.sort()).toEqual(["head_moved", "taken"]);

  const content = creation(`twice-${names}`);
  const entry = entryBy(alice, undefined, content);
  const answers = await Promise.all([1, 2, 3].map(() => appendEntryTo(alice, entry)));
  for (const answer of answers) expect(answer).toEqual(nth(answers, 0));
  await post(alice, team);
  expect(await appendEntryTo(alice, entry)).toEqual(nth(answers, 0));
});

test("what the rules refuse, forged or revoked signatures and unknown accounts change nothing", async () => {
  const { alice, bob, carol, team } = await group();
  const asOwner: MembershipState = {
    ...team.state,
    members: team.state.members.map((member) => ({ ...member, role: "owner" })),
  };
  const promoted = entryBy(bob, asOwner, { type: "role", accountId: bob.person.accountId, role: "owner" });
  expect(await reasonOf(appendEntryTo(bob, promoted))).toBe("not_permitted");
  const forged = Uint8Array.from(entryBy(alice, team.state, invite(carol.person)));
  forged[forged.length - 1] = (forged[forged.length - 1] ?? 0) ^ 1;
  expect(await reasonOf(appendEntryTo(alice, forged))).toBe("bad_signature");
  const others = entryBy(alice, team.state, invite(carol.person));
  expect(await reasonOf(appendEntryTo(carol, others))).toBe("bad_signature");
  const nobody = { ...carol.person, accountId: new Uint8Array(32) as typeof carol.person.accountId };
  expect(await reasonOf(team.append(alice, invite(nobody)))).toBe("unknown_account");
  expect(await reasonOf(appendEntryTo(alice, new Uint8Array(300)))).toBe("malformed");

  const second = await relay.addDevice(bob.person);
  const early = entryBy(second, team.state, invite(carol.person));
  await append(bob.person, revocation(bob.person, second.keys));
  expect(await reasonOf(appendEntryTo(second, early))).toBe("bad_signature");
  expect((await membershipOf(alice, team.id)).head?.sequence).toBe(2n);
});

test("a member gives an entry again that another has signed; nobody makes another's group", async () => {
  const { alice, bob, carol, team } = await group();
  const lost = entryBy(alice, team.state, invite(carol.person));
  await appendEntryTo(bob, lost);
  await appendEntryTo(alice, lost);
  expect((await membershipOf(alice, team.id)).head?.sequence).toBe(3n);
  const created = (await membershipOf(alice, team.id)).entries[0] ?? new Uint8Array();
  expect(await reasonOf(appendEntryTo(bob, created))).toBe("bad_signature");
});

test("the policy says who may post", async () => {
  const { alice, bob, team } = await group();
  await team.append(alice, { type: "policy", policy: { ...team.state.policy, post: "admin" } });
  expect(await post(bob, team)).toBe("not_permitted");
  await team.append(alice, { type: "role", accountId: bob.person.accountId, role: "admin" });
  expect(await post(bob, team)).toBe(6n);
});

test("names of rooms are unique, stay taken after a renaming, and are listed by pages", async () => {
  const alice = await device();
  const bob = await device();
  const rooms = await Promise.all(
    ["zz-a", "zz-b", "zz-c"].map((name) => TestGroup.create(alice, creation(name))),
  );
  const room = nth(rooms, 1);
  expect(await reasonOf(TestGroup.create(bob, creation("zz-b")))).toBe("name_taken");
  await room.append(bob, join);
  expect(await reasonOf(room.append(alice, { type: "rename", name: "zz-c" }))).toBe("name_taken");
  await room.append(alice, { type: "rename", name: "zz-d" });
  expect(await reasonOf(TestGroup.create(bob, creation("zz-b")))).toBe("name_taken");

  const first = await roomsFor(bob, { pageSize: 2, pageToken: "zz" });
  expect(first.rooms.map(({ name }) => name)).toEqual(["zz-a", "zz-c"]);
  const second = await roomsFor(bob, { pageSize: 2, pageToken: first.nextPageToken });
  expect(second).toMatchObject({ rooms: [{ name: "zz-d", members: 2 }], nextPageToken: "" });
  expect((await roomsFor(bob, { name: "zz-a" })).rooms.length).toBe(1);
  expect((await roomsFor(bob, { name: "zz-b" })).rooms.length).toBe(0);
  expect(await reasonOf(roomsFor(bob, { pageSize: 501 }))).toBe("malformed");
});

test("a newcomer restores the membership from its newest checkpoint", async () => {
  const { alice, bob, team } = await group();
  await team.append(alice, checkpointOf(team.state));
  await team.append(bob, { type: "rekey" });
  const chains = (account: Uint8Array) =>
    [alice, bob].find(({ person }) => toHex(person.accountId) === toHex(account))?.person.chain;
  const answer = await membershipOf(bob, team.id);
  expect([answer.checkpoints.length, answer.entries.length]).toEqual([2, 1]);
  let state = restoreMembership(answer.checkpoints, answer.state, chains);
  for (const entry of answer.entries) state = applyMembershipEntry(state, entry, chains);
  expect(state).toEqual(team.state);
  expect(await membershipOf(bob, team.id, 4n)).toMatchObject({ checkpoints: [], entries: { length: 1 } });
  expect(await membershipOf(bob, team.id, 5n)).toMatchObject({ checkpoints: [], entries: [] });
});

test("a room that a hundred submits keep busy takes an entry, and every submit", async () => {
  const { alice, bob, carol, team } = await group();
  const roster = await rosterOf(alice, team.id);
  const streams = await Promise.all([alice, bob, alice, bob].map((from) => RawStream.open(from)));
  await team.append(alice, invite(carol.person));
  const submits = Array.from({ length: 100 }, (_, index) => {
    const from = index % 2 === 0 ? alice : bob;
    return nth(streams, index % 4).submit(envelopeBy(from, roster), wrapsBy(from, roster));
  });
  await team.append(carol, join);
  const stored = await Promise.all(submits);
  expect(new Set(stored.map((answer) => typeof answer))).toEqual(new Set(["bigint"]));
  expect(numbers(await readAll(alice, team))).toEqual(Array.from({ length: 105 }, (_, index) => index + 1));
  expect(relay.log()).toBe("");
});

test("entries are taken while submits never pause, and the submits too", async () => {
  const { alice, bob, carol, team } = await group();
  const roster = await rosterOf(alice, team.id);
  let isOver = false;
  const flood = [alice, bob, alice, bob].map(async (from) => {
    const stream = await RawStream.open(from);
    const answers: (bigint | string)[] = [];
    while (!isOver) {
      const round = Array.from({ length: 8 }, () =>
        stream.submit(envelopeBy(from, roster), wrapsBy(from, roster)),
      );
      answers.push(...(await Promise.all(round)));
    }
    await stream.finish();
    return answers;
  });
  const started = performance.now();
  for (let round = 0; round < 5; round++) {
    await team.append(alice, invite(carol.person));
    await team.append(carol, leave);
  }
  expect(performance.now() - started).toBeLessThan(5_000);
  isOver = true;
  const answers = (await Promise.all(flood)).flat();
  expect(answers.filter((answer) => typeof answer !== "bigint")).toEqual([]);
  const rows = await readAll(alice, team);
  expect(rows.length).toBe(answers.length + 13);
});

test("devices that are added while their owner joins, or others do, are all in the roster", async () => {
  const { alice, bob, carol, team } = await group();
  await team.append(alice, invite(carol.person));
  await Promise.all([
    team.append(carol, join),
    relay.addDevice(carol.person),
    relay.addDevice(bob.person),
    relay.addDevice(alice.person),
  ]);
  const roster = await rosterOf(alice, team.id);
  expect(roster.devices.length).toBe(6);
  expect((await rosterOf(nth(carol.person.devices, 1), team.id)).version).toBe(roster.version);
});

test("a joining does not wait for other members whose devices are changing", async () => {
  const { alice, bob, carol, team } = await group();
  await team.append(bob, invite(carol.person));
  await relay.database.transaction(async (transaction) => {
    // She made the group: its row refers to hers. A change of her devices would wait for the group next.
    await lockChainHead(transaction, alice.person.accountId);
    await team.append(carol, join);
  });
});

test("a room holds 256 members and no more", async () => {
  const alice = await device();
  const room = await TestGroup.create(alice, creation("packed"));
  const others = Array.from({ length: 255 }, () => ({
    accountId: accountId(randomBytes(32)),
    role: "member" as const,
    head: 0,
  }));
  const members = [...room.state.members, ...others].sort((a, b) => Buffer.compare(a.accountId, b.accountId));
  await relay.database.query("update memberships set state = $2::bytea where conversation_id = $1::bytea", [
    room.id,
    encodeStoredMembership({ ...room.state, members }),
  ]);
  const carol = await device();
  expect(await reasonOf(appendEntryTo(carol, entryBy(carol, room.state, join)))).toBe("not_permitted");
});

test("who creates groups opens conversations, of which an account has so many", async () => {
  const small = await startBareRelay({ maxOpened: 1 });
  try {
    const owner = nth((await small.person("owner")).devices, 0);
    await TestGroup.create(owner);
    expect(await reasonOf(TestGroup.create(owner))).toBe("quota_exceeded");
  } finally {
    await small.stop();
  }
});

test("the last owner goes when he is alone, and a new device of a member reads what comes from then on", async () => {
  const { alice, bob, team } = await group();
  await post(alice, team);
  const added = await relay.addDevice(bob.person);
  await post(alice, team);
  expect(numbers(await readAll(added, team))).toEqual([5]);
  await team.append(bob, leave);
  expect(numbers(await readAll(added, team))).toEqual([5, 6]);
  const last = await team.append(alice, leave);
  expect(last).toMatchObject({ sequence: 7n, conversation: { end: 7n, head: 7n } });
});
