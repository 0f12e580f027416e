import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { extendLog, hash, randomBytes } from "../../keys/index.ts";
import {
  type BareRelay,
  nth,
  type Person,
  startBareRelay,
  type TestDevice,
} from "../../test/support/bare-relay.ts";
import {
  envelopeBy,
  type Opened,
  openDirect,
  RawStream,
  rosterOf,
  wrapsBy,
} from "../../test/support/raw-stream.ts";
import { KnownLogs } from "./known-logs.ts";
import type { Candidate } from "./read-submit.ts";
import type { LogMove } from "./sql/append-rows.ts";
import type { SubmitState } from "./sql/select-submit-state.ts";

let relay: BareRelay;
let sibling: Awaited<ReturnType<BareRelay["sibling"]>>;
let names = 0;

beforeAll(async () => {
  relay = await startBareRelay({ unanswered: { strangers: 3, fellows: 3 } });
  sibling = await relay.sibling();
});

afterAll(async () => {
  await sibling.stop();
  await relay.stop();
});

interface Pair {
  readonly alice: Person;
  readonly bob: Person;
  readonly a: TestDevice;
  readonly b: TestDevice;
  readonly opened: Opened;
}

async function pair(): Promise<Pair> {
  names += 1;
  const [alice, bob] = [await relay.person(`alice-${names}`), await relay.person(`bob-${names}`)];
  const a = nth(alice.devices, 0);
  return { alice, bob, a, b: nth(bob.devices, 0), opened: await openDirect(a, bob) };
}

async function send(from: TestDevice, roster: Opened["roster"]): Promise<bigint | string> {
  const stream = await RawStream.open(from);
  const answer = await stream.submit(envelopeBy(from, roster), wrapsBy(from, roster));
  await stream.finish();
  return answer;
}

/** The names of the statements, but for those that a stream begins and ends with. */
async function statementsOf(work: () => Promise<unknown>): Promise<string[]> {
  const query = vi.spyOn(relay.database, "query");
  await work();
  const names = query.mock.calls.map(([statement]) =>
    typeof statement === "string" ? "" : (statement.name ?? ""),
  );
  query.mockRestore();
  return names.filter((name) => name.startsWith("select-submit") || name.startsWith("append"));
}

test("one statement stores a message where the last one is remembered", async () => {
  const { a, opened } = await pair();
  expect(await statementsOf(() => send(a, opened.roster))).toEqual(["select-submit-state", "append-rows"]);
  expect(await statementsOf(() => send(a, opened.roster))).toEqual(["append-rows"]);
});

test("a message that is sent again is found, and keeps nothing out that came with it", async () => {
  const { a, b, opened } = await pair();
  const other = await pair();
  for (const device of [a, b]) await send(device, opened.roster);
  await send(other.a, other.opened.roster);
  const stream = await RawStream.open(a);
  const sealed = [envelopeBy(a, opened.roster), wrapsBy(a, opened.roster)] as const;
  expect(await stream.submit(...sealed)).toBe(3n);
  const answers: (bigint | string)[] = [];
  const statements = await statementsOf(async () => {
    const otherStream = await RawStream.open(other.a);
    const { roster } = other.opened;
    const all = [
      stream.submit(...sealed),
      stream.submit(envelopeBy(a, opened.roster), wrapsBy(a, opened.roster)),
      otherStream.submit(envelopeBy(other.a, roster), wrapsBy(other.a, roster)),
    ];
    answers.push(...(await Promise.all(all)));
  });
  expect(answers).toEqual([3n, 4n, 2n]);
  // Once for all that came with it, and once for what its device sent in the next batch, if that was another.
  const looks = statements.filter((name) => name === "select-submit-state").length;
  expect([1, 2]).toContain(looks);
});

test("who sends again is looked up from then on, so that the next time no statement fails for it", async () => {
  const { a, opened } = await pair();
  const stream = await RawStream.open(a);
  const sealed = [envelopeBy(a, opened.roster), wrapsBy(a, opened.roster)] as const;
  const again = () => statementsOf(async () => expect(await stream.submit(...sealed)).toBe(1n));
  const another = () => statementsOf(() => send(a, opened.roster));
  expect(await again()).toEqual(["select-submit-state", "append-rows"]);
  expect(await again()).toEqual(["append-rows", "select-submit-state"]);
  expect(await another()).toEqual(["select-submit-state", "append-rows"]);
  expect(await again()).toEqual(["select-submit-state"]);
});

test("nobody is refused by what another relay has changed since", async () => {
  const { bob, a, b, opened } = await pair();
  for (const expected of [1n, 2n, 3n, "quota_exceeded"]) expect(await send(a, opened.roster)).toBe(expected);
  expect(await send(sibling.connect(b), opened.roster)).toBe(4n);
  expect(await send(a, opened.roster)).toBe(5n);

  // Sealed for a device that this relay has not heard of.
  const newcomer = await relay.addDevice({ ...bob, devices: [sibling.connect(b)] });
  const roster = await rosterOf(newcomer, opened.conversation.conversationId);
  expect(roster.version).toBe(2n);
  expect(await send(a, roster)).toBe(6n);
});

test("nor is anybody let in by it", async () => {
  const { bob, a, b, opened } = await pair();
  expect(await send(a, opened.roster)).toBe(1n);
  expect(await send(b, opened.roster)).toBe(2n);
  await relay.addDevice({ ...bob, devices: [sibling.connect(b)] });
  expect(await send(a, opened.roster)).toBe("stale_roster");
});

const state: SubmitState = {
  head: 4n,
  log_hash: randomBytes(32),
  roster_version: 1n,
  last_removal_version: 0n,
  post_role: null,
  role: null,
  written_by: 1,
  is_opener: true,
  is_forsaken: false,
  stored: null,
};

function by(log: string, sender: string): Candidate {
  return { log, sender } as Candidate;
}

test("of a log with a sender that is not known nothing is taken from memory, of the others everything", () => {
  const known = new KnownLogs();
  known.learn(by("one", "a"), state);
  known.learn(by("other", "a"), state);
  expect([...known.states([by("one", "a"), by("other", "a"), by("one", "b")]).keys()]).toEqual([1]);
  known.learn(by("one", "b"), { ...state, is_opener: false });
  const states = known.states([by("one", "a"), by("one", "b")]);
  expect([...states.values()].map(({ is_opener }) => is_opener)).toEqual([true, false]);
});

test("it moves with the log, and a state that was read later is all that counts", () => {
  const known = new KnownLogs();
  known.learn(by("one", "a"), state);
  known.moved("one", { toHead: 5n, logHash: new Uint8Array(32), writtenBy: 3 } as LogMove);
  const moved = { ...state, head: 5n, log_hash: new Uint8Array(32), written_by: 3 };
  expect(known.states([by("one", "a")]).get(0)).toEqual(moved);
  known.learn(by("one", "b"), { ...state, head: 9n });
  expect(known.states([by("one", "a")]).size).toBe(0);
  expect(known.states([by("one", "b")]).get(0)?.head).toBe(9n);
});

test("it goes on with the rows that others store, as long as none is missed and it does not matter whose they are", () => {
  const rowHash = hash(randomBytes(32));
  const after = (written: Partial<SubmitState>, ...sequences: bigint[]) => {
    const known = new KnownLogs();
    known.learn(by("one", "a"), { ...state, ...written });
    for (const sequence of sequences) known.heard("one", { sequence, rowHash });
    return known.states([by("one", "a")]).get(0);
  };
  const next = extendLog({ sequence: 4, hash: hash(state.log_hash) }, rowHash).hash;
  const both = { written_by: 3 };
  expect(after(both, 5n)).toEqual({ ...state, ...both, head: 5n, log_hash: next });
  // Each device of the log that is live here hears of it.
  expect(after(both, 4n, 5n, 5n)?.log_hash).toEqual(next);
  expect(after({ post_role: 1 }, 5n)?.head).toBe(5n);
  expect(after(both, 6n)).toBeUndefined();
  expect(after({}, 5n)).toBeUndefined();
});

test("a log that another process moved is not known any more, unless it was heard how", () => {
  const known = new KnownLogs();
  const learn = () => known.learn(by("one", "a"), { ...state, written_by: 3 });
  learn();
  known.missed("one", { fromHead: 4n });
  expect(known.states([by("one", "a")]).size).toBe(0);
  learn();
  known.heard("one", { sequence: 5n, rowHash: hash(randomBytes(32)) });
  known.missed("one", { fromHead: 4n });
  expect(known.states([by("one", "a")]).get(0)?.head).toBe(5n);
});

test("a device that repeats itself is asked about for a minute, and nobody else", () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  onTestFinished(() => void vi.useRealTimers());
  const known = new KnownLogs();
  const stored = { sequence: 4n, envelope_hash: Buffer.alloc(32), log_hash: Buffer.alloc(32), stored_at: 1n };
  known.learn(by("one", "a"), { ...state, stored });
  known.learn(by("other", "b"), state);
  const placesKnown = () => [...known.states([by("one", "a"), by("other", "b")]).keys()];
  expect(placesKnown()).toEqual([1]);
  vi.advanceTimersByTime(59_999);
  expect(placesKnown()).toEqual([1]);
  vi.advanceTimersByTime(1);
  expect(placesKnown()).toEqual([0, 1]);
});

test("so many are known and no more, the newest", () => {
  const known = new KnownLogs(3);
  for (const log of ["one", "two", "three", "four"]) known.learn(by(log, "a"), state);
  known.learn(by("four", "b"), state);
  const kept = ["one", "two", "three", "four"].filter((log) => known.states([by(log, "a")]).size > 0);
  expect(kept).toEqual(["three", "four"]);
});
