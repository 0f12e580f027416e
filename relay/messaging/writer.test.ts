import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { toHex } from "../../keys/public.ts";
import { type BareRelay, nth, startBareRelay, type TestDevice } from "../../test/support/bare-relay.ts";
import { envelopeBy, type Opened, openDirect, RawStream, wrapsBy } from "../../test/support/raw-stream.ts";

let relay: BareRelay;
/** Another process of the same service. */
let sibling: Awaited<ReturnType<BareRelay["sibling"]>>;
let alice: TestDevice;
const logs: Opened[] = [];

beforeAll(async () => {
  relay = await startBareRelay();
  sibling = await relay.sibling();
  alice = nth((await relay.person("alice")).devices, 0);
  for (const name of ["bob", "carol"]) logs.push(await openDirect(alice, await relay.person(name)));
});

afterAll(async () => {
  await sibling.stop();
  await relay.stop();
});

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

/** Resolves when so many statements wait for a lock. */
function waiting(count: number): Promise<void> {
  const ask = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
  return vi.waitFor(async () => expect((await relay.database.query(ask)).rows.length).toBe(count), {
    timeout: 5_000,
  });
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

test("what another process was faster with is decided anew together with what came meanwhile", async () => {
  const [contested, other] = [nth(logs, 0), nth(logs, 1)];
  const [stream, elsewhere] = [await RawStream.open(alice), await RawStream.open(sibling.connect(alice))];
  const to = ({ roster }: Opened, by: RawStream) =>
    by.submit(envelopeBy(alice, roster), wrapsBy(alice, roster));
  const before = [await to(contested, stream), await to(other, stream)].map(Number);

  const release = await hold(contested);
  const faster = to(contested, elsewhere);
  await waiting(1);
  const query = vi.spyOn(relay.database, "query");
  const slower = to(contested, stream);
  await waiting(2);
  const meanwhile = to(other, stream);
  await stream.ping();
  query.mockClear();
  release();
  expect((await Promise.all([faster, slower, meanwhile])).map(Number)).toEqual([
    nth(before, 0) + 1,
    nth(before, 0) + 2,
    nth(before, 1) + 1,
  ]);
  const names = query.mock.calls.map(([statement]) => (typeof statement === "string" ? "" : statement.name));
  expect(names.filter((name) => name === "append-rows").length).toBe(1);
  query.mockRestore();
  await stream.finish();
  await elsewhere.finish();
});

test("an error that nobody foresaw is the answer to what made it alone, and the others stay in order", async () => {
  const [good, bad] = [nth(logs, 0), nth(logs, 1)];
  const stream = await RawStream.open(alice);
  const send = ({ roster }: Opened) => stream.submit(envelopeBy(alice, roster), wrapsBy(alice, roster));
  const before = Number(await send(good));
  const id = toHex(bad.conversation.conversationId);
  await relay.database.query(`
    create function fail() returns trigger language plpgsql as $$ begin raise exception 'out of the blue'; end $$;
    create trigger fail before update on conversations for each row
      when (new.conversation_id = '\\x${id}') execute function fail()`);

  const release = await hold(good);
  const first = send(good);
  await stream.ping();
  const batch = [send(good), send(bad), send(good), send(good)];
  await stream.ping();
  release();
  expect(await first).toBe(BigInt(before + 1));
  expect((await Promise.all(batch)).map(String)).toEqual([
    String(before + 2),
    "internal",
    String(before + 3),
    String(before + 4),
  ]);
  await stream.finish();
});
