import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { unlockProfile } from "../../client/core/account/unlock-profile.ts";
import { profilePaths } from "../../client/core/paths.ts";
import { closeProfile } from "../../client/core/profile.ts";
import { readTokens } from "../../client/store/tokens.ts";
import { type Person, registered } from "../support/chat.ts";
import { spawnRelay } from "../support/relay.ts";

const CANARY = "canary-7f3a91-the-quiet-word";

/** Every file below a folder. */
async function files(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** Those that have any of the words in them. */
async function filesWith(folder: string, words: readonly (string | Uint8Array)[]): Promise<string[]> {
  const forms = words.flatMap(formsOf);
  const found: string[] = [];
  for (const file of await files(folder)) {
    const bytes = await readFile(file).catch(() => Buffer.alloc(0));
    if (forms.some((form) => bytes.includes(form))) found.push(file);
  }
  return found;
}

function formsOf(word: string | Uint8Array): Buffer[] {
  if (typeof word === "string") return [Buffer.from(word), Buffer.from(word, "utf16le")];
  const bytes = Buffer.from(word);
  return [bytes, Buffer.from(bytes.toString("hex")), Buffer.from(bytes.toString("base64").slice(0, 40))];
}

/** The secret halves of a person's device, and its tokens: all that a thief would look for. */
async function keysOf(someone: Person): Promise<(string | Uint8Array)[]> {
  const paths = profilePaths(someone.environment(), "default");
  const profile = await unlockProfile(paths, async () => undefined);
  const { signingSecretKey, agreementSecretKey } = profile.identity;
  const { accessToken = "", refreshToken = "" } = readTokens(profile.db) ?? {};
  closeProfile(profile);
  return [signingSecretKey.slice(0, 32), agreementSecretKey.slice(), accessToken, refreshToken];
}

test("no text, password, recovery word or key is readable in profile, WAL, relay tables or logs", async () => {
  const relay = await spawnRelay();
  const alice = await registered("alice", relay.url);
  const bob = await registered("bob", relay.url);
  // A tail keeps the write-ahead log open and unmerged while we look.
  const tail = bob.start(["tail", "--json"]);
  await alice.ok(["send", "bob", CANARY]);
  await bob.ok(["send", "alice", `${CANARY} back`]);
  await tail.until((lines) => lines.some((line) => line.includes(CANARY)));
  expect(await alice.ok(["read", "bob"])).toContain(`${CANARY} back`);

  const password = (await readFile(alice.passwordFile, "utf8")).trim();
  const words = (await readFile(alice.recoveryFile, "utf8")).trim();
  const keys = [...(await keysOf(alice)), ...(await keysOf(bob))];
  expect(keys.every((key) => key.length >= 32)).toBe(true);
  const secrets = [CANARY, password, words.split(/\s+/).slice(0, 3).join(" "), ...keys];
  for (const folder of [join(alice.home, "chat"), join(bob.home, "chat"), relay.folder]) {
    expect(await filesWith(folder, secrets)).toEqual([]);
  }
  for (const form of secrets.flatMap(formsOf)) expect(relay.log()).not.toContain(form.toString());
  expect(relay.log()).not.toMatch(/\b(alice|bob)\b/);
  // Can the search find anything at all? The user names are known to the relay.
  expect((await filesWith(relay.folder, ["alice"])).length).toBeGreaterThan(0);

  await tail.kill();
  await alice.leave();
  await bob.leave();
  await relay.stop();
});
