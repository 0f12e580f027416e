// Whole conversations in both implementations at once: the first seals, both open, and both must end up alike.
import { beforeAll, expect, test } from "vitest";
import * as keys from "../../keys/index.ts";
import { person } from "../../keys/make-vectors/people.ts";
import { seededRandom } from "../../keys/make-vectors/seeded-random.ts";
import { NOW, type TestDevice, testDevice } from "../support/devices.ts";
import { type Chain, verifyChain } from "./chain.ts";
import { directConversation, logHash, rosterHash, unpackWraps } from "./envelope.ts";
import { hex } from "./primitives.ts";
import { Twin } from "./twin.ts";

const names = ["alice", "bob", "carol"];
const zeros = keys.hash(new Uint8Array(32));
let people: { device: TestDevice; chain: Chain }[];

beforeAll(async () => {
  await keys.ready();
  people = names.map((name) => ({ device: testDevice(name), chain: verifyChain([person(name).genesis]) }));
});

/** Messages on their way from one device to another. */
interface Link {
  readonly from: Twin;
  readonly to: Twin;
  readonly waiting: { envelope: Uint8Array; wrap: Uint8Array; text: string }[];
}

class Conversation {
  readonly random: keys.Random;
  readonly twins: Twin[];
  readonly links: Link[];
  readonly id: keys.ConversationId;
  readonly log: keys.Hash[] = [];
  opened = 0;
  #head: keys.LogHead;

  constructor(seed: string, devices: number) {
    this.random = seededRandom(seed);
    this.twins = people.slice(0, devices).map(({ device, chain }) => new Twin(device, chain, this.random));
    this.links = this.twins.flatMap((from) =>
      this.twins.filter((to) => to !== from).map((to) => ({ from, to, waiting: [] })),
    );
    const [alice, bob] = people.map(({ device }) => device.me.chain.accountId);
    if (alice === undefined || bob === undefined) throw new Error("a conversation takes two");
    this.id = keys.dmConversationId(alice, bob);
    expect(hex(directConversation(bob, alice))).toBe(hex(this.id));
    this.#head = keys.logStart(this.id, keys.incarnation(new Uint8Array(16)));
  }

  below(limit: number): number {
    const [one = 0, two = 0] = this.random(2);
    return (one * 256 + two) % limit;
  }

  pick<T>(list: readonly T[]): T {
    const picked = list[this.below(list.length)];
    if (picked === undefined) throw new Error("nothing to pick from");
    return picked;
  }

  send(from: Twin, text: string): void {
    const slots = keys.rosterOf(
      this.twins.map(({ device: { me } }) => ({ accountId: me.chain.accountId, devices: [me] })),
    );
    const roster = keys.rosterHash(this.id, 1, slots);
    expect(
      hex(
        rosterHash(
          this.id,
          1,
          slots.map((slot) => [slot.accountId, slot.deviceId]),
        ),
      ),
    ).toBe(hex(roster));
    const { me } = from.device;
    const { envelope, contentKey, envelopeHash } = keys.sealEnvelope({
      header: {
        conversation: this.id,
        messageId: keys.messageId(this.random(16)),
        attempt: 0,
        sender: me.chain.accountId,
        senderDevice: me.deviceId,
        rosterVersion: 1,
        rosterHash: roster,
        expiresAt: 60 * this.below(1000),
      },
      inner: {
        contentType: 1,
        senderSequence: this.log.length + 1,
        previousContent: zeros,
        logSeen: this.#head,
        chainHeads: slots
          .map(({ accountId }) => this.twins.find(({ device }) => device.me.chain.accountId === accountId))
          .flatMap((twin) => (twin === undefined ? [] : [keys.headOf(twin.device.me.chain)])),
        ephemeralKey: keys.ephemeralKey(this.random(32)),
        sentAt: NOW,
        body: Buffer.from(text),
      },
      random: this.random,
    });
    const twinOf = (slot: keys.RosterSlot) =>
      this.twins.find(({ device }) => device.me.chain.accountId === slot.accountId);
    const wraps = slots.map((slot) => {
      const to = twinOf(slot);
      return to === undefined || to === from ? null : from.seal(to, contentKey, envelopeHash, NOW);
    });
    const slices = unpackWraps(keys.packWraps(wraps));
    for (const [at, slot] of slots.entries()) {
      const link = this.links.find((each) => each.from === from && each.to === twinOf(slot));
      const wrap = slices[at];
      if (link !== undefined && wrap != null) link.waiting.push({ envelope, wrap, text });
    }
    this.log.push(envelopeHash);
    this.#head = keys.extendLog(this.#head, keys.messageRowHash(envelopeHash));
  }

  checkLog(): void {
    expect(hex(logHash(this.id, new Uint8Array(16), this.log))).toBe(hex(this.#head.hash));
  }

  /** Message `at` of those on their way; it leaves a gap if others wait before it. */
  deliver({ from, to, waiting }: Link, at: number): void {
    const [message] = waiting.splice(at, 1);
    if (message === undefined) return;
    expect(Buffer.from(to.open(from, message).inner.body).toString()).toBe(message.text);
    this.opened += 1;
  }
}

test("50 random conversations end up alike in both implementations", () => {
  let opened = 0;
  for (let round = 0; round < 50; round += 1) {
    const talk = new Conversation(`conversation ${round}`, 2 + (round % 2));
    for (let turn = 0; turn < 30; turn += 1) {
      const link = talk.pick(talk.links);
      if (talk.below(5) < 2) talk.send(link.from, `message ${turn} ${"x".repeat(talk.below(600))}`);
      else if (talk.below(20) === 0) link.waiting.shift();
      else talk.deliver(link, talk.below(Math.min(4, link.waiting.length || 1)));
    }
    for (const link of talk.links) {
      while (link.waiting.length > 0) talk.deliver(link, talk.below(link.waiting.length));
    }
    talk.checkLog();
    opened += talk.opened;
  }
  expect(opened).toBeGreaterThan(500);
});

test.for([
  { because: "a sixth chain", counts: [1, 300, 2, 1, 301, 1, 2, 200, 1], left: 800, late: 501 },
  { because: "more than 2,000 keys", counts: [1, 1500, 1, 700, 1], left: 2198, late: 2000 },
])("keys are given up alike: $because", ({ counts, left, late }) => {
  const talk = new Conversation("given up", 2);
  const [there, back] = talk.links;
  if (there === undefined || back === undefined) throw new Error("a link each way");
  for (const count of counts) {
    for (let sent = 0; sent < count; sent += 1) talk.send(there.from, `${sent} of ${count}`);
    talk.deliver(there, there.waiting.length - 1);
    talk.send(back.from, "go on");
    talk.deliver(back, 0);
  }
  expect(there.waiting.length).toBe(left);
  let opened = 0;
  for (const message of there.waiting) {
    try {
      there.to.open(there.from, message);
      opened += 1;
    } catch (error) {
      expect(error).toMatchObject({ code: "replayed" });
    }
  }
  expect(opened).toBe(late);
});
