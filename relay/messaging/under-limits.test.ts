import { setTimeout as pause } from "node:timers/promises";
import { afterEach, expect, test, vi } from "vitest";
import { type BareRelay, type BareRelayOptions, nth, startBareRelay } from "../../test/support/bare-relay.ts";
import { envelopeBy, openDirect, RawStream, wrapsBy } from "../../test/support/raw-stream.ts";

let relay: BareRelay;
afterEach(() => relay.stop());

/** Two who have written to each other. */
async function start(options: BareRelayOptions) {
  relay = await startBareRelay(options);
  const [alice, bob] = await Promise.all([relay.person("alice"), relay.person("bob")]);
  const { roster } = await openDirect(nth(alice.devices, 0), bob);
  const writer = async (person: typeof alice) => {
    const device = nth(person.devices, 0);
    const stream = await RawStream.open(device);
    const submitted = () => stream.submitted(envelopeBy(device, roster), wrapsBy(device, roster));
    return {
      stream,
      submitted,
      submit: () => stream.submit(envelopeBy(device, roster), wrapsBy(device, roster)),
    };
  };
  return { alice, bob, roster, writer };
}

test("whoever sends too fast is slowed, on all his streams together, and nothing of his is refused", async () => {
  const { alice, bob, writer } = await start({ rates: { submitsPerAccount: { count: 10, seconds: 1 } } });
  const streams = await Promise.all([writer(alice), writer(alice)]);
  const other = await writer(bob);
  const began = performance.now();
  const answers = Promise.all(Array.from({ length: 20 }, (_, index) => nth(streams, index % 2).submit()));
  // Others are as fast as ever.
  expect(await other.submit()).toBeTypeOf("bigint");
  for (const answer of await answers) expect(answer).toBeTypeOf("bigint");
  // Ten at once, and ten in a second.
  expect(performance.now() - began).toBeGreaterThan(900);
});

test("whoever has stored too much is told until when, and others are not concerned", async () => {
  const { alice, bob, writer } = await start({ quota: { rows: 5, bytes: 1e9 }, countStorageMs: 10 });
  const one = await writer(alice);
  const other = await writer(bob);
  expect(await other.submit()).toBeTypeOf("bigint");
  let refused: Awaited<ReturnType<typeof one.submitted>>;
  let stored = 0;
  for (;;) {
    refused = await one.submitted();
    if (refused.$typeName === "sotto.relay.v1.Refused") break;
    stored += 1;
    if (stored > 1_000) throw new Error("no end of it");
  }
  expect(stored).toBeGreaterThanOrEqual(5);
  expect(refused).toMatchObject({ reason: 15 });
  expect(refused.retryAfterMs).toBeGreaterThan(0n);
  expect(await other.submit()).toBeTypeOf("bigint");
});

test("what is too large to wait in line makes a stream wait, not the relay grow", async () => {
  const { alice, roster, writer } = await start({});
  const { stream } = await writer(alice);
  const device = nth(alice.devices, 0);
  // A pull whose answer is not read holds up what comes behind it.
  stream.call.pause();
  for (let nonce = 0; nonce < 50; nonce++) {
    stream.send({ case: "pull", value: { conversationId: roster.conversationId, after: 0n } });
    const envelope = envelopeBy(device, roster, { body: Buffer.alloc(100_000) });
    stream.send({ case: "submit", value: { tag: BigInt(nonce), envelope, wraps: wrapsBy(device, roster) } });
  }
  stream.call.resume();
  const answered = () => stream.frames.reduce((sum, { accepted }) => sum + accepted.length, 0);
  await stream.until(() => answered() === 50);
});

test("a stream that has ended while it was slowed does not take the place of the live one", async () => {
  const { alice } = await start({ rates: { otherFramesPerAccount: { count: 2, seconds: 1 } } });
  const device = nth(alice.devices, 0);
  const live = await RawStream.open(device, { live: true });
  live.send({ case: "ping", value: { nonce: 1n } });
  await live.ping(2n);
  const gone = new RawStream(device);
  gone.send({ case: "hello", value: { live: true, lease: 9n } });
  // Long enough for Hello to come, and not for its turn.
  await pause(200);
  gone.call.cancel();
  await gone.ended;
  await pause(1_000);
  await live.ping(3n);
});

test("thousands who are owed a head leave connections to the writer", async () => {
  const { alice, bob } = await start({});
  const others = [];
  for (let number = 0; number < 6; number += 1) others.push(await relay.addDevice(bob));
  const readers = await Promise.all(others.map((device) => RawStream.open(device, { live: true })));
  const query = relay.database.query.bind(relay.database);
  let [underWay, most] = [0, 0];
  const watched = vi.spyOn(relay.database, "query").mockImplementation(async (statement, values) => {
    const isOfHeads = typeof statement === "string" && statement.includes("as wanted (conversation_id)");
    if (isOfHeads) most = Math.max(most, ++underWay);
    const result = await query(statement, values);
    if (isOfHeads) underWay -= 1;
    return result as never;
  });
  // A new roster is told to all.
  await relay.addDevice(alice);
  await Promise.all(readers.map((reader) => reader.until(() => reader.heads.length > 0)));
  watched.mockRestore();
  expect(most).toBeGreaterThan(0);
  expect(most).toBeLessThanOrEqual(4);
});
