import { randomBytes as noise } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  createDeviceKeys,
  envelopeHash,
  equal,
  extendLog,
  hash,
  incarnation,
  type LogHead,
  logStart,
  conversationId as makeConversationId,
  messageRowHash,
  packWraps,
  randomBytes,
  rosterHash,
  toHex,
  unpackWraps,
} from "../../keys/index.ts";
import type { Accepted } from "../../proto/gen/sotto/relay/v1/messaging_pb.ts";
import {
  append,
  type BareRelay,
  nth,
  type Person,
  revocation,
  startBareRelay,
  type TestDevice,
} from "../../test/support/bare-relay.ts";
import { reasonOf } from "../../test/support/member.ts";
import {
  envelopeBy,
  type Opened,
  openDirect,
  RawStream,
  rosterOf,
  wrapFor,
  wrapsBy,
} from "../../test/support/raw-stream.ts";
import { lockChainHead } from "../directory/sql/lock-chain-head.ts";
import { upsertDevices } from "../directory/sql/upsert-devices.ts";
import { bumpRosters } from "./bump-rosters.ts";

let relay: BareRelay;
let names = 0;

beforeAll(async () => {
  relay = await startBareRelay();
});

afterAll(() => relay.stop());

interface Pair {
  readonly alice: Person;
  readonly bob: Person;
  /** The first device of each. */
  readonly a: TestDevice;
  readonly b: TestDevice;
  readonly opened: Opened;
  readonly id: Uint8Array;
}

/** Two people who have not met anybody else. */
async function pair(devicesOfAlice = 1, devicesOfBob = 1): Promise<Pair> {
  names += 1;
  const alice = await relay.person(`alice-${names}`, devicesOfAlice);
  const bob = await relay.person(`bob-${names}`, devicesOfBob);
  const a = nth(alice.devices, 0);
  const opened = await openDirect(a, bob);
  return { alice, bob, a, b: nth(bob.devices, 0), opened, id: opened.conversation.conversationId };
}

/** Sends so many messages from a device; returns the envelopes. */
async function sendMany(from: TestDevice, { roster }: Opened, count: number): Promise<Uint8Array[]> {
  const stream = await RawStream.open(from);
  const envelopes = Array.from({ length: count }, () => envelopeBy(from, roster));
  await Promise.all(envelopes.map((envelope) => stream.submit(envelope, wrapsBy(from, roster))));
  await stream.finish();
  return envelopes;
}

function sequences(rows: readonly { sequence: bigint }[]): number[] {
  return rows.map(({ sequence }) => Number(sequence));
}

function oneTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

test("a conversation opened by both at once is one, the same for both", async () => {
  const alice = await relay.person("opener-a", 2);
  const bob = await relay.person("opener-b");
  const calls = [alice, bob, alice, bob].map((person) =>
    openDirect(nth(person.devices, 0), person === alice ? bob : alice),
  );
  const opened = await Promise.all(calls);
  const first = nth(opened, 0);
  for (const one of opened) expect(one).toEqual(first);
  const { roster, conversation } = first;
  expect(roster.devices.length).toBe(3);
  const recomputed = rosterHash(
    makeConversationId(roster.conversationId),
    Number(roster.version),
    roster.devices as never,
  );
  expect(toHex(roster.hash)).toBe(toHex(recomputed));
  expect(conversation.head).toBe(0n);
  expect(conversation.members.map(toHex)).toEqual([alice, bob].map((p) => toHex(p.accountId)).sort());
});

test("one opens a conversation with oneself, and none with nobody", async () => {
  const alice = await relay.person("self-opener", 2);
  const device = nth(alice.devices, 0);
  const { conversation, roster } = await openDirect(device, alice);
  expect(conversation.members.map(toHex)).toEqual([toHex(alice.accountId)]);
  expect(roster.devices.length).toBe(2);
  const nobody = { accountId: new Uint8Array(32) as Person["accountId"] };
  expect(await reasonOf(openDirect(device, nobody))).toBe("unknown_account");
});

test("a conversation that is opened while a device is being added waits for it", async () => {
  const bob = await relay.person("meanwhile-b");
  const carol = await relay.person("meanwhile-c");
  const added = createDeviceKeys(randomBytes);
  let opening: Promise<Opened> | undefined;
  await relay.database.transaction(async (transaction) => {
    // The first and the last thing that an append does.
    await lockChainHead(transaction, carol.accountId);
    opening = openDirect(nth(bob.devices, 0), carol);
    await pause(100);
    const device = { deviceId: added.deviceId, signingKey: added.signing.publicKey };
    await upsertDevices(transaction, carol.accountId, [{ ...device, active: true, addedSequence: 1 }]);
    await bumpRosters(transaction, carol.accountId, false);
  });
  expect((await opening)?.roster.devices.length).toBe(3);
});

test("both sides add devices at once, and the roster has them all", async () => {
  const { alice, bob, a, id } = await pair();
  for (let round = 0; round < 4; round++) await Promise.all([relay.addDevice(alice), relay.addDevice(bob)]);
  const roster = await rosterOf(a, id);
  expect(roster).toMatchObject({ version: 9n, devices: { length: 10 } });
});

test("a message is stored, acknowledged with the log hash, and read back", async () => {
  const { a, b, opened, id } = await pair();
  const from = await RawStream.open(a);
  const envelope = envelopeBy(a, opened.roster);
  const answer = (await from.submitted(envelope, wrapsBy(a, opened.roster))) as Accepted;
  const start = logStart(makeConversationId(id), incarnation(opened.conversation.incarnation));
  const rowHash = messageRowHash(envelopeHash(envelope));
  expect(answer.sequence).toBe(1n);
  expect(toHex(answer.logHash)).toBe(toHex(extendLog(start, rowHash).hash));
  expect(Number(answer.storedAt)).toBeGreaterThan(Date.now() - 60_000);

  const to = await RawStream.open(b);
  expect(to.welcome?.heads).toBe(1);
  await to.until(() => to.heads.length === 1);
  expect(to.heads[0]).toMatchObject({ head: 1n, cursor: 0n, rosterVersion: 1n });
  const { rows, pulled } = await to.pull(id, 0n);
  expect(rows.length).toBe(1);
  expect(equal(nth(rows, 0).envelope, envelope)).toBe(true);
  expect(equal(nth(rows, 0).rowHash, rowHash)).toBe(true);
  expect(equal(nth(rows, 0).wrap, wrapFor(b.keys.deviceId))).toBe(true);
  expect(nth(rows, 0).storedAt).toBe(answer.storedAt);
  expect(pulled).toMatchObject({ through: 1n, head: 1n });
  expect(await from.finish()).toBe("OK");
  expect(await to.finish()).toBe("OK");
});

test("each device gets its own slice, the sender only the hash of the row", async () => {
  const { alice, bob, a, opened, id } = await pair(3, 2);
  const [envelope] = await sendMany(a, opened, 1);
  for (const device of [...alice.devices, ...bob.devices]) {
    const stream = await RawStream.open(device);
    const row = nth((await stream.pull(id, 0n)).rows, 0);
    expect(toHex(row.rowHash)).toBe(toHex(messageRowHash(envelopeHash(envelope as Uint8Array))));
    if (device === a) {
      expect([row.envelope.length, row.wrap.length]).toEqual([0, 0]);
    } else {
      expect(equal(row.envelope, envelope as Uint8Array)).toBe(true);
      expect(toHex(row.wrap)).toBe(toHex(wrapFor(device.keys.deviceId)));
    }
    await stream.finish();
  }
});

test("twenty writers at once leave a dense log, and a reader sees every row", async () => {
  const { alice, bob, a, opened, id } = await pair(2, 2);
  const reader = await RawStream.open(nth(bob.devices, 1), { live: true });
  const perWriter = 15;
  const total = 20 * perWriter;
  const seen: number[] = [];
  const polling = (async () => {
    for (let have = 0n; seen.length < total; ) {
      const { rows } = await reader.pull(id, have, 37);
      seen.push(...sequences(rows));
      have = rows.at(-1)?.sequence ?? have;
    }
  })();
  const stored: { sequence: bigint; logHash: string }[] = [];
  await Promise.all(
    oneTo(20).map(async (writer) => {
      const device = nth([...alice.devices, ...bob.devices], writer % 4);
      const stream = await RawStream.open(device);
      for (let sent = 0; sent < perWriter; sent++) {
        const answer = await stream.submitted(
          envelopeBy(device, opened.roster),
          wrapsBy(device, opened.roster),
        );
        if (answer.$typeName !== "sotto.relay.v1.Accepted") throw new Error("refused");
        stored.push({ sequence: answer.sequence, logHash: toHex(answer.logHash) });
      }
      await stream.finish();
    }),
  );
  await polling;
  expect(seen).toEqual(oneTo(total));
  expect(sequences(stored).sort((x, y) => x - y)).toEqual(oneTo(total));

  // The log hashes that the writers were told are those that a reader reckons.
  const rows = await reader.pullAll(id);
  let head: LogHead = logStart(makeConversationId(id), incarnation(opened.conversation.incarnation));
  const reckoned = new Map<bigint, string>();
  for (const { rowHash } of rows) {
    head = extendLog(head, hash(rowHash));
    reckoned.set(BigInt(head.sequence), toHex(head.hash));
  }
  for (const { sequence, logHash } of stored) expect(logHash).toBe(reckoned.get(sequence));
  expect((await openDirect(a, bob)).conversation.head).toBe(BigInt(total));
  await reader.finish();
});

test("the same bytes again get the same answer, on any stream, and are stored once", async () => {
  const { a, b, opened, id } = await pair();
  const envelope = envelopeBy(a, opened.roster);
  const wraps = wrapsBy(a, opened.roster);
  const one = await RawStream.open(a);
  const two = await RawStream.open(a);
  const answers = await Promise.all(
    [one, two, one, two, one].map((stream) => stream.submitted(envelope, wraps)),
  );
  answers.push(await one.submitted(envelope, wraps));
  for (const answer of answers) {
    expect({ ...answer, tag: 0n }).toEqual({ ...nth(answers, 0), tag: 0n });
    expect(answer).toMatchObject({ $typeName: "sotto.relay.v1.Accepted", sequence: 1n });
  }
  const reader = await RawStream.open(b);
  expect(sequences(await reader.pullAll(id))).toEqual([1]);
});

test("who ends his side gets his answers first", async () => {
  const { a, opened } = await pair();
  const stream = await RawStream.open(a);
  const answers = Promise.all(
    oneTo(50).map(() => stream.submit(envelopeBy(a, opened.roster), wrapsBy(a, opened.roster))),
  );
  expect(await stream.finish()).toBe("OK");
  expect(await answers).toEqual(oneTo(50).map(BigInt));
});

test("other bytes under the same message id are refused, before and after the commit", async () => {
  const { a, b, opened } = await pair();
  const messageId = randomBytes(16);
  const stream = await RawStream.open(a);
  const wraps = wrapsBy(a, opened.roster);
  const seal = () => envelopeBy(a, opened.roster, { messageId });
  const together = await Promise.all([stream.submit(seal(), wraps), stream.submit(seal(), wraps)]);
  expect(together).toEqual([1n, "message_id_reused"]);
  expect(await stream.submit(seal(), wraps)).toBe("message_id_reused");
  // Ids are the sender's own.
  const other = await RawStream.open(b);
  const same = envelopeBy(b, opened.roster, { messageId });
  expect(await other.submit(same, wrapsBy(b, opened.roster))).toBe(2n);
});

test("bad submits in a batch cost the good ones nothing", async () => {
  const { alice, a, opened } = await pair(2);
  const stranger = nth((await relay.person(`stranger-${names}`)).devices, 0);
  const stream = await RawStream.open(a);
  const { roster } = opened;
  const good = () => stream.submit(envelopeBy(a, roster), wrapsBy(a, roster));
  const sent = envelopeBy(a, roster);
  const other = nth(alice.devices, 1);
  const answers = await Promise.all([
    good(),
    stream.submit(envelopeBy(other, roster), wrapsBy(other, roster)),
    stream.submit(envelopeBy(stranger, roster), wrapsBy(a, roster)),
    stream.submit(sent, wrapsBy(a, roster)),
    stream.submit(sent, wrapsBy(a, roster)),
    stream.submit(randomBytes(600), wrapsBy(a, roster)),
    stream.submit(envelopeBy(a, roster).subarray(0, 200), wrapsBy(a, roster)),
    stream.submit(envelopeBy(a, roster, { body: noise(128 * 1024) }), wrapsBy(a, roster)),
    stream.submit(envelopeBy(a, roster), new Uint8Array()),
    stream.submit(envelopeBy(a, roster), wrapsBy(a, roster).subarray(0, 30)),
    stream.submit(envelopeBy(a, roster), packWraps([null, null])),
    stream.submit(envelopeBy(a, roster), packWraps([...unpackWraps(wrapsBy(a, roster)), null])),
    stream.submit(envelopeBy(a, roster), packWraps(roster.devices.map(() => new Uint8Array(9)))),
    stream.submit(envelopeBy(a, { ...roster, conversationId: randomBytes(32) }), wrapsBy(a, roster)),
    stream.submit(envelopeBy(a, roster, { rosterHash: randomBytes(32) }), wrapsBy(a, roster)),
    stream.submit(envelopeBy(a, { ...roster, version: 9n }), wrapsBy(a, roster)),
    stream.submit(envelopeBy(a, { ...roster, version: 0n }), wrapsBy(a, roster)),
    good(),
  ]);
  expect(answers).toEqual([
    1n,
    ...Array(2).fill("malformed"),
    2n,
    2n,
    ...Array(8).fill("malformed"),
    "unknown_conversation",
    ...Array(3).fill("stale_roster"),
    3n,
  ]);
  // All of that was foreseen: no batch had to be taken apart.
  expect(relay.log()).toBe("");
});

test("after a revocation only envelopes for the new roster are taken", async () => {
  const { bob, a, opened, id } = await pair(1, 2);
  const gone = nth(bob.devices, 1);
  const stream = await RawStream.open(a);
  const leaving = await RawStream.open(gone, { live: true });
  const before = envelopeBy(a, opened.roster);
  expect(await stream.submit(before, wrapsBy(a, opened.roster))).toBe(1n);
  await append(bob, revocation(bob, gone.keys));

  expect(await leaving.ended).toBe("unknown_device");
  expect(await stream.submit(envelopeBy(a, opened.roster), wrapsBy(a, opened.roster))).toBe("stale_roster");
  // A resent message is in the log already, whatever the roster is now.
  expect(await stream.submit(before, wrapsBy(a, opened.roster))).toBe(1n);
  const roster = await rosterOf(a, id);
  expect(roster).toMatchObject({ version: 2n, devices: { length: 2 } });
  expect(await stream.submit(envelopeBy(a, roster), wrapsBy(a, roster))).toBe(2n);
  expect((await rosterOf(a, id, 1n)).devices.length).toBe(3);
  expect(await reasonOf(rosterOf(a, id, 3n))).toBe("relay_unavailable");

  // The revoked device is out, even while its token lives.
  const back = await RawStream.open(gone);
  expect(back.welcome?.heads).toBe(0);
  const submit = back.submit(envelopeBy(gone, opened.roster), wrapsBy(gone, opened.roster));
  expect(await submit).toBe("stale_roster");
  back.send({ case: "pull", value: { conversationId: id, after: 0n, limit: 10 } });
  expect(await back.ended).toBe("unknown_conversation");
});

test("after an addition older envelopes are stale, so that the new device gets all that is sent from then on", async () => {
  const { bob, a, opened, id } = await pair();
  const watching = await RawStream.open(a, { live: true });
  const added = await relay.addDevice(bob);
  await watching.until(() => watching.heads.some(({ rosterVersion }) => rosterVersion === 2n));
  const reader = await RawStream.open(added, { live: true });
  const stream = await RawStream.open(a);
  expect(await stream.submit(envelopeBy(a, opened.roster), wrapsBy(a, opened.roster))).toBe("stale_roster");
  const roster = await rosterOf(a, id);
  expect(await stream.submit(envelopeBy(a, roster), wrapsBy(a, roster))).toBe(1n);
  expect(await stream.submit(envelopeBy(a, roster), wrapsBy(a, roster))).toBe(2n);

  const rows = await reader.pullAll(id);
  expect(rows.map(({ wrap }) => wrap.length > 0)).toEqual([true, true]);
  // Pushed just as it was read; the first row of a conversation is only told of.
  await reader.until(() => reader.deliveries.filter(({ sequence }) => sequence === 2n).length === 2);
  const pushed = reader.deliveries.filter(({ sequence }) => sequence === 2n);
  expect(pushed.length).toBe(2);
  expect(pushed[0]).toEqual(pushed[1]);
});

test("what is pushed is what would be read", async () => {
  const { alice, bob, a, b, opened, id } = await pair(2, 2);
  const devices = [...alice.devices, ...bob.devices];
  const live = await Promise.all(devices.map((device) => RawStream.open(device, { live: true })));
  // Of the first row of a log devices are only told: they have to hear of its incarnation and members.
  await sendMany(a, opened, 1);
  for (const stream of live) await stream.until(() => stream.heads.some(({ head }) => head === 1n));
  await sendMany(a, opened, 3);
  await sendMany(b, opened, 5);
  for (const [index, stream] of live.entries()) {
    await stream.until(() => stream.deliveries.length === 8, "all pushes");
    const pushed = stream.deliveries;
    const reader = await RawStream.open(nth(devices, index));
    const read = await reader.pullAll(id, 1n, 3);
    expect(pushed).toEqual(read);
    await reader.finish();
  }
});

test("a device that is not live is not pushed to", async () => {
  const { a, b, opened } = await pair();
  const quiet = await RawStream.open(b);
  await sendMany(a, opened, 3);
  await quiet.ping();
  expect(quiet.deliveries).toEqual([]);
});

test("a page ends at its limit, and at its bytes", async () => {
  const { a, b, opened, id } = await pair();
  const sender = await RawStream.open(a);
  const wraps = wrapsBy(a, opened.roster);
  const body = noise(120 * 1024);
  for (let index = 0; index < 12; index++) {
    await sender.submit(envelopeBy(a, opened.roster, { body }), wraps);
  }
  const reader = await RawStream.open(b);
  const byLimit = await reader.pull(id, 2n, 3);
  expect(sequences(byLimit.rows)).toEqual([3, 4, 5]);
  expect(byLimit.pulled).toMatchObject({ through: 5n, head: 12n });
  const byBytes = await reader.pull(id, 0n, 500);
  expect(byBytes.rows.length).toBe(9);
  expect(sequences(await reader.pullAll(id, 0n, 500))).toEqual(oneTo(12));
  const beyond = await reader.pull(id, 50n);
  expect(beyond.rows).toEqual([]);
  expect(beyond.pulled).toMatchObject({ through: 50n, head: 12n });
});

test("a cursor never moves back and never beyond the head", async () => {
  const { alice, a, b, opened, id } = await pair();
  await sendMany(a, opened, 6);
  const cursor = async () => (await openDirect(b, alice)).conversation.cursor;
  const acknowledge = async (...to: bigint[]) => {
    const stream = await RawStream.open(b);
    for (const sequence of to) stream.acknowledge(id, sequence);
    expect(await stream.finish()).toBe("OK");
  };
  expect(await cursor()).toBe(0n);
  await acknowledge(4n);
  expect(await cursor()).toBe(4n);
  await acknowledge(2n);
  await acknowledge(0n);
  expect(await cursor()).toBe(4n);
  await acknowledge(5n, 3n);
  expect(await cursor()).toBe(5n);
  await acknowledge(1_000n);
  expect(await cursor()).toBe(6n);
  const reader = await RawStream.open(b);
  expect(reader.welcome?.heads).toBe(0);
});

test("a stranger's acknowledgement, pull, roster and submit find no conversation", async () => {
  const { a, opened, id } = await pair();
  await sendMany(a, opened, 2);
  const stranger = nth((await relay.person(`outsider-${names}`)).devices, 0);
  const one = await RawStream.open(stranger);
  one.acknowledge(id, 2n);
  expect(await one.submit(envelopeBy(stranger, opened.roster), wrapsBy(a, opened.roster))).toBe(
    "unknown_conversation",
  );
  expect(await one.finish()).toBe("OK");
  const { rows } = await relay.database.query("select from cursors where account_id = $1::bytea", [
    stranger.person.accountId,
  ]);
  expect(rows.length).toBe(0);
  const two = await RawStream.open(stranger);
  two.send({ case: "pull", value: { conversationId: id, after: 0n, limit: 1 } });
  expect(await two.ended).toBe("unknown_conversation");
  expect(await reasonOf(rosterOf(stranger, id))).toBe("unknown_conversation");
  expect(await reasonOf(rosterOf(stranger, randomBytes(32)))).toBe("unknown_conversation");
});

test("own messages alone do not make a device behind, nor does its cursor hide others' messages", async () => {
  const { a, b, opened } = await pair();
  await sendMany(a, opened, 4);
  const sender = await RawStream.open(a);
  expect(sender.welcome?.heads).toBe(0);
  await sendMany(b, opened, 1);
  const again = await RawStream.open(a);
  expect(again.welcome?.heads).toBe(1);
});

test("the database holds no slice of one device where another's is", async () => {
  const { b, a, opened, id } = await pair(2, 2);
  await sendMany(a, opened, 1);
  const { rows } = await relay.database.query<{ slice: Buffer }>(
    `select wrap_of_slot(wraps, slot) as slice
    from log
    join roster_slots using (conversation_id)
    where conversation_id = $1::bytea
      and version = 1
      and account_id = $2::bytea
      and device_id = $3::bytea`,
    [id, b.person.accountId, b.keys.deviceId],
  );
  expect(toHex(nth(rows, 0).slice)).toBe(toHex(wrapFor(b.keys.deviceId)));
});
