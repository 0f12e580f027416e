import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { refusal } from "../test/support/assertions.ts";
import { equal, fromHex, toHex } from "./bytes.ts";
import {
  ed25519Verify,
  hkdfSha256,
  hmacSha256,
  isMlkem768PublicKey,
  isX25519PublicKey,
  mlkem768Decapsulate,
  mlkem768Keypair,
  ready,
  x25519,
  xchachaOpen,
  xchachaSeal,
} from "./sodium.ts";

beforeAll(ready);

type Fields = Readonly<Record<string, string>>;

interface Case {
  readonly name: string;
  readonly result: "valid" | "acceptable" | "invalid";
  readonly flags: readonly string[];
  readonly size: number;
  /** Hex fields of the case, by name. */
  hex(field: string): Uint8Array;
  has(field: string): boolean;
}

interface Group {
  readonly publicKey?: Fields;
  readonly tagSize?: number;
  readonly tests: readonly (Fields & { tcId: number; flags: string[]; size?: number })[];
}

function cases(file: string): { group: Group; tests: Case[] }[] {
  const text = readFileSync(new URL(`./vectors/wycheproof/${file}_test.json`, import.meta.url), "utf8");
  const { testGroups } = JSON.parse(text) as { testGroups: Group[] };
  return testGroups.map((group) => ({
    group,
    tests: group.tests.map((fields) => ({
      name: `${fields.tcId}`,
      result: fields["result"] as Case["result"],
      flags: fields.flags,
      size: fields.size ?? 0,
      hex: (field) => fromHex(fields[field] ?? ""),
      has: (field) => typeof fields[field] === "string",
    })),
  }));
}

test("X25519: as the file, but non-canonical and small-order public keys are refused", () => {
  const all = cases("x25519").flatMap(({ tests }) => tests);
  expect(all).toHaveLength(518);
  const stricter = { refused: 0, taken: 0 };
  for (const one of all) {
    // The file computes with these, as RFC 7748 does, and marks them "acceptable". SPEC §1.4 does not.
    const odd = one.flags.some((flag) => flag === "NonCanonicalPublic" || flag === "LowOrderPublic");
    expect(isX25519PublicKey(one.hex("public")), one.name).toBe(!odd);
    if (odd) {
      expect(
        refusal(() => x25519(one.hex("private"), one.hex("public"))),
        one.name,
      ).toBe("bad_key");
      stricter.refused += 1;
    } else {
      expect(toHex(x25519(one.hex("private"), one.hex("public"))), one.name).toBe(toHex(one.hex("shared")));
      stricter.taken += 1;
    }
  }
  expect(stricter).toEqual({ refused: 44, taken: 474 });
});

test("Ed25519: every verdict as in the file", () => {
  const groups = cases("ed25519");
  expect(groups.flatMap(({ tests }) => tests)).toHaveLength(151);
  for (const { group, tests } of groups) {
    const publicKey = fromHex(group.publicKey?.["pk"] ?? "");
    for (const one of tests) {
      const verdict = ed25519Verify(one.hex("msg"), one.hex("sig"), publicKey);
      expect(verdict, one.name).toBe(one.result === "valid");
    }
  }
});

describe("ML-KEM-768", () => {
  const all = cases("mlkem_768").flatMap(({ tests }) => tests);
  const wellFormed = all.filter((one) => one.result === "valid");

  test("key generation and decapsulation as in the file", () => {
    expect(wellFormed).toHaveLength(153);
    for (const one of wellFormed) {
      const pair = mlkem768Keypair(one.hex("seed"));
      expect(equal(pair.publicKey, one.hex("ek")), one.name).toBe(true);
      expect(isMlkem768PublicKey(pair.publicKey), one.name).toBe(true);
      expect(toHex(mlkem768Decapsulate(pair.secretKey, one.hex("c"))), one.name).toBe(toHex(one.hex("K")));
    }
  });

  test("seeds and ciphertexts of a wrong length are refused", () => {
    const invalid = all.filter((one) => one.result === "invalid");
    expect(invalid).toHaveLength(40);
    for (const one of invalid) {
      const attempt = () => mlkem768Decapsulate(mlkem768Keypair(one.hex("seed")).secretKey, one.hex("c"));
      expect(refusal(attempt), one.name).toBe("malformed");
    }
  });
});

test("XChaCha20-Poly1305: every verdict as in the file; what is valid is sealed to the same bytes", () => {
  const all = cases("xchacha20_poly1305").flatMap(({ tests }) => tests);
  expect(all).toHaveLength(315);
  for (const one of all) {
    const [key, nonce, aad, message] = [one.hex("key"), one.hex("iv"), one.hex("aad"), one.hex("msg")];
    const sealed = Uint8Array.from([...one.hex("ct"), ...one.hex("tag")]);
    const opened = xchachaOpen(key, nonce, sealed, aad);
    expect(opened === null ? null : toHex(opened), one.name).toBe(
      one.result === "valid" ? toHex(message) : null,
    );
    if (one.result === "valid") expect(toHex(xchachaSeal(key, nonce, message, aad))).toBe(toHex(sealed));
  }
});

test("HMAC-SHA-256: every tag as in the file", () => {
  const groups = cases("hmac_sha256");
  expect(groups.flatMap(({ tests }) => tests)).toHaveLength(174);
  for (const { group, tests } of groups) {
    for (const one of tests) {
      const tag = hmacSha256(one.hex("key"), one.hex("msg")).subarray(0, (group.tagSize ?? 0) / 8);
      expect(equal(tag, one.hex("tag")), one.name).toBe(one.result === "valid");
    }
  }
});

test("HKDF-SHA-256: every output as in the file; above 255 blocks there is none", () => {
  const all = cases("hkdf_sha256").flatMap(({ tests }) => tests);
  expect(all).toHaveLength(86);
  for (const one of all) {
    const run = () => toHex(hkdfSha256(one.hex("ikm"), one.hex("salt"), one.hex("info"), one.size));
    if (one.result === "valid") expect(run(), one.name).toBe(toHex(one.hex("okm")));
    else expect(run, one.name).toThrow(RangeError);
  }
});
