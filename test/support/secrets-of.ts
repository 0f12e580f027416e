import { readFile } from "node:fs/promises";
import { readKey, unlockProfile } from "../../client/core/account/unlock-profile.ts";
import { profilePaths } from "../../client/core/paths.ts";
import { closeProfile } from "../../client/core/profile.ts";
import { readTokens } from "../../client/store/tokens.ts";
import {
  decodeSession,
  openAccountKey,
  readRecoveryWords,
  ready,
  type SessionState,
} from "../../keys/index.ts";
import type { Canary } from "./canaries.ts";
import type { Person } from "./chat.ts";

export interface Secrets {
  /** Private keys of the device and of its account, prekeys, and what its sessions stand on. */
  readonly keys: Canary[];
  /** The relay makes these, so it sees them; they may lie nowhere. */
  readonly tokens: Canary[];
  /** The profile's own key, which lies beside the profile. */
  readonly profileKey: Canary;
  readonly words: readonly string[];
}

interface PrekeyRow {
  readonly kind: string;
  readonly id: number;
  readonly agreement_secret: Uint8Array | null;
  readonly kem_seed: Uint8Array | null;
}

/** All that a thief would look for. `recoveryFile`: where the account's words are. */
export async function secretsOf(someone: Person, recoveryFile = someone.recoveryFile): Promise<Secrets> {
  await ready();
  const paths = profilePaths(someone.environment(), "default");
  const nobody = async () => undefined;
  const profile = await unlockProfile(paths, nobody);
  try {
    const { identity, db } = profile;
    const text = await readFile(recoveryFile, "utf8");
    const entropy = readRecoveryWords(text);
    const accountKey = openAccountKey(entropy, identity.sealedAccountKey, identity.accountPublicKey);
    const prekeys = db.prepare<[], PrekeyRow>("select * from prekeys").all();
    const sessions = db.prepare<[], { state: Uint8Array }>("select state from sessions").all();
    const keys = [
      ["signing key", identity.signingSecretKey.slice(0, 32)],
      ["agreement key", identity.agreementSecretKey],
      ["account key", accountKey.secretKey.slice(0, 32)],
      ["recovery words' bytes", entropy],
      ...prekeys.flatMap(({ kind, id, agreement_secret, kem_seed }) => [
        [`${kind} prekey ${id}`, agreement_secret],
        [`${kind} KEM prekey ${id}`, kem_seed],
      ]),
      ...sessions.flatMap(({ state }, number) =>
        secretsIn(decodeSession(state).ratchet).map((secret) => [`session ${number}`, secret]),
      ),
    ] as [string, Uint8Array | null][];
    const { accessToken = "", refreshToken = "" } = readTokens(db) ?? {};
    return {
      keys: keys.flatMap(([name, value]) => (value === null ? [] : [named(someone, name, value.slice())])),
      tokens: [named(someone, "access token", accessToken), named(someone, "refresh token", refreshToken)],
      profileKey: named(someone, "profile key", (await readKey(paths, nobody)).slice()),
      words: text.trim().split(/\s+/),
    };
  } finally {
    closeProfile(profile);
  }
}

function named({ home }: Person, name: string, value: string | Uint8Array): Canary {
  return { name: `${name} of ${home}`, value };
}

function secretsIn({ root, sending, receiving }: SessionState["ratchet"]): (Uint8Array | null)[] {
  return [root, sending.keyPair?.secretKey ?? null, sending.chainKey, receiving.chainKey];
}
