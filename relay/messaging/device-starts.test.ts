import { afterAll, beforeAll, expect, test } from "vitest";
import { toHex } from "../../keys/index.ts";
import {
  append,
  type BareRelay,
  nth,
  revocation,
  startBareRelay,
  type TestDevice,
} from "../../test/support/bare-relay.ts";
import { creation, invite, join, leave, membershipOf, removal, TestGroup } from "../../test/support/group.ts";
import { envelopeBy, openDirect, RawStream, rosterOf, wrapsBy } from "../../test/support/raw-stream.ts";

let relay: BareRelay;

beforeAll(async () => {
  relay = await startBareRelay();
});
afterAll(() => relay.stop());

async function device(name: string): Promise<TestDevice> {
  return nth((await relay.person(name)).devices, 0);
}

async function post(by: TestDevice, id: Uint8Array): Promise<void> {
  const roster = await rosterOf(by, id);
  const stream = await RawStream.open(by);
  await stream.submit(envelopeBy(by, roster), wrapsBy(by, roster));
  await stream.finish();
}

async function headsOf(of: TestDevice) {
  const stream = await RawStream.open(of);
  await stream.until(() => stream.heads.length >= (stream.welcome?.heads ?? 0));
  return { stream, heads: stream.heads };
}

const numbers = (rows: readonly { sequence: bigint }[]) => rows.map(({ sequence }) => Number(sequence));

test("a device that was added later reads each log from where it was then, and is told of all of them", async () => {
  const [a, b] = [await device("late-a"), await device("late-b")];
  const { conversation } = await openDirect(a, b.person);
  const id = conversation.conversationId;
  await post(a, id);
  await post(b, id);
  const room = await TestGroup.create(a, creation("late-room"));
  await post(a, room.id);
  await openDirect(a, a.person);
  const late = await relay.addDevice(a.person);

  const { stream, heads } = await headsOf(late);
  // Of the one with herself there is nothing to tell yet.
  expect(
    heads.map((head) => [toHex(head.conversationId), head.head, head.start, head.cursor]).sort(),
  ).toEqual(
    [
      [toHex(id), 2n, 2n, 2n],
      [toHex(room.id), 2n, 2n, 2n],
    ].sort(),
  );
  expect((await stream.pull(id, 0n)).rows).toEqual([]);
  const direct = heads.find((head) => toHex(head.conversationId) === toHex(id));
  const reader = await RawStream.open(a);
  await post(b, id);
  const [before, after] = [await stream.pullAll(id), await reader.pullAll(id)];
  expect(numbers(before)).toEqual([3]);
  expect(numbers(after)).toEqual([1, 2, 3]);
  expect(direct?.startHash.length).toBe(32);
  expect(direct?.startMembership).toBeUndefined();
  const known = heads.find((head) => toHex(head.conversationId) === toHex(room.id));
  expect(known?.startMembership).toMatchObject({ sequence: 0n });

  // Told again until it says that it knows where it begins.
  expect((await headsOf(late)).heads.length).toBe(2);
  stream.send({
    case: "acknowledge",
    value: {
      cursors: [
        { conversationId: id, sequence: 3n },
        { conversationId: room.id, sequence: 2n },
      ],
    },
  });
  await stream.finish();
  expect((await headsOf(late)).heads).toEqual([]);
});

test("what begins after the device was added has no start, and what its account has left is none of its affair", async () => {
  const [a, b] = [await device("after-a"), await device("after-b")];
  const left = await TestGroup.create(a);
  await left.add(a, b);
  await left.append(b, leave);
  const late = await relay.addDevice(b.person);
  expect((await headsOf(late)).heads).toEqual([]);
  const { conversation } = await openDirect(b, a.person);
  await post(a, conversation.conversationId);
  const group = await TestGroup.create(a);
  await group.append(a, invite(b.person));
  await group.append(b, join);
  const { heads } = await headsOf(late);
  expect(heads.map(({ start }) => start).sort()).toEqual([0n, 2n]);
  const joined = heads.find(({ start }) => start === 2n);
  expect(joined?.startMembership).toMatchObject({ sequence: 1n });
  // Who comes again begins again there.
  await group.append(a, removal(b.person));
  await group.append(a, invite(b.person));
  await group.append(b, join);
  const again = (await headsOf(late)).heads.find(({ start }) => start > 0n);
  expect(again).toMatchObject({ start: 5n, startMembership: { sequence: 4n }, end: 0n });
});

test("the membership at any entry can be asked for", async () => {
  const [a, b, c] = [await device("then-a"), await device("then-b"), await device("then-c")];
  const group = await TestGroup.create(a);
  await group.add(a, b, c);
  const whole = await membershipOf(a, group.id);
  expect(whole).toMatchObject({ entries: { length: 5 }, head: { sequence: 4n } });
  const then = await membershipOf(a, group.id, 0n, 3n);
  expect(then.entries).toEqual(whole.entries.slice(0, 3));
  expect(then.head).toMatchObject({ sequence: 2n });
  expect((await membershipOf(a, group.id, 2n, 3n)).entries).toEqual(whole.entries.slice(2, 3));
  expect(await membershipOf(a, group.id, 0n, 99n)).toEqual(whole);
});

test("a device that is revoked and another that comes in its place have nothing of each other", async () => {
  const [a, b] = [await device("place-a"), await device("place-b")];
  const { conversation } = await openDirect(a, b.person);
  await post(a, conversation.conversationId);
  const one = await relay.addDevice(a.person);
  await append(a.person, revocation(a.person, one.keys));
  await post(b, conversation.conversationId);
  const other = await relay.addDevice(a.person);
  expect((await headsOf(one)).heads).toEqual([]);
  expect((await headsOf(other)).heads).toMatchObject([{ start: 2n }]);
});
