import {
  KeysError,
  openAccountKey,
  readRecoveryWords,
  type SigningKeyPair,
  type SigningPublicKey,
} from "../../../keys/index.ts";
import { ChatError } from "../chat-error.ts";

/** Gives the recovery words as somebody typed them. */
export type AskWords = () => Promise<string>;

/** What the words open, and whose it is. */
export interface SealedAccountKey {
  readonly name: string;
  /** Of the verified chain, where there is one. */
  readonly accountPublicKey: SigningPublicKey;
  readonly sealedAccountKey: Uint8Array;
}

/**
 * Lends the account key for as long as `work` takes: it stays on no device. Throws `bad_input` for words that are none,
 * `login_failed` for those of another account.
 */
export async function withAccountKey<T>(
  words: string,
  { name, sealedAccountKey, accountPublicKey }: SealedAccountKey,
  work: (accountKey: SigningKeyPair) => Promise<T>,
): Promise<T> {
  const secret = explained(name, () => readRecoveryWords(words));
  let accountKey: SigningKeyPair;
  try {
    accountKey = explained(name, () => openAccountKey(secret, sealedAccountKey, accountPublicKey));
  } finally {
    secret.fill(0);
  }
  try {
    return await work(accountKey);
  } finally {
    accountKey.secretKey.fill(0);
  }
}

/** Throws `bad_input` for words that are none of anybody's. */
export function checkWords(words: string): void {
  explained("", () => readRecoveryWords(words)).fill(0);
}

function explained<T>(name: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (!(cause instanceof KeysError)) throw cause;
    if (cause.code === "bad_words") {
      throw new ChatError("bad_input", `These are not 24 recovery words: ${cause.message}.`, {
        hint: "Check spelling and order; case and line breaks do not matter.",
        cause,
      });
    }
    throw new ChatError("login_failed", `These are not the recovery words of ${name}.`, {
      hint: "They are the 24 words that were shown when the account was made.",
      cause,
    });
  }
}
