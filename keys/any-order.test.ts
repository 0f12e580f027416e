// Whole conversations between two stores: any order, loss, repetition, crossing. What must open is told by a
// model that knows nothing but the headers and the limits of SPEC §5.4.
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { refusal } from "../test/support/assertions.ts";
import { type TestDevice, testDevice } from "../test/support/devices.ts";
import { SessionStore } from "../test/support/session-store.ts";
import { toHex } from "./bytes.ts";
import { type ContentKey, contentKey, type Hash, hash } from "./ids.ts";
import { seededRandom } from "./make-vectors/seeded-random.ts";
import type { RatchetHeader } from "./ratchet.ts";
import { chooseSession, MAX_ARCHIVED } from "./session.ts";
import { MAX_CHAINS, MAX_SKIPPED } from "./skipped-keys.ts";
import { ready } from "./sodium.ts";
import { compareWraps, readWrapHeader } from "./wrap.ts";

beforeAll(ready);

interface Message {
  readonly wrap: Uint8Array;
  readonly key: ContentKey;
  readonly envelope: Hash;
}

/**
 * More sessions than are kept, the archived ones and the one to send with, would lose messages by design. Either side
 * sets one up unasked besides, when it has none to send with.
 */
const MOST_STARTS = MAX_ARCHIVED + 1 - 2;

type Side = "alice" | "bob";
const other = { alice: "bob", bob: "alice" } as const;

let devices: Record<Side, TestDevice>;
beforeAll(() => {
  devices = { alice: testDevice("alice"), bob: testDevice("bob") };
});

/** What the receiver of one session's wraps can open, by the letter of the limits and no cleverer. */
class Model {
  #chain = 0;
  #next = 0;
  #missing: { readonly chain: number; readonly n: number }[] = [];

  receive({ chain, previousLength, n }: RatchetHeader): "opens" | "replayed" {
    if (chain > this.#chain) {
      this.#miss(previousLength);
      this.#chain = chain;
      this.#next = 0;
    }
    if (chain === this.#chain && n >= this.#next) {
      this.#miss(n);
      this.#next = n + 1;
      this.#giveUp();
      return "opens";
    }
    const left = this.#missing.filter((each) => each.chain !== chain || each.n !== n);
    if (left.length === this.#missing.length) return "replayed";
    this.#missing = left;
    return "opens";
  }

  get missing(): number {
    return this.#missing.length;
  }

  #miss(to: number): void {
    for (let n = this.#next; n < to; n += 1) this.#missing.push({ chain: this.#chain, n });
  }

  #giveUp(): void {
    const chains = [...new Set([...this.#missing.map(({ chain }) => chain), this.#chain])].slice(-MAX_CHAINS);
    this.#missing = this.#missing.filter(({ chain }) => chains.includes(chain)).slice(-MAX_SKIPPED);
  }
}

/** Two stores, the wraps on their way between them, and what the model says of each session. */
class Conversation {
  readonly stores: Record<Side, SessionStore>;
  readonly underWay: Record<Side, Message[]> = { alice: [], bob: [] };
  readonly delivered: Record<Side, Message[]> = { alice: [], bob: [] };
  readonly #random = seededRandom("messages");
  readonly #models = new Map<string, Model>();
  #starts = 0;

  constructor(seed: string) {
    this.stores = {
      alice: new SessionStore(devices.alice, devices.bob, seed),
      bob: new SessionStore(devices.bob, devices.alice, seed),
    };
  }

  start(side: Side): void {
    if (this.#starts === MOST_STARTS) return;
    this.#starts += 1;
    this.stores[side].start();
  }

  send(from: Side): void {
    this.underWay[other[from]].push(this.seal(from));
  }

  seal(from: Side): Message {
    if (chooseSession(this.stores[from].rows) === null) this.stores[from].start();
    const key = contentKey(this.#random(32));
    const envelope = hash(this.#random(32));
    return { key, envelope, wrap: this.stores[from].seal(key, envelope) };
  }

  take(to: Side, pick: number): Message | undefined {
    const waiting = this.underWay[to];
    return waiting.splice(pick % Math.max(1, waiting.length), 1)[0];
  }

  /** Opens exactly if the model says so, and leaves everything as it was if not. */
  deliver(to: Side, message: Message): void {
    const store = this.stores[to];
    if (this.#model(to, message).receive(readWrapHeader(message.wrap)) === "opens") {
      expect(toHex(store.open(message.wrap, message.envelope))).toBe(toHex(message.key));
      this.delivered[to].push(message);
      return;
    }
    const before = store.snapshot();
    expect(refusal(() => store.open(message.wrap, message.envelope))).toBe("replayed");
    expect(store.snapshot()).toBe(before);
  }

  get keptAsModelled(): boolean {
    const kept = this.stores.alice.skippedKeys + this.stores.bob.skippedKeys;
    return kept === [...this.#models.values()].reduce((sum, model) => sum + model.missing, 0);
  }

  #model(to: Side, { wrap }: Message): Model {
    const name = `${to} ${toHex(readWrapHeader(wrap).tag)}`;
    const model = this.#models.get(name) ?? new Model();
    this.#models.set(name, model);
    return model;
  }
}

const side = fc.constantFrom<Side>("alice", "bob");
const pick = fc.nat({ max: 1000 });
type Step = readonly ["send" | "deliver" | "overtake" | "lose" | "repeat" | "start", Side, number];

function steps(weights: Readonly<Record<Step[0], number>>, minLength: number): fc.Arbitrary<Step[]> {
  const kinds = Object.entries(weights) as [Step[0], number][];
  const each = kinds.map(([what, weight]) => ({
    weight,
    arbitrary: fc.tuple(fc.constant(what), side, pick),
  }));
  return fc.array(fc.oneof(...each), { minLength, maxLength: 2 * minLength });
}

const usual = { send: 8, deliver: 6, overtake: 2, lose: 1, repeat: 2, start: 1 };
const lateAllAlong = { send: 3, deliver: 1, overtake: 12, lose: 0, repeat: 1, start: 0 };

function play(conversation: Conversation, [what, who, which]: Step): void {
  if (what === "start") conversation.start(who);
  if (what === "send") conversation.send(who);
  if (what === "deliver") {
    const message = conversation.take(who, which);
    if (message !== undefined) conversation.deliver(who, message);
  }
  if (what === "overtake") {
    conversation.send(other[who]);
    const message = conversation.underWay[who].pop();
    if (message !== undefined) conversation.deliver(who, message);
  }
  if (what === "lose") conversation.take(who, which);
  if (what === "repeat") {
    const before = conversation.delivered[who];
    const message = before[which % Math.max(1, before.length)];
    if (message !== undefined) conversation.deliver(who, message);
  }
}

function deliverAll(conversation: Conversation, which = 0): void {
  for (const to of ["alice", "bob"] as const) {
    for (let message = conversation.take(to, which); message; message = conversation.take(to, which)) {
      conversation.deliver(to, message);
    }
  }
}

test.each([
  ["opens everything once, whoever starts and whatever is lost", usual, 60],
  ["gives up what the limits say and opens the rest", lateAllAlong, 40],
])("any order %s", (_, weights, numRuns) => {
  fc.assert(
    fc.property(steps(weights, 60), pick, (played, which) => {
      const conversation = new Conversation("any order");
      for (const each of played) play(conversation, each);
      deliverAll(conversation, which);
      expect(conversation.keptAsModelled).toBe(true);
    }),
    { numRuns },
  );
});

test("once all has arrived, an answer comes in the session it answers", () => {
  fc.assert(
    fc.property(steps(usual, 20), side, (played, who) => {
      const conversation = new Conversation("settling");
      for (const each of played) play(conversation, each);
      deliverAll(conversation);
      conversation.send(who);
      deliverAll(conversation);
      const [one, two] = (["alice", "bob"] as const).map((name) => conversation.stores[name].rows[0]?.id);
      expect(one).toEqual(two);
    }),
    { numRuns: 40 },
  );
});

describe("both sides start at once", () => {
  test("and the first messages cross", () => {
    const conversation = new Conversation("crossed");
    for (const from of ["alice", "bob", "alice", "bob"] as const) conversation.send(from);
    deliverAll(conversation);
    for (let turn = 0; turn < 4; turn += 1) {
      conversation.send("alice");
      conversation.send("bob");
      deliverAll(conversation);
    }
    const { alice, bob } = conversation.stores;
    expect([alice.rows.length, bob.rows.length]).toEqual([2, 2]);
    expect(alice.everSkipped + bob.everSkipped).toBe(0);
    for (const { session } of [...alice.rows, ...bob.rows]) expect(session.setUp).toBeNull();
  });

  test("and the later messages arrive first", () => {
    const conversation = new Conversation("crossed backwards");
    for (const from of ["alice", "bob", "alice", "bob", "alice", "bob"] as const) conversation.send(from);
    deliverAll(conversation, 2);
    expect(conversation.delivered.alice).toHaveLength(3);
    expect(conversation.delivered.bob).toHaveLength(3);
    expect(conversation.keptAsModelled).toBe(true);
  });
});

describe("5,000 messages over 3 conversations, fetched one log after the other", () => {
  const total = 5000;
  const atOnce = 500;

  /** Alice and Bob talk; what is for Bob waits in three logs. Bob answers in between, after each catching up. */
  function talk(
    catchUp: (logs: readonly Message[][], open: (message: Message) => void) => void,
  ): SessionStore {
    const conversation = new Conversation("three logs");
    const choose = seededRandom("which log");
    const bob = conversation.stores.bob;
    for (let sent = 0; sent < total; sent += atOnce) {
      const logs: readonly Message[][] = [[], [], []];
      for (let n = 0; n < atOnce; n += 1) {
        logs[(choose(1)[0] ?? 0) % 3]?.push(conversation.seal("alice"));
        if (n % 7 === 0 && bob.rows.length > 0) conversation.send("bob");
        if (n % 50 === 0) deliverAll(conversation);
      }
      catchUp(logs, (message) => conversation.deliver("bob", message));
    }
    deliverAll(conversation);
    expect(conversation.delivered.bob).toHaveLength(total);
    return bob;
  }

  test("cost no skipped key when they are opened in session order", () => {
    const bob = talk((logs, open) => {
      const staged = logs.flat().map((message) => ({ message, header: readWrapHeader(message.wrap) }));
      for (const { message } of staged.sort((one, two) => compareWraps(one.header, two.header)))
        open(message);
    });
    expect(bob.everSkipped).toBe(0);
    expect(bob.rows[0]?.session.ratchet.receiving.chains.at(-1)?.chain).toBeGreaterThan(5);
  });

  test("cost thousands when they are opened as they come", () => {
    const bob = talk((logs, open) => {
      for (const message of logs.flat()) open(message);
    });
    expect(bob.everSkipped).toBeGreaterThan(2000);
  });
});
