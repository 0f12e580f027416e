import { concat, toHex } from "../bytes.ts";
import type { KeysErrorCode } from "../errors.ts";
import { derive, frame } from "../labelled.ts";
import { labels } from "../labels.ts";
import { sealAccountKey } from "../recovery.ts";
import { xchachaSeal } from "../sodium.ts";
import { flip } from "./damage.ts";
import { person } from "./people.ts";
import { seededRandom } from "./seeded-random.ts";
import type { Cases } from "./vector.ts";

export function recoveryCases(): Cases {
  const alice = person("alice");
  const bob = person("bob");
  const list = alice.recovery.words;
  const words = list.join(" ");
  const nonce = seededRandom("sealed account key");
  const sealed = sealAccountKey(alice.recovery.secret, alice.accountKey, nonce);
  const read = (expect: "ok" | KeysErrorCode, about: string, text: string) => ({
    about,
    operation: "read recovery words",
    input: { words: text },
    expect,
  });
  const open = (
    expect: "ok" | KeysErrorCode,
    about: string,
    bytes: Uint8Array,
    { typed = words, accountKey = alice.accountKey.publicKey } = {},
  ) => ({
    about,
    operation: "open account key",
    input: { words: typed, sealed: toHex(bytes), accountKey: toHex(accountKey) },
    expect,
  });

  function seedOfAnotherKey(): Uint8Array {
    const key = derive(labels.recoverySeal, alice.recovery.secret, new Uint8Array(32), new Uint8Array(0), 32);
    const aad = frame(labels.sealedAccountKey, alice.accountKey.publicKey);
    const at = new Uint8Array(24);
    return concat(at, xchachaSeal(key, at, bob.accountKey.secretKey.subarray(0, 32), aad));
  }

  return {
    "words-as-shown": read("ok", "the words as they were shown", words),
    "words-untidy": read(
      "ok",
      "capitals, tabs, line ends and double spaces",
      `\n  ${list.join("\t \r\n").toUpperCase()} `,
    ),
    "words-23": read("bad_words", "a word is missing", list.slice(1).join(" ")),
    "words-25": read("bad_words", "a word too many", `${words} ${list[0]}`),
    "words-none": read("bad_words", "no words", " \n"),
    "words-unknown": read(
      "bad_words",
      "a word that is not on the list",
      words.replace(list[6] ?? "", "lighthouse"),
    ),
    "words-swapped": read(
      "bad_words",
      "two words in the wrong order",
      [list[1], list[0], ...list.slice(2)].join(" "),
    ),

    "account-key-opens": open("ok", "the seed of the account key", sealed),
    "account-key-other-words": open("decrypt_failed", "the words of another account", sealed, {
      typed: bob.recovery.words.join(" "),
    }),
    "account-key-other-account": open("decrypt_failed", "the account key of another account", sealed, {
      accountKey: bob.accountKey.publicKey,
    }),
    "account-key-bit": open("decrypt_failed", "a bit of the sealed seed", flip(sealed, 30)),
    "account-key-other-seed": open("decrypt_failed", "the seed of another key inside", seedOfAnotherKey()),
    "account-key-truncated": open("malformed", "the last byte is missing", sealed.subarray(0, -1)),
    "account-key-trailing-byte": open("malformed", "a byte follows", concat(sealed, Uint8Array.of(0))),
  };
}
