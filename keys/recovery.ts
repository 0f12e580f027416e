// The 24 recovery words and what they open, SPEC §10.
import { entropyToMnemonic, mnemonicToEntropy } from "@scure/bip39";
import { wordlist } from "@scure/bip39/wordlists/english.js";
import { asSecret, concat, equal, type Random, type SecretBytes } from "./bytes.ts";
import { KeysError } from "./errors.ts";
import type { SigningPublicKey } from "./ids.ts";
import { derive, frame } from "./labelled.ts";
import { labels } from "./labels.ts";
import {
  ed25519Keypair,
  NONCE_BYTES,
  type RecoveryKeyPair,
  type SigningKeyPair,
  xchachaOpen,
  xchachaSeal,
  xwingKeypair,
} from "./sodium.ts";

const WORDS = 24;
const SEALED_ACCOUNT_KEY_BYTES = 72;

/** What is wrong with words that somebody typed: the evidence of a `bad_words` error. */
export type WordsProblem =
  | { readonly problem: "count"; readonly count: number }
  /** `position` counts from 1. The word is what was typed: show it to its owner, do not log it. */
  | { readonly problem: "unknown"; readonly position: number; readonly word: string }
  | { readonly problem: "checksum" };

function badWords(message: string, evidence: WordsProblem): KeysError {
  return new KeysError("bad_words", message, { evidence });
}

export interface Recovery {
  /** Shown once. Strings cannot be wiped: SPEC §11. */
  readonly words: readonly string[];
  readonly secret: SecretBytes;
}

export function createRecovery(random: Random): Recovery {
  const secret = asSecret(random(32));
  return { words: entropyToMnemonic(secret, wordlist).split(" "), secret };
}

/**
 * Typed words back to the 32-byte secret; case and white space do not matter. Throws `bad_words` with a
 * WordsProblem as evidence.
 */
export function readRecoveryWords(text: string): SecretBytes {
  const words = text
    .normalize("NFKD")
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");
  const at = words.findIndex((word) => !wordlist.includes(word));
  const unknown = words[at];
  if (unknown !== undefined) {
    const evidence = { problem: "unknown", position: at + 1, word: unknown } as const;
    throw badWords(`word ${at + 1} is not on the list`, evidence);
  }
  if (words.length !== WORDS) {
    throw badWords(`${words.length} words instead of ${WORDS}`, { problem: "count", count: words.length });
  }
  try {
    return asSecret(mnemonicToEntropy(words.join(" "), wordlist));
  } catch {
    throw badWords("the words do not belong together", { problem: "checksum" });
  }
}

const noSalt = new Uint8Array(32);
const noContext = new Uint8Array(0);

/** The key pair to which devices seal what should survive them. Its public half is in genesis. */
export function recoveryKeyPair(secret: SecretBytes): RecoveryKeyPair {
  return xwingKeypair(derive(labels.recoveryKem, secret, noSalt, noContext, 32));
}

function sealKey(secret: SecretBytes): SecretBytes {
  return derive(labels.recoverySeal, secret, noSalt, noContext, 32);
}

/** nonce 24 ‖ the account key's seed, sealed: safe to leave with a relay. */
export function sealAccountKey(secret: SecretBytes, accountKey: SigningKeyPair, random: Random): Uint8Array {
  const nonce = random(NONCE_BYTES);
  const seed = accountKey.secretKey.subarray(0, 32);
  const aad = frame(labels.sealedAccountKey, accountKey.publicKey);
  return concat(nonce, xchachaSeal(sealKey(secret), nonce, seed, aad));
}

/**
 * `publicKey` is the account key of the verified chain. Throws `malformed` for another length, and
 * `decrypt_failed` if the words belong to another account or the bytes were changed.
 */
export function openAccountKey(
  secret: SecretBytes,
  sealed: Uint8Array,
  publicKey: SigningPublicKey,
): SigningKeyPair {
  if (sealed.length !== SEALED_ACCOUNT_KEY_BYTES)
    throw new KeysError("malformed", "not a sealed account key");
  const aad = frame(labels.sealedAccountKey, publicKey);
  const nonce = sealed.subarray(0, NONCE_BYTES);
  const seed = xchachaOpen(sealKey(secret), nonce, sealed.subarray(NONCE_BYTES), aad);
  if (seed === null) throw new KeysError("decrypt_failed", "these words do not open this account key");
  const pair = ed25519Keypair(asSecret(seed));
  if (!equal(pair.publicKey, publicKey)) throw new KeysError("decrypt_failed", "another account key inside");
  return pair;
}
