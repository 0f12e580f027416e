import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type BareRelay, nth, startBareRelay, type TestDevice } from "../../test/support/bare-relay.ts";
import { envelopeBy, type Opened, openDirect, RawStream, wrapsBy } from "../../test/support/raw-stream.ts";

let relay: BareRelay;
let alice: TestDevice;
const logs: Opened[] = [];

beforeAll(async () => {
  relay = await startBareRelay();
  alice = nth((await relay.person("alice")).devices, 0);
  for (const name of ["bob", "carol"]) logs.push(await openDirect(alice, await relay.person(name)));
});

afterAll(() => relay.stop());

/** Nothing is appended to the log until the function that is returned is called. */
async function hold({ conversation }: Opened): Promise<() => void> {
  const held = Promise.withResolvers<void>();
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  void relay.database.transaction(async (transaction) => {
    const lock = "select from conversations where conversation_id = $1::bytea for update";
    await transaction.query(lock, [conversation.conversationId]);
    held.resolve();
    await released;
  });
  await held.promise;
  return release;
}

test("what is stored is told while the next is being stored", async () => {
  const [first, second] = [nth(logs, 0), nth(logs, 1)];
  const stream = await RawStream.open(alice);
  const send = ({ roster }: Opened) => stream.submit(envelopeBy(alice, roster), wrapsBy(alice, roster));
  expect([await send(first), await send(second)]).toEqual([1n, 1n]);

  const [releaseFirst, releaseSecond] = [await hold(first), await hold(second)];
  const toFirst = send(first);
  await stream.ping();
  const toSecond = send(second);
  await stream.ping();
  releaseFirst();
  // Long before the lock behind which the second waits would break.
  expect(await Promise.race([toFirst, pause(2_000, "kept back")])).toBe(2n);
  releaseSecond();
  expect(await toSecond).toBe(2n);
  await stream.finish();
});
