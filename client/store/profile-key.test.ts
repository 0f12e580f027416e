import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { toHex } from "../../keys/bytes.ts";
import { createProfileKey, readProfileKey } from "./profile-key.ts";

let folder: string;
let path: string;
const none = async () => undefined;
const says = (passphrase: string) => async () => passphrase;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sotto-key-"));
  path = join(folder, "profiles", "default", "profile.key");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("a plain key is kept in a file of its owner alone, and comes back", async () => {
  const key = await createProfileKey(path, { kind: "plain", passphrase: none });
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(statSync(join(path, "..")).mode & 0o777).toBe(0o700);
  expect(toHex(await readProfileKey(path, none))).toBe(toHex(key));
  expect(key).toHaveLength(32);
  expect(readdirSync(join(path, ".."))).toEqual(["profile.key"]);
});

test("many who make the key at once all get the same one", async () => {
  const made = await Promise.all(
    Array.from({ length: 8 }, () => createProfileKey(path, { kind: "plain", passphrase: none })),
  );
  expect(new Set(made.map(toHex)).size).toBe(1);
});

test("a key sealed by a passphrase opens with that passphrase only", async () => {
  const key = await createProfileKey(path, { kind: "passphrase", passphrase: says("größer als lang") });
  expect(readFileSync(path, "utf8")).not.toContain(toHex(key));
  // The same letters, composed otherwise.
  const decomposed = "größer als lang".normalize("NFD");
  expect(toHex(await readProfileKey(path, says(decomposed)))).toBe(toHex(key));
  await expect(readProfileKey(path, says("something else"))).rejects.toMatchObject({
    code: "wrong_passphrase",
  });
  await expect(readProfileKey(path, none)).rejects.toMatchObject({ code: "passphrase_needed" });
});

test("no file, a foreign, a damaged and a greedy one each have their own error", async () => {
  await expect(readProfileKey(path, none)).rejects.toMatchObject({ code: "missing" });
  await createProfileKey(path, { kind: "passphrase", passphrase: says("passphrase") });
  const sealed = readFileSync(path, "utf8");
  const wrong = [
    "",
    "ssh-rsa AAAA",
    "sotto-profile-key-1 plain 00ff",
    "sotto-profile-key-1 tattoo 00",
    sealed.trim().slice(0, -9),
    sealed.replace(" 65536 ", " 99999999 "),
  ];
  for (const text of wrong) {
    writeFileSync(path, text);
    await expect(readProfileKey(path, says("passphrase")), text).rejects.toMatchObject({
      code: "unreadable",
    });
  }
});

test("a keyring that is not there is an error in time, and leaves no key file", async () => {
  if (process.platform !== "linux" || process.env["DBUS_SESSION_BUS_ADDRESS"] !== undefined) return;
  await expect(createProfileKey(path, { kind: "keyring", passphrase: none })).rejects.toMatchObject({
    code: "keyring",
  });
  await expect(readProfileKey(path, none)).rejects.toMatchObject({ code: "missing" });
});
