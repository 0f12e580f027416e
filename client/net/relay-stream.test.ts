import { status } from "@grpc/grpc-js";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type ScriptedRelay, type ScriptedStream, scriptedRelay } from "../../test/support/scripted-relay.ts";
import { openChannel } from "./channel.ts";
import { parseRelayAddress } from "./relay-address.ts";
import { relayConnection } from "./relay-calls.ts";
import type { Delivery, RelayConnection, StreamOptions } from "./relay-connection.ts";

let relay: ScriptedRelay;
let connection: RelayConnection;
let tokensAsked: (string | undefined)[];
const here = new Uint8Array(32).fill(1);
const there = new Uint8Array(32).fill(2);
const notLive: StreamOptions = { live: false, lease: 0n };

beforeEach(async () => {
  relay = await scriptedRelay();
  const address = parseRelayAddress(relay.url);
  if (address === undefined) throw new Error(relay.url);
  tokensAsked = [];
  connection = relayConnection(openChannel(address), async (rejected) => {
    tokensAsked.push(rejected);
    return rejected === undefined ? "token" : "fresh token";
  });
  relay.onFrame = welcome;
});

afterEach(() => {
  connection.close();
  relay.stop();
});

function welcome(
  frame: { frame: { case?: string | undefined } },
  stream: ScriptedStream,
  heads = 0,
): boolean {
  if (frame.frame.case !== "hello") return false;
  stream.send({ welcome: { now: 5n, oneTimePrekeysLeft: 9, heads } });
  return true;
}

const row = (sequence: number, conversationId = here) => ({ conversationId, sequence: BigInt(sequence) });
const numbers = (deliveries: Delivery[]) => deliveries.map((delivery) => Number(delivery.sequence));

test("the stream opens with the heads that Welcome announces, in whatever frames they come", async () => {
  relay.onFrame = (frame, stream) => {
    if (!welcome(frame, stream, 3)) return;
    stream.send({ heads: [{ conversationId: here }, { conversationId: there }] });
    stream.send({ heads: [{ conversationId: here }, { conversationId: there, head: 7n }] });
  };
  const later: bigint[] = [];
  const stream = await connection.openStream({
    live: true,
    lease: 4n,
    onHeads: (heads) => later.push(...heads.map((head) => head.head)),
  });
  expect(stream.welcome).toMatchObject({ now: 5n, oneTimePrekeysLeft: 9 });
  expect(stream.heads).toHaveLength(3);
  await expect.poll(() => later).toEqual([7n]);
  await stream.close();
});

test("a ping measures the way there and back", async () => {
  relay.onFrame = (frame, stream) => {
    if (welcome(frame, stream) || frame.frame.case !== "ping") return;
    const { nonce } = frame.frame.value;
    setTimeout(() => stream.send({ pong: { nonce } }), 20);
  };
  const stream = await connection.openStream(notLive);
  expect(await stream.ping()).toBeGreaterThan(15);
  await stream.close();
});

test("submits are answered by their tags, in any order", async () => {
  const tags: bigint[] = [];
  relay.onFrame = (frame, stream) => {
    if (welcome(frame, stream) || frame.frame.case !== "submit") return;
    tags.push(frame.frame.value.tag);
    const [first, second] = tags;
    if (first === undefined || second === undefined) return;
    stream.send({ accepted: [{ tag: second, sequence: 2n }], refused: [{ tag: first, reason: 14 }] });
  };
  const stream = await connection.openStream(notLive);
  const outcomes = await Promise.all([
    stream.submit(new Uint8Array(10), new Uint8Array(1)),
    stream.submit(new Uint8Array(20), new Uint8Array(1)),
  ]);
  expect(outcomes).toMatchObject([{ refused: { reason: 14 } }, { accepted: { sequence: 2n } }]);
  await stream.close();
  expect(await stream.closed).toBeUndefined();
});

test("a pull gets its dense rows; what is pushed in between goes to the listener", async () => {
  relay.onFrame = (frame, stream) => {
    if (welcome(frame, stream) || frame.frame.case !== "pull") return;
    stream.send({ deliveries: [row(4), row(9), row(1, there)] });
    stream.send({
      deliveries: [row(5), row(6)],
      pulled: [{ conversationId: here, through: 5n, head: 9n }],
    });
  };
  const pushed: string[] = [];
  const stream = await connection.openStream({
    live: true,
    lease: 1n,
    onDeliveries: (deliveries) => {
      pushed.push(...deliveries.map((delivery) => `${delivery.conversationId[0]}:${delivery.sequence}`));
    },
  });
  const { deliveries, pulled } = await stream.pull(here, 3n, 100);
  expect(numbers(deliveries)).toEqual([4, 5, 6]);
  expect(pulled.head).toBe(9n);
  expect(pushed).toEqual(["1:9", "2:1"]);
  await stream.close();
});

test("pulls of one conversation wait for each other, those of two do not", async () => {
  const asked: [number, bigint][] = [];
  relay.onFrame = (frame, stream) => {
    if (welcome(frame, stream) || frame.frame.case !== "pull") return;
    const { conversationId, after } = frame.frame.value;
    asked.push([conversationId[0] ?? 0, after]);
    const answer = () => stream.send({ pulled: [{ conversationId, through: after }] });
    if (after === 0n) setTimeout(answer, 50);
    else answer();
  };
  const stream = await connection.openStream(notLive);
  await Promise.all([stream.pull(here, 0n, 1), stream.pull(here, 1n, 1), stream.pull(there, 2n, 1)]);
  expect(asked).toEqual([
    [1, 0n],
    [2, 2n],
    [1, 1n],
  ]);
  await stream.close();
});

test("a row left out of an answer is left out here too, and those after it count as pushed", async () => {
  relay.onFrame = (frame, stream) => {
    if (welcome(frame, stream) || frame.frame.case !== "pull") return;
    stream.send({ deliveries: [row(1), row(3)], pulled: [{ conversationId: here, through: 3n, head: 3n }] });
  };
  const stream = await connection.openStream(notLive);
  const { deliveries, pulled } = await stream.pull(here, 0n, 10);
  expect([numbers(deliveries), pulled.through]).toEqual([[1], 3n]);
  await stream.close();
});

test("a stream that breaks rejects whatever waits and says why", async () => {
  relay.onFrame = (frame, stream) => {
    if (!welcome(frame, stream)) stream.fail(status.ABORTED, "superseded");
  };
  const stream = await connection.openStream(notLive);
  const submit = stream.submit(new Uint8Array(1), new Uint8Array(1));
  await expect(submit).rejects.toMatchObject({ code: "refused", reason: "superseded" });
  expect(await stream.closed).toMatchObject({ reason: "superseded" });
  await expect(stream.pull(here, 0n, 1)).rejects.toMatchObject({ reason: "superseded" });
  await expect(stream.ping()).rejects.toMatchObject({ reason: "superseded" });
  await stream.close();
});

test("a relay that ends the stream or dies is unreachable", async () => {
  relay.onFrame = (frame, stream) => {
    if (!welcome(frame, stream)) stream.end();
  };
  const ended = await connection.openStream(notLive);
  await expect(ended.ping()).rejects.toMatchObject({ code: "unreachable" });
  const killed = await connection.openStream(notLive);
  relay.stop();
  expect(await killed.closed).toMatchObject({ code: "unreachable" });
});

test("a relay that begins with anything but Welcome is not trusted", async () => {
  relay.onFrame = (_, stream) => stream.send({ resync: true });
  await expect(connection.openStream(notLive)).rejects.toMatchObject({ code: "untrusted" });
});

test("a refused token is renewed once, and only then is the call given up", async () => {
  const seen: (string | undefined)[] = [];
  relay.answers["countPrekeys"] = (_, token) => {
    seen.push(token);
    return token === "token"
      ? { status: status.UNAUTHENTICATED, reason: "token_expired" }
      : { oneTimeLeft: 3 };
  };
  expect(await connection.countPrekeys()).toMatchObject({ oneTimeLeft: 3 });
  expect([tokensAsked, seen]).toEqual([
    [undefined, "token"],
    ["token", "fresh token"],
  ]);
  relay.answers["countPrekeys"] = () => ({ status: status.UNAUTHENTICATED, reason: "token_invalid" });
  await expect(connection.countPrekeys()).rejects.toMatchObject({ reason: "token_invalid" });
});

test("a part that the relay leaves out is an error here and not in a use case", async () => {
  relay.answers["openDirect"] = () => ({});
  await expect(connection.openDirect(here)).rejects.toMatchObject({ code: "untrusted" });
  relay.answers["getAccountChains"] = () => ({ chains: [] });
  await expect(connection.getAccountChains([{ accountId: here }])).rejects.toMatchObject({
    code: "untrusted",
  });
});
