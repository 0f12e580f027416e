import { inspect } from "node:util";
import { mnemonicToEntropy } from "@scure/bip39";
import { wordlist } from "@scure/bip39/wordlists/english.js";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { refusal } from "../test/support/assertions.ts";
import { createAccountKey } from "./account-signing.ts";
import { equal, toHex } from "./bytes.ts";
import { KeysError } from "./errors.ts";
import { flip } from "./make-vectors/damage.ts";
import { person } from "./make-vectors/people.ts";
import { seededRandom } from "./make-vectors/seeded-random.ts";
import {
  createRecovery,
  openAccountKey,
  readRecoveryWords,
  recoveryKeyPair,
  sealAccountKey,
} from "./recovery.ts";
import { ready } from "./sodium.ts";

beforeAll(ready);

function problem(text: string): unknown {
  try {
    readRecoveryWords(text);
  } catch (error) {
    if (error instanceof KeysError) return { code: error.code, ...(error.evidence as object) };
    throw error;
  }
  return null;
}

describe("words", () => {
  const { words, secret } = createRecovery(seededRandom("recovery test"));
  const typed = words.join(" ");

  test("are 24 of BIP 39's list and carry 256 bits", () => {
    expect(words).toHaveLength(24);
    expect(words.every((word) => wordlist.includes(word))).toBe(true);
    expect(toHex(mnemonicToEntropy(typed, wordlist))).toBe(toHex(secret));
  });

  test("are read back however they are spaced and cased", () => {
    const gap = fc.constantFrom(" ", "  ", "\t", "\n", "\r\n", "\u00a0", " \n ");
    fc.assert(
      fc.property(
        fc.array(gap, { minLength: 25, maxLength: 25 }),
        fc.array(fc.boolean()),
        (gaps, capitals) => {
          const cased = words.map((word, index) => (capitals[index] === true ? word.toUpperCase() : word));
          const text = cased.map((word, index) => `${gaps[index]}${word}`).join("") + gaps[24];
          expect(equal(readRecoveryWords(text), secret)).toBe(true);
        },
      ),
    );
  });

  test("whatever the secret, it comes back", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        const made = createRecovery(() => bytes);
        expect(equal(readRecoveryWords(made.words.join(" ")), bytes)).toBe(true);
      }),
    );
  });

  test("one that is not on the list is named, with its place", () => {
    const wrong = words.with(6, "lighthose").join(" ");
    expect(problem(wrong)).toEqual({ code: "bad_words", problem: "unknown", position: 7, word: "lighthose" });
  });

  test("a typed word does not get into the error's message", () => {
    const wrong = words.with(6, "lighthose").join(" ");
    expect(() => readRecoveryWords(wrong)).toThrow(/^word 7 is not on the list$/);
  });

  test("too few or too many are counted", () => {
    expect(problem(words.slice(0, 12).join(" "))).toEqual({ code: "bad_words", problem: "count", count: 12 });
    expect(problem(`${typed} ${words[0]}`)).toEqual({ code: "bad_words", problem: "count", count: 25 });
    expect(problem("")).toEqual({ code: "bad_words", problem: "count", count: 0 });
  });

  test("that do not belong together fail the checksum", () => {
    const swapped = [words[1], words[0], ...words.slice(2)].join(" ");
    expect(problem(swapped)).toEqual({ code: "bad_words", problem: "checksum" });
  });

  test("the secret behind them does not print", () => {
    expect(inspect(readRecoveryWords(typed))).toBe("[secret]");
  });
});

describe("the sealed account key", () => {
  const random = seededRandom("sealing");

  test("opens with the words, and gives the key that genesis names", () => {
    const alice = person("alice");
    const sealed = sealAccountKey(alice.recovery.secret, alice.accountKey, random);
    const secret = readRecoveryWords(alice.recovery.words.join(" "));
    const opened = openAccountKey(secret, sealed, alice.chain.accountKey);
    expect(equal(opened.secretKey, alice.accountKey.secretKey)).toBe(true);
    expect(equal(recoveryKeyPair(secret).publicKey, alice.chain.recoveryKey)).toBe(true);
  });

  test("is 72 bytes, and another 72 each time", () => {
    const accountKey = createAccountKey(random);
    const { secret } = createRecovery(random);
    const [one, other] = [
      sealAccountKey(secret, accountKey, random),
      sealAccountKey(secret, accountKey, random),
    ];
    expect(one).toHaveLength(72);
    expect(equal(one, other)).toBe(false);
  });

  test("every single bit counts", () => {
    const { recovery, accountKey } = person("alice");
    const sealed = sealAccountKey(recovery.secret, accountKey, random);
    for (let at = 0; at < sealed.length; at += 1) {
      for (let bit = 0; bit < 8; bit += 1) {
        const open = () => openAccountKey(recovery.secret, flip(sealed, at, bit), accountKey.publicKey);
        expect(refusal(open)).toBe("decrypt_failed");
      }
    }
  });

  test("does not open with other words or for another account", () => {
    const [alice, bob] = [person("alice"), person("bob")];
    const sealed = sealAccountKey(alice.recovery.secret, alice.accountKey, random);
    const open = (words: typeof alice, account: typeof alice) =>
      refusal(() => openAccountKey(words.recovery.secret, sealed, account.accountKey.publicKey));
    expect([open(alice, alice), open(bob, alice), open(alice, bob)]).toEqual([
      "nothing",
      "decrypt_failed",
      "decrypt_failed",
    ]);
  });
});
