import { setTimeout as sleep } from "node:timers/promises";
import { refreshProof, signProof } from "../../../keys/index.ts";
import type { AuthCalls, IssuedTokens } from "../../net/auth-calls.ts";
import { NetError } from "../../net/net-error.ts";
import type { AccessTokens } from "../../net/relay-calls.ts";
import { type Lock, tryLock } from "../../store/lock.ts";
import { readTokens, replaceTokens, type Tokens } from "../../store/tokens.ts";
import type { Profile } from "../profile.ts";

/** An access token that runs out sooner is renewed first. */
const SPARE_MS = 30_000;
const LOCK_POLL_MS = 20;
/** Longer than a refresh takes. After that the holder hangs, and going on without the lock is safe. */
const LOCK_PATIENCE_MS = 5_000;

/** The relay's tokens with their end on this machine's clock, whatever that shows. */
export function localTokens(issued: IssuedTokens, now: number): Tokens {
  return {
    accessToken: issued.accessToken,
    refreshToken: issued.refreshToken,
    accessExpiresAt: Math.round(now + (issued.accessExpiresAt - issued.now)),
  };
}

/**
 * Access tokens from the profile, renewed when they run out: by one call of this process at a time, and one process
 * at a time. The successor of a refresh token is always the same and its predecessor stays valid until the successor
 * is used, so a process killed at any instant, or an answer lost, costs nothing: the next one asks again.
 */
export function sessionTokens(profile: Profile, auth: AuthCalls): AccessTokens {
  let underWay: Promise<string> | undefined;

  function usable(rejected: string | undefined): string | undefined {
    const tokens = readTokens(profile.db);
    if (tokens === undefined) {
      throw new NetError("refused", "this device is not logged in", { reason: "token_invalid" });
    }
    const fresh = tokens.accessExpiresAt - SPARE_MS > profile.runtime.now();
    return fresh && tokens.accessToken !== rejected ? tokens.accessToken : undefined;
  }

  async function refresh(rejected: string | undefined): Promise<string> {
    const lock = await waitForLock(profile.paths.refreshLock, () => usable(rejected) !== undefined);
    try {
      return usable(rejected) ?? (await renew(profile, auth));
    } finally {
      lock?.release();
    }
  }

  return async (rejected) => {
    const token = usable(rejected);
    if (token !== undefined) return token;
    underWay ??= refresh(rejected).finally(() => {
      underWay = undefined;
    });
    return underWay;
  };
}

async function renew(profile: Profile, auth: AuthCalls): Promise<string> {
  for (;;) {
    const nonce = await auth.getChallenge();
    // Read after the challenge: a process that slept in between must not come with a token of yesterday.
    const held = readTokens(profile.db);
    if (held === undefined) throw new NetError("refused", "logged out", { reason: "token_invalid" });
    const proof = refreshProof(checkedNonce(nonce), held.refreshToken);
    const deviceSignature = signProof(proof, profile.identity.signingSecretKey);
    try {
      const issued = await auth.refresh({ refreshToken: held.refreshToken, nonce, deviceSignature });
      const tokens = localTokens(issued, profile.runtime.now());
      if (replaceTokens(profile.db, held.refreshToken, tokens)) return tokens.accessToken;
    } catch (error) {
      // A login of another process may have opened a new token family meanwhile.
      if (readTokens(profile.db)?.refreshToken === held.refreshToken) throw error;
    }
    const now = readTokens(profile.db);
    if (now !== undefined && now.accessExpiresAt - SPARE_MS > profile.runtime.now()) return now.accessToken;
  }
}

function checkedNonce(nonce: Uint8Array): Uint8Array {
  if (nonce.length === 56) return nonce;
  throw new NetError("untrusted", "the relay gave a challenge of the wrong length");
}

/** The lock, or undefined when `done` holds first or the holder hangs. */
async function waitForLock(path: string, done: () => boolean): Promise<Lock | undefined> {
  const patience = performance.now() + LOCK_PATIENCE_MS;
  for (;;) {
    const lock = tryLock(path);
    if (lock !== undefined || done() || performance.now() > patience) return lock;
    await sleep(LOCK_POLL_MS);
  }
}
