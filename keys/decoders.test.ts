import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { refusal } from "../test/support/assertions.ts";
import { verifyChain } from "./account-chain.ts";
import { readBody, readEntry } from "./account-entry.ts";
import { concat, fromHex } from "./bytes.ts";
import { openEnvelope } from "./envelope.ts";
import { readEnvelopeHeader } from "./envelope-header.ts";
import { openEphemeral } from "./ephemeral.ts";
import { readEphemeralHeader } from "./ephemeral-header.ts";
import { accountId, contentKey, deviceId, ephemeralKey, signingPublicKey } from "./ids.ts";
import { decodeInner } from "./inner.ts";
import { runVector } from "./make-vectors/run-vector.ts";
import type { Json, Vector } from "./make-vectors/vector.ts";
import { readMembershipEntry } from "./membership-entry.ts";
import { decodeMembership, decodeStoredMembership } from "./membership-state.ts";
import { unpackWraps } from "./packed-wraps.ts";
import { unpad } from "./padding.ts";
import { verifyPrekey } from "./prekeys.ts";
import { openAccountKey, readRecoveryWords } from "./recovery.ts";
import { decodeSession } from "./session.ts";
import { ready } from "./sodium.ts";
import { readWrapHeader } from "./wrap.ts";

beforeAll(ready);

const zeros = (length: number) => new Uint8Array(length);
const owner = {
  accountId: accountId(zeros(32)),
  deviceId: deviceId(zeros(16)),
  signingKey: signingPublicKey(zeros(32)),
};

const decoders: Readonly<Record<string, (bytes: Uint8Array) => unknown>> = {
  decodeInner,
  decodeMembership,
  decodeSession,
  decodeStoredMembership,
  openAccountKey: (bytes) => openAccountKey(zeros(32) as never, bytes, owner.signingKey),
  openEnvelope: (bytes) => openEnvelope(bytes, contentKey(zeros(32))),
  openEphemeral: (bytes) => openEphemeral(bytes, ephemeralKey(zeros(32))),
  readBody,
  readEntry,
  readEnvelopeHeader,
  readEphemeralHeader,
  readMembershipEntry,
  readRecoveryWords: (bytes) => readRecoveryWords(Buffer.from(bytes).toString("utf8")),
  readWrapHeader,
  unpackWraps,
  unpad,
  verifyChain: (bytes) => verifyChain([bytes]),
  verifyPrekey: (bytes) => verifyPrekey(bytes, owner),
};

describe("random bytes are read or refused with a code, never with another error", () => {
  // Random bytes alone end at the version; so most start as something known does.
  const prefix = fc.constantFrom(
    [],
    [1],
    [0, 0, 0, 1, 1],
    [0, 0, 0, 90, 1, 1],
    [0, 0, 0, 94, 1],
    [0, 1, 0, 0, 0, 0],
  );
  const bytes = fc
    .tuple(prefix, fc.uint8Array({ maxLength: 700, size: "max" }))
    .map(([start, rest]) => concat(Uint8Array.from(start), rest));

  test.each(Object.entries(decoders))("%s", (_, decoder) => {
    fc.assert(
      fc.property(bytes, (input) => {
        // `refusal` passes on whatever is not a KeysError.
        expect(refusal(() => decoder(input))).toBeTypeOf("string");
      }),
      { numRuns: 300 },
    );
  });
});

describe("a frozen vector with some bytes changed gives a code or an outcome, never another error", () => {
  const folder = new URL("./vectors/sotto/", import.meta.url);
  const vectors = readdirSync(folder).map(
    (file) => JSON.parse(readFileSync(new URL(file, folder), "utf8")) as Vector,
  );
  const good = vectors.filter(({ expect: expected }) => expected === "ok");
  const byOperation = Map.groupBy(good, ({ operation }) => operation);

  const change = fc.tuple(fc.nat(), fc.nat(2), fc.uint8Array({ minLength: 1, maxLength: 5 }));

  /** Replaces, cuts out or inserts bytes in one of the fields that hold hex. */
  function damaged(input: Vector["input"], pick: number, [place, how, what]: [number, number, Uint8Array]) {
    // `random` is our own dice, not something that anybody sends.
    const fields = Object.entries(input).filter(
      ([name, value]) => name !== "random" && (typeof value === "string" || Array.isArray(value)),
    );
    const [name, value] = fields[pick % fields.length] ?? ["", ""];
    const spoil = (hex: Json): Json => {
      if (typeof hex !== "string" || !/^(?:[0-9a-f]{2})+$/.test(hex)) return hex;
      const bytes = fromHex(hex);
      const at = place % bytes.length;
      const skip = how === 2 ? 0 : what.length;
      const middle = how === 1 ? zeros(0) : what;
      return Buffer.concat([bytes.subarray(0, at), middle, bytes.subarray(at + skip)]).toString("hex");
    };
    const list: readonly Json[] = Array.isArray(value) ? value : [];
    const spoilt = Array.isArray(value)
      ? list.map((hex, at) => (at === place % list.length ? spoil(hex) : hex))
      : spoil(value);
    return { ...input, [name]: spoilt };
  }

  test.each([...byOperation])("%s", (operation, cases) => {
    fc.assert(
      fc.property(fc.constantFrom(...cases), fc.nat(), change, ({ input }, pick, how) => {
        expect(runVector({ operation, input: damaged(input, pick, how) }).expect).toBeTypeOf("string");
      }),
      { numRuns: 150 },
    );
  });
});
