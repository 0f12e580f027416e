import { readFileSync } from "node:fs";
import { beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { refusal } from "../test/support/assertions.ts";
import { asSecret, fromHex, type Random, toHex, utf8 } from "./bytes.ts";
import { hmac } from "./hmac.ts";
import { agreementPublicKey } from "./ids.ts";
import { seededRandom } from "./make-vectors/seeded-random.ts";
import {
  chainStep,
  cipherKey,
  MAX_JUMP,
  type RatchetHeader,
  type RatchetState,
  receiveStep,
  rootStep,
  type SendStep,
  sendStep,
  startAsInitiator,
  startAsResponder,
} from "./ratchet.ts";
import { MAX_CHAINS, MAX_SKIPPED, type SkippedKey } from "./skipped-keys.ts";
import { ready, x25519, x25519Keypair } from "./sodium.ts";

vi.mock(import("./hmac.ts"), async (original) => {
  const real = await original();
  return { ...real, hmac: vi.fn(real.hmac) };
});

beforeAll(ready);

const published = JSON.parse(
  readFileSync(new URL("vectors/x3dh-ratchet-start.json", import.meta.url), "utf8"),
);

describe("the published values of the Signal protocol come out", () => {
  test("of the first DH step", () => {
    const agreed = x25519(fromHex(published.private.ratchet_a), fromHex(published.public.spk_b));
    const step = rootStep(fromHex(published.expect.root_b), agreed, utf8(published.labels.root));
    expect(toHex(step.root)).toBe(published.expect.root_a);
    expect(toHex(step.chainKey)).toBe(published.chain_key_step.chain_key);
  });

  test("of a message key and its expansion", () => {
    const { chain_key, cipher_key, iv } = published.chain_key_step;
    const { messageKey } = chainStep(fromHex(chain_key));
    const expanded = toHex(cipherKey(messageKey, utf8(published.labels.message), 80));
    expect(expanded.slice(0, 64)).toBe(cipher_key);
    expect(expanded.slice(128)).toBe(iv);
  });
});

const random = seededRandom("ratchet");
const signedPrekey = () => x25519Keypair(random(32));
const nothingKept = () => null;
const noRandom: Random = () => {
  throw new Error("asked for randomness");
};

let alice: RatchetState;
let bob: RatchetState;
/** What Bob keeps of the messages that he skipped. */
let kept: SkippedKey[];

beforeEach(() => {
  const shared = asSecret(random(32));
  const prekey = signedPrekey();
  alice = startAsInitiator(shared, prekey.publicKey, random);
  bob = startAsResponder(shared, prekey);
  kept = [];
});

function aliceSends(): SendStep {
  const step = sendStep(alice, random);
  alice = step.state;
  return step;
}

function aliceSendsMany(count: number): SendStep[] {
  return Array.from({ length: count }, aliceSends);
}

/** Fails unless Bob gets the very key that Alice used. */
function bobReceives({ header, messageKey }: Pick<SendStep, "header" | "messageKey">): void {
  const step = receiveStep(bob, header, findKept);
  expect(toHex(step.messageKey)).toBe(toHex(messageKey));
  const { used, dropOldest, added } = step.skipped;
  kept = kept.filter(({ chain, n }) => used === null || chain !== used.chain || n !== used.n);
  kept = [...kept.slice(dropOldest), ...added];
  bob = step.state;
}

function findKept(chain: number, n: number): Uint8Array | null {
  return kept.find((each) => each.chain === chain && each.n === n)?.key ?? null;
}

function bobAnswers(): void {
  const step = sendStep(bob, random);
  bob = step.state;
  const received = receiveStep(alice, step.header, nothingKept);
  expect(toHex(received.messageKey)).toBe(toHex(step.messageKey));
  alice = received.state;
}

/** Why Bob refuses a header; his state is the same object before and after. */
function bobRefuses(header: RatchetHeader): string {
  return refusal(() => receiveStep(bob, header, findKept));
}

function otherKey(): RatchetHeader["ratchetKey"] {
  return x25519Keypair(random(32)).publicKey;
}

test("each turn begins a chain with a new ratchet key", () => {
  const keys = new Set<string>();
  for (let turn = 1; turn <= 6; turn += 1) {
    const sent = aliceSends();
    expect(sent.header).toMatchObject({ chain: turn, n: 0, previousLength: turn === 1 ? 0 : 2 });
    keys.add(toHex(sent.header.ratchetKey));
    bobReceives(sent);
    bobReceives(aliceSends());
    bobAnswers();
  }
  expect(keys.size).toBe(6);
});

test("within a chain no randomness is asked for", () => {
  expect(() => sendStep(alice, noRandom)).not.toThrow();
});

test("a ratchet secret is dropped with the answer to it, and the next one made when it is needed", () => {
  bobReceives(aliceSends());
  expect(bob.sending).toMatchObject({ keyPair: null, chainKey: null });
  expect(() => sendStep(bob, noRandom)).toThrow("randomness");
  bobAnswers();
  expect(bob.sending.keyPair).not.toBeNull();
  expect(alice.sending).toMatchObject({ keyPair: null, chainKey: null });
});

test("a responder who has opened nothing cannot send", () => {
  expect(refusal(() => sendStep(bob, random))).toBe("too_far");
});

test("a chain ends before its numbers do", () => {
  const ending = { ...alice, sending: { ...alice.sending, n: 0xffff_ffff } };
  expect(refusal(() => sendStep(ending, random))).toBe("too_far");
});

describe("a header that contradicts what was opened before is refused", () => {
  test("with another ratchet key in the current chain", () => {
    bobReceives(aliceSends());
    expect(bobRefuses({ ...aliceSends().header, ratchetKey: otherKey() })).toBe("decrypt_failed");
  });

  test("with another ratchet key in an older chain", () => {
    const [late, first] = [aliceSends(), aliceSends()];
    bobReceives(first);
    bobAnswers();
    bobReceives(aliceSends());
    expect(bobRefuses({ ...late.header, ratchetKey: otherKey() })).toBe("decrypt_failed");
    bobReceives(late);
  });

  test("with the same ratchet key in the next chain", () => {
    bobReceives(aliceSends());
    bobAnswers();
    const { header } = aliceSends();
    const { ratchetKey } = bob.receiving.chains[0] ?? header;
    expect(bobRefuses({ ...header, ratchetKey })).toBe("decrypt_failed");
  });

  test("with a next chain before there was an answer to the last one", () => {
    bobReceives(aliceSends());
    const { header } = aliceSends();
    const next = { ...header, chain: 2, n: 0, previousLength: 2, ratchetKey: otherKey() };
    expect(bobRefuses(next)).toBe("decrypt_failed");
  });

  test("with a previous chain shorter than what was received of it", () => {
    for (const sent of aliceSendsMany(3)) bobReceives(sent);
    bobAnswers();
    const sent = aliceSends();
    expect(bobRefuses({ ...sent.header, previousLength: 2 })).toBe("decrypt_failed");
    bobReceives(sent);
  });

  test("with a chain before the first", () => {
    const { header } = aliceSends();
    expect(bobRefuses({ ...header, previousLength: 1 })).toBe("decrypt_failed");
    expect(bobRefuses({ ...header, chain: 0 })).toBe("replayed");
  });

  test("with a chain jumped over", () => {
    const { header } = aliceSends();
    expect(bobRefuses({ ...header, chain: 2 })).toBe("too_far");
    expect(bobRefuses({ ...header, chain: 0xffff_ffff })).toBe("too_far");
  });
});

test.each([
  ["bit 255 set", (key: Uint8Array) => key.with(31, (key[31] ?? 0) | 0x80)],
  ["all zeros", () => new Uint8Array(32)],
  ["one", () => new Uint8Array(32).fill(1, 0, 1)],
  ["a point of order 8", () => fromHex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800")],
  ["p, which is 0 again", () => fromHex(`ed${"ff".repeat(30)}7f`)],
  ["all ones", () => new Uint8Array(32).fill(0xff)],
])("a ratchet key is refused: %s", (_, change) => {
  const { header } = aliceSends();
  const ratchetKey = agreementPublicKey(new Uint8Array(change(header.ratchetKey)));
  expect(bobRefuses({ ...header, ratchetKey })).toBe("bad_key");
});

describe("a jump", () => {
  test("of the limit is made, one further is refused", () => {
    const sent = aliceSendsMany(MAX_JUMP + 2);
    const tooFar = sent.at(-1);
    const farthest = sent.at(-2);
    expect(tooFar && bobRefuses(tooFar.header)).toBe("too_far");
    if (farthest) bobReceives(farthest);
    if (tooFar) bobReceives(tooFar);
    expect(kept).toHaveLength(MAX_JUMP);
  });

  test("over the end of a chain is held to the same limit", () => {
    bobReceives(aliceSends());
    bobAnswers();
    const { header } = aliceSends();
    expect(bobRefuses({ ...header, previousLength: MAX_JUMP + 2 })).toBe("too_far");
    expect(bobRefuses({ ...header, previousLength: 0xffff_ffff })).toBe("too_far");
    expect(bobRefuses({ ...header, n: 0xffff_ffff })).toBe("too_far");
  });

  test("costs a bounded number of steps, whatever the header says", () => {
    bobReceives(aliceSends());
    bobAnswers();
    const { header } = aliceSends();
    vi.mocked(hmac).mockClear();
    receiveStep(bob, { ...header, previousLength: MAX_JUMP + 1, n: MAX_JUMP }, nothingKept);
    expect(vi.mocked(hmac).mock.calls.length).toBe(2 * (2 * MAX_JUMP + 1));
    vi.mocked(hmac).mockClear();
    expect(bobRefuses({ ...header, n: MAX_JUMP + 1 })).toBe("too_far");
    expect(bobRefuses({ ...header, chain: 1, n: MAX_JUMP + 2 })).toBe("decrypt_failed");
    expect(vi.mocked(hmac)).not.toHaveBeenCalled();
  });
});

describe("skipped keys", () => {
  test("open what came late, once", () => {
    const sent = aliceSendsMany(4);
    for (const step of sent.toReversed()) bobReceives(step);
    expect(kept).toEqual([]);
    for (const step of sent) expect(bobRefuses(step.header)).toBe("replayed");
  });

  test("are given up oldest first beyond their limit", () => {
    const first = aliceSendsMany(1501);
    bobReceives(first[1500] ?? aliceSends());
    bobAnswers();
    const second = aliceSendsMany(801);
    bobReceives(second[800] ?? aliceSends());
    expect(kept).toHaveLength(MAX_SKIPPED);
    for (const step of [first[0], first[299]]) expect(step && bobRefuses(step.header)).toBe("replayed");
    for (const step of [first[300], first[1499], second[0], second[799]]) if (step) bobReceives(step);
    expect(kept).toHaveLength(MAX_SKIPPED - 4);
  });

  test("of one message that jumps twice are held to the limit at once", () => {
    bobReceives(aliceSends());
    bobAnswers();
    const first = aliceSendsMany(MAX_JUMP);
    // Bob's answer comes while Alice's chain is under way.
    expect(first).toHaveLength(MAX_JUMP);
    bobReceives(first[0] ?? aliceSends());
    bobAnswers();
    const second = aliceSendsMany(MAX_JUMP + 1);
    bobReceives(second.at(-1) ?? aliceSends());
    expect(kept).toHaveLength(MAX_SKIPPED);
    expect(kept.every(({ chain }) => chain === 3)).toBe(true);
    expect(bob.receiving.chains).toHaveLength(1);
  });

  test("of more chains than are remembered go with the oldest chain", () => {
    const late = Array.from({ length: MAX_CHAINS + 1 }, () => {
      const [missing, got] = [aliceSends(), aliceSends()];
      bobReceives(got);
      bobAnswers();
      return missing;
    });
    expect(bob.receiving.chains).toHaveLength(MAX_CHAINS);
    expect(kept).toHaveLength(MAX_CHAINS);
    const [oldest, ...others] = late;
    expect(oldest && bobRefuses(oldest.header)).toBe("replayed");
    for (const step of others.toReversed()) bobReceives(step);
    expect(bob.receiving.chains).toHaveLength(1);
  });

  test("that the caller has lost are as good as used", () => {
    const [late, got] = [aliceSends(), aliceSends()];
    bobReceives(got);
    kept = [];
    expect(bobRefuses(late.header)).toBe("replayed");
  });

  test("are not looked up for a chain that has none", () => {
    const sent = aliceSends();
    bobReceives(sent);
    const lookup = vi.fn(() => null);
    expect(refusal(() => receiveStep(bob, sent.header, lookup))).toBe("replayed");
    expect(lookup).not.toHaveBeenCalled();
  });
});
