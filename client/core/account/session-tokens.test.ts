import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ready, refreshProof, verifyProof } from "../../../keys/index.ts";
import type { AuthCalls, IssuedTokens } from "../../net/auth-calls.ts";
import { NetError } from "../../net/net-error.ts";
import { saveIdentity } from "../../store/identity.ts";
import { tryLock } from "../../store/lock.ts";
import { readTokens, saveTokens } from "../../store/tokens.ts";
import { profilePaths } from "../paths.ts";
import { openProfileDatabase, type Profile } from "../profile.ts";
import { systemRuntime } from "../runtime.ts";
import { makeAccount } from "./make-account.ts";
import { sessionTokens } from "./session-tokens.ts";

const MINUTE = 60_000;
let folder: string;
let profile: Profile;
let now: number;

beforeEach(async () => {
  await ready();
  folder = mkdtempSync(join(tmpdir(), "sotto-tokens-"));
  now = 1_800_000_000_000;
  profile = open();
  const { identity } = profile;
  saveIdentity(profile.db, { ...identity, stage: "registered" });
  saveTokens(profile.db, {
    accessToken: "access 1",
    accessExpiresAt: now + 15 * MINUTE,
    refreshToken: "refresh 1",
  });
});
afterEach(() => {
  profile.db.close();
  rmSync(folder, { recursive: true });
});

/** The profile as another process would open it. */
function open(): Profile {
  const paths = profilePaths({ CHAT_HOME: folder }, "default");
  const db = openProfileDatabase(paths, new Uint8Array(32), { create: true });
  const runtime = { ...systemRuntime, now: () => now };
  const { identity } = profile ?? makeAccount("alice", "http://127.0.0.1:1", runtime);
  return { db, paths, identity, runtime };
}

/** A relay's refresh as the protocol has it: the successor of a token is always the same. */
function fakeAuth(behaviour: { onRefresh?: (token: string) => void; clockAhead?: number } = {}) {
  const asked: string[] = [];
  const auth = {
    getChallenge: async () => new Uint8Array(56).fill(9),
    refresh: async ({ refreshToken, nonce, deviceSignature }): Promise<IssuedTokens> => {
      const proof = refreshProof(nonce, refreshToken);
      const publicKey = profile.identity.signingSecretKey.subarray(32);
      if (!verifyProof(proof, deviceSignature, publicKey)) throw new Error("the device did not sign");
      asked.push(refreshToken);
      await new Promise((resolve) => setTimeout(resolve, 20));
      behaviour.onRefresh?.(refreshToken);
      const serial = Number(refreshToken.split(" ")[1]) + 1;
      const relayNow = now + (behaviour.clockAhead ?? 0);
      return {
        accessToken: `access ${serial}`,
        refreshToken: `refresh ${serial}`,
        accessExpiresAt: relayNow + 15 * MINUTE,
        now: relayNow,
      };
    },
  } satisfies Partial<AuthCalls>;
  return { auth: auth as unknown as AuthCalls, asked };
}

test("a token that has time left is used as it is", async () => {
  const { auth, asked } = fakeAuth();
  expect(await sessionTokens(profile, auth)()).toBe("access 1");
  expect(asked).toEqual([]);
});

test("a token is renewed half a minute before it runs out, and kept", async () => {
  const { auth, asked } = fakeAuth();
  now += 14.6 * MINUTE;
  expect(await sessionTokens(profile, auth)()).toBe("access 2");
  expect(readTokens(profile.db)).toMatchObject({ refreshToken: "refresh 2" });
  expect(asked).toEqual(["refresh 1"]);
});

test("a token that the relay rejected is renewed whatever its time", async () => {
  const { auth } = fakeAuth();
  const tokens = sessionTokens(profile, auth);
  expect(await tokens("access 1")).toBe("access 2");
  expect(await tokens("access 1")).toBe("access 2");
});

test("a wrong clock of this machine does not matter", async () => {
  now += 16 * MINUTE;
  const { auth, asked } = fakeAuth({ clockAhead: -1_000 * MINUTE });
  const tokens = sessionTokens(profile, auth);
  await tokens();
  now += 14 * MINUTE;
  await tokens();
  expect(asked).toHaveLength(1);
  now += 1 * MINUTE;
  await tokens();
  expect(asked).toHaveLength(2);
});

test("many that need a token at once cause one refresh, in this process and among several", async () => {
  now += 16 * MINUTE;
  const { auth, asked } = fakeAuth();
  const others = [open(), open(), open()];
  const here = sessionTokens(profile, auth);
  const all = [here(), here(), ...others.map((other) => sessionTokens(other, auth)())];
  expect(await Promise.all(all)).toEqual(Array(5).fill("access 2"));
  expect(asked).toEqual(["refresh 1"]);
  for (const other of others) other.db.close();
});

test("an answer that was lost is asked for again with the same token", async () => {
  now += 16 * MINUTE;
  let isLost = true;
  const { auth, asked } = fakeAuth({
    onRefresh: () => {
      if (isLost) throw new NetError("unreachable", "cut");
    },
  });
  const tokens = sessionTokens(profile, auth);
  await expect(tokens()).rejects.toMatchObject({ code: "unreachable" });
  isLost = false;
  expect(await tokens()).toBe("access 2");
  expect(asked).toEqual(["refresh 1", "refresh 1"]);
});

test("a login of another process during a refresh that fails counts", async () => {
  now += 16 * MINUTE;
  const { auth } = fakeAuth({
    onRefresh: () => {
      saveTokens(profile.db, {
        accessToken: "access 51",
        accessExpiresAt: now + 15 * MINUTE,
        refreshToken: "refresh 51",
      });
      throw new NetError("refused", "revoked", { reason: "token_reused" });
    },
  });
  expect(await sessionTokens(profile, auth)()).toBe("access 51");
});

test("a refresh that is refused for good says so, once", async () => {
  now += 16 * MINUTE;
  const { auth, asked } = fakeAuth({
    onRefresh: () => {
      throw new NetError("refused", "revoked", { reason: "token_reused" });
    },
  });
  await expect(sessionTokens(profile, auth)()).rejects.toMatchObject({ reason: "token_reused" });
  expect(asked).toHaveLength(1);
});

test("a process that hangs while it holds the lock does not lock out the others", async () => {
  now += 16 * MINUTE;
  const lock = tryLock(profile.paths.refreshLock);
  const { auth } = fakeAuth();
  expect(await sessionTokens(profile, auth)()).toBe("access 2");
  lock?.release();
});

test("a profile that was never logged in is refused without asking the relay", async () => {
  const { auth } = fakeAuth();
  profile.db.exec("delete from tokens");
  await expect(sessionTokens(profile, auth)()).rejects.toMatchObject({ reason: "token_invalid" });
});
