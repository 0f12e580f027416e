import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { refusal } from "../test/support/assertions.ts";
import { type TestDevice, testDevice } from "../test/support/devices.ts";
import { SessionStore } from "../test/support/session-store.ts";
import { toHex } from "./bytes.ts";
import { agreementPublicKey, type ContentKey, contentKey, type Hash, hash } from "./ids.ts";
import { flip, put, smallOrderPoint, withBit255 } from "./make-vectors/damage.ts";
import { seededRandom } from "./make-vectors/seeded-random.ts";
import { ready } from "./sodium.ts";
import { compareWraps, openWrap, readWrapHeader, SET_UP_WRAP_BYTES, WRAP_BYTES } from "./wrap.ts";

beforeAll(ready);

const random = seededRandom("wraps");
const key: ContentKey = contentKey(random(32));
const envelope: Hash = hash(random(32));
const RATCHET_KEY_AT = 1 + 8;
const CHAIN_AT = RATCHET_KEY_AT + 32;

let devices: Record<"alice" | "bob" | "carol", TestDevice>;
let alice: SessionStore;
let bob: SessionStore;

beforeAll(() => {
  devices = { alice: testDevice("alice"), bob: testDevice("bob"), carol: testDevice("carol") };
});

beforeEach(() => {
  alice = new SessionStore(devices.alice, devices.bob);
  bob = new SessionStore(devices.bob, devices.alice);
  alice.start("oneTime");
});

/** Both have opened something of the other: wraps are without a set-up header. */
function confirm(): void {
  bob.open(alice.seal(key, envelope), envelope);
  alice.open(bob.seal(key, envelope), envelope);
}

function opens(store: SessionStore, wrap: Uint8Array): void {
  expect(toHex(store.open(wrap, envelope))).toBe(toHex(key));
}

/** What a store says to a wrap that must not open; what it stores is the same before and after. */
function refused(store: SessionStore, wrap: Uint8Array, under = envelope): string {
  const before = store.snapshot();
  const code = refusal(() => store.open(wrap, under));
  if (store.snapshot() !== before) throw new Error("a refused wrap changed what is stored");
  return code;
}

function everyBitOf(bytes: Uint8Array): Uint8Array[] {
  return Array.from({ length: bytes.length * 8 }, (_, bit) => flip(bytes, bit >>> 3, bit & 7));
}

/** Flips every bit of a wrap and of the envelope hash; then the wrap itself must still open. */
function withstandsEveryFlip(store: SessionStore, wrap: Uint8Array): Set<string> {
  const codes = new Set<string>();
  for (const damaged of everyBitOf(wrap)) codes.add(refused(store, damaged));
  for (const other of everyBitOf(envelope)) codes.add(refused(store, wrap, hash(other)));
  opens(store, wrap);
  return codes;
}

describe("a wrap", () => {
  test("is 125 bytes, and 1,334 until the peer has answered", () => {
    const first = alice.seal(key, envelope);
    expect([first.length, SET_UP_WRAP_BYTES]).toEqual([1334, 1334]);
    opens(bob, first);
    expect(alice.seal(key, envelope)).toHaveLength(SET_UP_WRAP_BYTES);
    const answer = bob.seal(key, envelope);
    expect([answer.length, WRAP_BYTES]).toEqual([125, 125]);
    opens(alice, answer);
    expect(alice.seal(key, envelope)).toHaveLength(WRAP_BYTES);
  });

  test("has a new nonce even where an old state seals again", () => {
    alice.seal(key, envelope);
    const before = alice.rows;
    const nonce = (wrap: Uint8Array) => toHex(wrap.subarray(-72, -48));
    const first = alice.seal(key, envelope);
    alice.rows = before;
    const again = alice.seal(key, envelope);
    expect(readWrapHeader(again)).toEqual(readWrapHeader(first));
    expect(nonce(again)).not.toBe(nonce(first));
  });

  test("of another size or kind, or of chain 0, is refused before any crypto", () => {
    const withSetUp = alice.seal(key, envelope);
    confirm();
    const plain = alice.seal(key, envelope);
    const wrongs = [
      new Uint8Array(0),
      plain.subarray(0, -1),
      new Uint8Array([...plain, 0]),
      withSetUp.subarray(0, -1),
      new Uint8Array([...withSetUp, 0]),
      ...[0, 2, 3, 255].map((kind) => put(plain, 0, Uint8Array.of(kind))),
      ...[0, 1, 3].map((kind) => put(withSetUp, 0, Uint8Array.of(kind))),
      put(plain, CHAIN_AT, new Uint8Array(4)),
    ];
    for (const wrong of wrongs) {
      expect(refusal(() => readWrapHeader(wrong))).toBe("malformed");
      expect(refused(bob, wrong)).toBe("malformed");
    }
  });

  test("is ordered by session, chain and number", () => {
    const headers = [alice.seal(key, envelope), alice.seal(key, envelope)].map(readWrapHeader);
    const [first, second] = headers;
    if (first === undefined || second === undefined) throw new Error("no headers");
    const later = { ...first, chain: 2 };
    const other = { ...second, tag: new Uint8Array(8) };
    expect([later, second, other, first].sort(compareWraps)).toEqual([other, first, second, later]);
  });
});

describe("one flipped bit, wherever it is, is refused and the session survives", () => {
  test("in the first wrap of a session", () => {
    const codes = withstandsEveryFlip(bob, alice.seal(key, envelope));
    expect([...codes].sort()).toEqual([
      "bad_key",
      "decrypt_failed",
      "malformed",
      "prekey_unknown",
      "too_far",
    ]);
  });

  test("in a later wrap that repeats the set-up header", () => {
    opens(bob, alice.seal(key, envelope));
    withstandsEveryFlip(bob, alice.seal(key, envelope));
  });

  test("in the first wrap of the answer", () => {
    opens(bob, alice.seal(key, envelope));
    withstandsEveryFlip(alice, bob.seal(key, envelope));
  });

  test("in a wrap of a new chain, and in the next of that chain", () => {
    confirm();
    withstandsEveryFlip(bob, alice.seal(key, envelope));
    withstandsEveryFlip(bob, alice.seal(key, envelope));
  });

  test("in a wrap that comes late", () => {
    confirm();
    const late = alice.seal(key, envelope);
    opens(bob, alice.seal(key, envelope));
    withstandsEveryFlip(bob, late);
  });
});

describe("a wrap opens in one place only", () => {
  test("and only once", () => {
    const first = alice.seal(key, envelope);
    opens(bob, first);
    expect(refused(bob, first)).toBe("replayed");
    confirm();
    const later = alice.seal(key, envelope);
    opens(bob, later);
    expect(refused(bob, later)).toBe("replayed");
    expect(refused(bob, first)).toBe("replayed");
  });

  test("not at another device, not even one that stole the session", () => {
    const carol = new SessionStore(devices.carol, devices.alice);
    expect(refused(carol, alice.seal(key, envelope))).toBe("decrypt_failed");
    confirm();
    const { chain, deviceId } = devices.carol.peer;
    const me = { accountId: chain.accountId, deviceId };
    carol.rows = bob.rows.map((row) => ({ ...row, session: { ...row.session, me } }));
    expect(refused(carol, alice.seal(key, envelope))).toBe("decrypt_failed");
  });

  test("not as somebody else's", () => {
    const fromCarol = new SessionStore(devices.bob, devices.carol);
    expect(refused(fromCarol, alice.seal(key, envelope))).toBe("decrypt_failed");
  });

  test("not back at its sender", () => {
    const first = alice.seal(key, envelope);
    expect(refused(alice, first)).toBe("decrypt_failed");
    const apart = new SessionStore(devices.alice, devices.bob);
    expect(refused(apart, first)).toBe("decrypt_failed");
    confirm();
    for (const store of [alice, bob]) {
      const wrap = store.seal(key, envelope);
      expect(["decrypt_failed", "replayed"]).toContain(refused(store, wrap));
    }
  });

  test("not under another envelope", () => {
    expect(refused(bob, alice.seal(key, envelope), hash(random(32)))).toBe("decrypt_failed");
  });

  test("not in a session that it does not name, whatever else it says", () => {
    const wrap = alice.seal(key, envelope);
    opens(bob, wrap);
    const session = bob.rows[0]?.session;
    if (session === undefined) throw new Error("no session");
    const openIn = (other: Uint8Array) => refusal(() => openWrap(session, other, envelope, () => null));
    const tagAt = SET_UP_WRAP_BYTES - WRAP_BYTES + 1;
    expect([openIn(wrap), openIn(flip(wrap, tagAt))]).toEqual(["replayed", "decrypt_failed"]);
  });

  test("not in another session of the same two", () => {
    const inFirst = alice.seal(key, envelope);
    alice.start();
    opens(bob, alice.seal(key, envelope));
    const tag = bob.rows[0]?.id.subarray(0, 8) ?? new Uint8Array(8);
    const at = SET_UP_WRAP_BYTES - WRAP_BYTES + 1;
    expect(refused(bob, put(inFirst, at, tag))).toBe("decrypt_failed");
  });
});

describe("a header's ratchet key is refused", () => {
  test.each([
    ["with bit 255 set", (of: Uint8Array) => withBit255(of)],
    ["of small order", () => smallOrderPoint],
    ["of zeros", () => new Uint8Array(32)],
    ["above p", () => new Uint8Array(32).fill(0xff).with(31, 0x7f)],
  ])("%s", (_, change) => {
    confirm();
    const wrap = alice.seal(key, envelope);
    const changed = agreementPublicKey(Uint8Array.from(change(readWrapHeader(wrap).ratchetKey)));
    expect(refused(bob, put(wrap, RATCHET_KEY_AT, changed))).toBe("bad_key");
    opens(bob, wrap);
  });
});

test("a wrap without set-up header in an unknown session is refused", () => {
  confirm();
  const wrap = alice.seal(key, envelope);
  bob.rows = [];
  expect(refused(bob, wrap)).toBe("decrypt_failed");
});
