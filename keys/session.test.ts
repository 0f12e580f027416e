import { inspect } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { refusal } from "../test/support/assertions.ts";
import { testDevice } from "../test/support/devices.ts";
import { SessionStore } from "../test/support/session-store.ts";
import { toHex } from "./bytes.ts";
import { contentKey, type Hash, hash } from "./ids.ts";
import { flip, put } from "./make-vectors/damage.ts";
import {
  chooseSession,
  decodeSession,
  encodeSession,
  findSession,
  isConfirmed,
  MAX_ARCHIVED,
  putFirst,
  type SessionState,
  sessionTag,
} from "./session.ts";
import { MAX_CHAINS, MAX_SKIPPED } from "./skipped-keys.ts";
import { ready } from "./sodium.ts";

beforeAll(ready);

const key = contentKey(new Uint8Array(32));
const envelope = hash(new Uint8Array(32));

/** The sessions of a pair after each of the steps they go through. */
function stages(): Record<string, SessionState> {
  const [one, other] = [testDevice("alice"), testDevice("bob")];
  const alice = new SessionStore(one, other);
  const bob = new SessionStore(other, one);
  const first = ({ rows }: SessionStore): SessionState => {
    const session = chooseSession(rows)?.session;
    if (session === undefined) throw new Error("no session");
    return session;
  };
  alice.start();
  const fresh = first(alice);
  const wraps = Array.from({ length: MAX_SKIPPED + 1 }, () => alice.seal(key, envelope));
  bob.open(wraps[MAX_SKIPPED] ?? key, envelope);
  const withSkipped = first(bob);
  alice.open(bob.seal(key, envelope), envelope);
  return { fresh, "with 2,000 skipped keys": withSkipped, sending: first(bob), confirmed: first(alice) };
}

describe("the stored form", () => {
  test("reads back as the same session, at every stage", () => {
    for (const [stage, session] of Object.entries(stages())) {
      const bytes = encodeSession(session);
      expect(decodeSession(bytes), stage).toEqual(session);
      expect(toHex(encodeSession(decodeSession(bytes))), stage).toBe(toHex(bytes));
    }
  });

  test("stays small, however many keys were skipped", () => {
    const { fresh, confirmed, ...others } = stages();
    expect(fresh && encodeSession(fresh).length).toBeLessThan(1600);
    for (const session of Object.values(others)) expect(encodeSession(session).length).toBeLessThan(400);
    expect(confirmed && isConfirmed(confirmed)).toBe(true);
    expect(fresh && isConfirmed(fresh)).toBe(false);
  });

  test("is refused with a byte less, a byte more, or of another version", () => {
    for (const session of Object.values(stages())) {
      const bytes = encodeSession(session);
      for (let length = 0; length < bytes.length; length += 1) {
        expect(refusal(() => decodeSession(bytes.subarray(0, length)))).toBe("malformed");
      }
      expect(refusal(() => decodeSession(new Uint8Array([...bytes, 0])))).toBe("malformed");
      expect(refusal(() => decodeSession(put(bytes, 0, Uint8Array.of(2))))).toBe("unsupported_version");
    }
  });

  test("has one form only: what any changed bit decodes to encodes to those bits again", () => {
    for (const session of Object.values(stages())) {
      const bytes = encodeSession(session);
      for (let bit = 0; bit < bytes.length * 8; bit += 1) {
        const changed = flip(bytes, bit >>> 3, bit & 7);
        const read = { again: "" };
        if (refusal(() => (read.again = toHex(encodeSession(decodeSession(changed))))) === "nothing") {
          expect(read.again).toBe(toHex(changed));
        }
      }
    }
  });

  test("holds nothing that contradicts itself", () => {
    const { sending } = stages();
    if (sending === undefined) throw new Error("no session");
    const { ratchet } = sending;
    const [chain] = ratchet.receiving.chains;
    if (chain === undefined) throw new Error("no chain");
    const withReceiving = (changed: Partial<typeof ratchet.receiving>) =>
      encodeSession({
        ...sending,
        ratchet: { ...ratchet, receiving: { ...ratchet.receiving, ...changed } },
      });
    const numbered = (count: number) =>
      Array.from({ length: count }, (_, at) => ({ ...chain, chain: at + 1 }));
    expect(refusal(() => decodeSession(withReceiving({ chains: numbered(MAX_CHAINS) })))).toBe("malformed");
    const few = numbered(MAX_CHAINS).map((each) => ({ ...each, skipped: 1 }));
    const wrongs = [
      withReceiving({ chains: [...few, { ...chain, chain: 6, skipped: 0 }] }),
      withReceiving({ chains: few.toReversed() }),
      withReceiving({ chains: [{ ...chain, chain: 0 }] }),
      withReceiving({ chains: [{ ...chain, skipped: MAX_SKIPPED + 1 }] }),
      withReceiving({ chains: [] }),
      withReceiving({ chainKey: null }),
    ];
    expect(refusal(() => decodeSession(withReceiving({ chains: few })))).toBe("nothing");
    for (const wrong of wrongs) expect(refusal(() => decodeSession(wrong))).toBe("malformed");
  });
});

test("a session prints none of its secrets", () => {
  const { sending, fresh } = stages();
  for (const { ratchet, ...session } of [sending, fresh].filter((each) => each !== undefined)) {
    const { root } = ratchet;
    const { chainKey, keyPair } = ratchet.sending;
    const printed = `${inspect({ ...session, ratchet }, { depth: 9, maxArrayLength: 99 })} ${JSON.stringify(ratchet)}`;
    for (const secret of [root, chainKey, keyPair?.secretKey, ratchet.receiving.chainKey]) {
      if (!secret) continue;
      expect(printed).not.toContain(Array.from(secret.subarray(0, 6)).join(", "));
      expect(printed).not.toContain(Array.from(secret.subarray(0, 6)).join(","));
      expect(printed).not.toContain(toHex(secret));
    }
    expect(printed).toContain("[secret]");
  }
});

describe("the sessions with one device", () => {
  const named = (byte: number): { id: Hash } => ({ id: hash(new Uint8Array(32).fill(byte)) });
  const [one, two, three] = [named(1), named(2), named(3)];

  test("are sent with from the first", () => {
    expect(chooseSession([two, one])).toBe(two);
    expect(chooseSession([])).toBeNull();
  });

  test("are found by tag", () => {
    expect(findSession([one, two], sessionTag(two.id))).toBe(two);
    expect(findSession([one, two], sessionTag(three.id))).toBeNull();
    expect(findSession([one], new Uint8Array(0))).toBeNull();
  });

  test("move to the front with what they open", () => {
    const next = { ...one };
    expect(putFirst([three, two, one], next)).toEqual({ sessions: [one, three, two], givenUp: [] });
    expect(putFirst([three, two, one], next).sessions[0]).toBe(next);
    expect(putFirst([], one)).toEqual({ sessions: [one], givenUp: [] });
  });

  test("are given up beyond the first and eight more", () => {
    const many = Array.from({ length: MAX_ARCHIVED + 1 }, (_, at) => named(10 + at));
    const { sessions, givenUp } = putFirst(many, one);
    expect(sessions).toHaveLength(9);
    expect(givenUp).toEqual([named(10 + MAX_ARCHIVED)]);
  });
});
