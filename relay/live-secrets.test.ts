import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { accountId, deviceId, randomBytes, ready } from "../keys/index.ts";
import { keptLog } from "../test/support/log.ts";
import { rotateTokenKeys } from "./admin/rotate-keys.ts";
import { signAccessToken, verifyAccessToken } from "./auth/access-token.ts";
import { type LiveSecrets, liveSecrets } from "./live-secrets.ts";
import { loadSecrets } from "./secrets.ts";

const HOUR = 3_600_000;
const { log, lines } = keptLog();
let folder: string;
let live: LiveSecrets;

beforeEach(async () => {
  await ready();
  folder = mkdtempSync(join(tmpdir(), "sotto-secrets-"));
  live = await liveSecrets(folder, log);
});
afterEach(() => {
  live.close();
  rmSync(folder, { recursive: true });
});

const path = (): string => join(folder, "secrets.json");
const signing = (): string => live.secrets.tokenKeys[0].id;
const owner = () => ({ accountId: accountId(randomBytes(32)), deviceId: deviceId(randomBytes(16)) });

test("a rotated key signs without a restart, and tokens of the old one live on", async () => {
  const now = Date.now();
  const [before, who] = [signing(), owner()];
  const { token } = await signAccessToken(live.secrets, who, now);
  expect(await rotateTokenKeys(folder, now)).toEqual({ kept: 1, dropped: 0 });
  await vi.waitFor(() => expect(signing()).not.toBe(before), 10_000);
  expect(statSync(path()).mode & 0o777).toBe(0o600);
  expect(await verifyAccessToken(live.secrets, token, now)).toMatchObject(who);
  const newer = await signAccessToken(live.secrets, who, now);
  expect(await verifyAccessToken(live.secrets, newer.token, now)).toMatchObject(who);
  expect(lines()).toContain("token keys rotated");
});

test("a key is dropped when none of its tokens can live any more", async () => {
  const now = Date.now();
  const { token } = await signAccessToken(live.secrets, owner(), now);
  await rotateTokenKeys(folder, now);
  expect(await rotateTokenKeys(folder, now + HOUR)).toEqual({ kept: 2, dropped: 0 });
  expect(await rotateTokenKeys(folder, now + 2 * HOUR)).toEqual({ kept: 2, dropped: 1 });
  const later = await loadSecrets(folder);
  await expect(verifyAccessToken(later, token, now)).rejects.toMatchObject({
    message: /not an access token/,
  });
});

test("a damaged file, or another relay's, changes nothing that runs", async () => {
  const before = live.secrets.tokenKeys;
  const other = mkdtempSync(join(tmpdir(), "sotto-secrets-"));
  await loadSecrets(other);
  writeFileSync(path(), "{}");
  await vi.waitFor(() => expect(lines()).toContain("cannot read the secrets again"), 10_000);
  writeFileSync(path(), readFileSync(join(other, "secrets.json")));
  await vi.waitFor(() => expect(lines()).toContain("another relay's"), 10_000);
  expect(live.secrets.tokenKeys).toBe(before);
  rmSync(other, { recursive: true });
});
