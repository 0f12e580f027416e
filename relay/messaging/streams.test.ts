import { randomBytes as noise } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { randomBytes, toHex } from "../../keys/index.ts";
import { MessagingService } from "../../proto/gen/sotto/relay/v1/messaging_pb.ts";
import {
  type BareRelay,
  nth,
  type Person,
  startBareRelay,
  type TestDevice,
} from "../../test/support/bare-relay.ts";
import { reasonOf } from "../../test/support/member.ts";
import {
  envelopeBy,
  type Opened,
  openDirect,
  RawStream,
  type RequestFrame,
  wrapsBy,
} from "../../test/support/raw-stream.ts";

let relay: BareRelay;
let alice: Person;
let bob: Person;
let a: TestDevice;
let b: TestDevice;
let opened: Opened;
let id: Uint8Array;

beforeAll(async () => {
  relay = await startBareRelay({
    helloTimeoutMs: 1_000,
    maxOpened: 3,
    // Here much is written to who never answers.
    unanswered: { strangers: 100_000, fellows: 100_000 },
  });
  alice = await relay.person("alice");
  bob = await relay.person("bob");
  a = nth(alice.devices, 0);
  b = nth(bob.devices, 0);
  opened = await openDirect(a, bob);
  id = opened.conversation.conversationId;
});

afterAll(() => relay.stop());

function seal(from: TestDevice, body?: Uint8Array): [Uint8Array, Uint8Array] {
  const options = body === undefined ? {} : { body };
  return [envelopeBy(from, opened.roster, options), wrapsBy(from, opened.roster)];
}

const hello: RequestFrame = { case: "hello", value: { live: false, lease: 1n } };

async function endingOf(...frames: RequestFrame[]): Promise<string> {
  const stream = new RawStream(a);
  for (const frame of frames) stream.send(frame);
  return stream.ended;
}

test.each<[string, RequestFrame[]]>([
  ["a first frame that is not Hello", [{ case: "ping", value: { nonce: 1n } }]],
  ["a second Hello", [hello, hello]],
  ["a frame of an unknown kind", [hello, { case: undefined } as unknown as RequestFrame]],
  ["a pull of too many rows", [hello, { case: "pull", value: { conversationId: noise(32), limit: 501 } }]],
  ["a pull of an id that is none", [hello, { case: "pull", value: { conversationId: noise(31) } }]],
  [
    "a pull from beyond any log",
    [hello, { case: "pull", value: { conversationId: noise(32), after: 2n ** 64n - 1n } }],
  ],
  [
    "an acknowledgement beyond any log",
    [
      hello,
      {
        case: "acknowledge",
        value: { cursors: [{ conversationId: noise(32), sequence: 2n ** 63n }] },
      },
    ],
  ],
  [
    "an acknowledgement of too much at once",
    [
      hello,
      {
        case: "acknowledge",
        value: {
          cursors: Array.from({ length: 1_001 }, () => ({ conversationId: noise(32), sequence: 1n })),
        },
      },
    ],
  ],
])("%s ends the stream as malformed", async (_what, frames) => {
  expect(await endingOf(...frames)).toBe("malformed");
});

test("nobody is answered before he says Hello", async () => {
  const stream = new RawStream(a);
  stream.send({ case: "ping", value: { nonce: 1n } });
  stream.send(hello);
  expect(await stream.ended).toBe("malformed");
  expect(stream.frames).toEqual([]);
});

test("a stream that never says Hello is ended", async () => {
  expect(await endingOf()).toBe("malformed");
});

test("garbage and oversize frames end their stream and nobody else's", async () => {
  const witness = await RawStream.open(b, { live: true });
  const bytes = (payload: Buffer): Promise<number> =>
    new Promise((resolve) => {
      const { client, metadata } = a;
      const path = `/${MessagingService.typeName}/Connect`;
      const same = (value: Buffer): Buffer => value;
      const call = client.makeBidiStreamRequest(path, same, same, metadata, {});
      call.on("data", () => undefined);
      call.on("error", (error: Error & { code: number }) => resolve(error.code));
      call.write(payload);
    });
  expect(await bytes(noise(300))).not.toBe(0);
  expect(await bytes(Buffer.alloc(3 * 1024 * 1024))).toBe(8);
  await witness.ping();
  expect(await witness.finish()).toBe("OK");
});

test("the live stream goes to the highest lease, with equal leases to the newer stream", async () => {
  const first = await RawStream.open(a, { live: true, lease: 5n });
  const quiet = await RawStream.open(a, { lease: 9n });
  const second = await RawStream.open(a, { live: true, lease: 5n });
  expect(await first.ended).toBe("superseded");
  const third = await RawStream.open(a, { live: true, lease: 6n });
  expect(await second.ended).toBe("superseded");
  const late = new RawStream(a);
  late.send({ case: "hello", value: { live: true, lease: 5n } });
  expect(await late.ended).toBe("superseded");
  await third.ping();
  await quiet.ping();
  expect(await third.finish()).toBe("OK");
  const fourth = await RawStream.open(a, { live: true, lease: 1n });
  expect(await fourth.finish()).toBe("OK");
  await quiet.finish();
});

test("a stream ends when its token does, with what was stored by then told", async () => {
  relay.tokensExpireAt = Date.now() + 400;
  const stream = await RawStream.open(a);
  relay.tokensExpireAt = Number.MAX_SAFE_INTEGER;
  expect(typeof (await stream.submit(...seal(a)))).toBe("bigint");
  expect(await stream.ended).toBe("token_expired");
});

test("a hundred streams of one device submit at once, and the limit is far enough", async () => {
  const streams = await Promise.all(Array.from({ length: 100 }, () => RawStream.open(a)));
  const numbers = await Promise.all(streams.map((stream) => stream.submit(...seal(a))));
  expect(new Set(numbers).size).toBe(100);
  const more = await Promise.all(Array.from({ length: 28 }, () => RawStream.open(a)));
  expect(await endingOf(hello)).toBe("quota_exceeded");
  expect(await nth(more, 0).finish()).toBe("OK");
  const again = await RawStream.open(a);
  for (const stream of [...streams, ...more.slice(1), again]) expect(await stream.finish()).toBe("OK");
});

test("more submits than may be under way wait, and all are answered in order", async () => {
  const stream = await RawStream.open(a);
  const answers = await Promise.all(Array.from({ length: 700 }, () => stream.submit(...seal(a))));
  const numbers = answers.map(Number);
  expect(numbers).toEqual(numbers.map((_, index) => (numbers[0] ?? 0) + index));
  expect(await stream.finish()).toBe("OK");
});

test("a reader that stops is left behind, harms nobody, and finds everything in the log", async () => {
  const slow = await RawStream.open(b, { live: true });
  const reader = await RawStream.open(b);
  const before = (await reader.pull(id, 0n, 1)).pulled.head;
  slow.call.pause();
  await pause(50);
  const sender = await RawStream.open(a);
  const rows = 400;
  const body = noise(16 * 1024);
  const started = performance.now();
  const numbers = await Promise.all(Array.from({ length: rows }, () => sender.submit(...seal(a, body))));
  expect(performance.now() - started).toBeLessThan(8_000);
  expect(numbers.every((number) => typeof number === "bigint")).toBe(true);

  slow.call.resume();
  const end = before + BigInt(rows);
  // It hears of everything: by a row, or by the head that it is owed for what was left out.
  const heardOf = () => [
    ...slow.heads.map(({ head }) => head),
    ...slow.deliveries.map(({ sequence }) => sequence),
  ];
  await slow.until(() => heardOf().includes(end), "the last row or the head");
  expect(slow.heads.length).toBeGreaterThan(0);
  const pushed = slow.deliveries.map(({ sequence }) => sequence);
  expect(pushed.length).toBeLessThan(rows / 2);
  expect(pushed).toEqual([...pushed].sort((x, y) => Number(x - y)));
  // A client takes what follows what it has, and pulls at the first gap.
  const prefix = pushed.filter((sequence, index) => sequence === before + BigInt(index + 1)).length;
  const rest = await slow.pullAll(id, before + BigInt(prefix), 500);
  expect(rest.map(({ sequence }) => Number(sequence - before))).toEqual(
    Array.from({ length: rows - prefix }, (_, index) => prefix + index + 1),
  );
  // And it is fed again.
  await sender.submit(...seal(a));
  await slow.until(() => slow.deliveries.some(({ sequence }) => sequence === end + 1n));
  for (const stream of [slow, reader, sender]) expect(await stream.finish()).toBe("OK");
});

test("a reader that pulls and does not read holds up only itself", async () => {
  const slow = await RawStream.open(b);
  slow.call.pause();
  for (let index = 0; index < 50; index++) {
    slow.send({ case: "pull", value: { conversationId: id, after: 0n, limit: 500 } });
  }
  const others = await Promise.all(Array.from({ length: 8 }, () => RawStream.open(b)));
  await Promise.all(others.map((stream) => stream.pull(id, 0n, 10)));
  for (const stream of others) await stream.finish();
  slow.call.cancel();
  expect(await slow.ended).toBe("gRPC 1");
});

test("two relays on one database write one dense log", async () => {
  const sibling = await relay.sibling();
  const there = { a: sibling.connect(a), b: sibling.connect(b) };
  const reader = await RawStream.open(b);
  const before = (await reader.pull(id, 0n, 1)).pulled.head;
  const numbers = (
    await Promise.all(
      [a, b, there.a, there.b, a, there.b].map(async (device) => {
        const stream = await RawStream.open(device);
        const answers: (bigint | string)[] = [];
        for (let round = 0; round < 10; round++) {
          answers.push(...(await Promise.all([1, 2, 3].map(() => stream.submit(...seal(device))))));
        }
        await stream.finish();
        return answers;
      }),
    )
  ).flat();
  const sorted = numbers.map(Number).sort((x, y) => x - y);
  expect(sorted).toEqual(sorted.map((_, index) => Number(before) + index + 1));
  expect((await reader.pullAll(id, before, 50)).map(({ sequence }) => Number(sequence))).toEqual(sorted);

  // The same bytes at both relays at once are one row.
  const [envelope, wraps] = seal(a);
  const streams = await Promise.all([a, there.a].map((device) => RawStream.open(device)));
  const [one, other] = await Promise.all(streams.map((stream) => stream.submit(envelope, wraps)));
  expect(one).toBe(other);
  expect(typeof one).toBe("bigint");
  await sibling.stop();
  await reader.finish();
});

test("a row that the database refuses costs the others in its batch nothing", async () => {
  const messageId = randomBytes(16);
  await relay.database.query(`create function refuse() returns trigger language plpgsql as $$
    begin
      if new.message_id = '\\x${toHex(messageId)}'::bytea then raise exception 'poison'; end if;
      return new;
    end $$`);
  await relay.database.query(
    "create trigger refuse before insert on log for each row execute function refuse()",
  );
  const stream = await RawStream.open(a);
  const answers = await Promise.all([
    stream.submit(...seal(a)),
    stream.submit(envelopeBy(a, opened.roster, { messageId }), wrapsBy(a, opened.roster)),
    stream.submit(...seal(a)),
  ]);
  const [first] = answers;
  expect(answers).toEqual([
    first,
    "internal",
    Number(first) + 1 === Number(answers[2]) ? answers[2] : "dense",
  ]);
  expect(relay.log()).toContain("could not store");
  expect(relay.log()).not.toContain(toHex(messageId));
  await relay.database.query("drop trigger refuse on log");
  await stream.finish();
});

test("an account opens only so many conversations, others may still open theirs with it", async () => {
  const keen = nth((await relay.person("keen")).devices, 0);
  const others = await Promise.all([1, 2, 3, 4].map((index) => relay.person(`other-${index}`)));
  for (const other of others.slice(0, 3)) await openDirect(keen, other);
  const last = nth(others, 3);
  expect(await reasonOf(openDirect(keen, last))).toBe("quota_exceeded");
  await openDirect(keen, nth(others, 0));
  await openDirect(nth(last.devices, 0), keen.person);
});

test("a draining relay answers what it took, and loses nothing that it acknowledged", async () => {
  const before = (await openDirect(a, bob)).conversation.head;
  const streams = await Promise.all(Array.from({ length: 6 }, () => RawStream.open(a)));
  const accepted = new Map<string, bigint>();
  const sending = streams.map(async (stream) => {
    for (;;) {
      const [envelope, wraps] = seal(a);
      const number = await stream.submit(envelope, wraps).catch(() => undefined);
      if (typeof number !== "bigint") return;
      accepted.set(toHex(envelope), number);
    }
  });
  await pause(200);
  await relay.drain();
  await Promise.all(sending);
  for (const stream of streams) expect(await stream.ended).toBe("relay_unavailable");
  await relay.startAgain();
  expect(accepted.size).toBeGreaterThan(6);
  const reader = await RawStream.open(b);
  const stored = new Map(
    (await reader.pullAll(id, before)).map((row) => [toHex(row.envelope), row.sequence]),
  );
  expect(stored).toEqual(accepted);
  await reader.finish();
});
