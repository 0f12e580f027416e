import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { keptOutput } from "../../test/support/output.ts";
import { checkNewPassword } from "../core/account/account-password.ts";
import type { Context } from "./context.ts";
import { accountPassword, profilePassphrase, readSecret, recoveryWords } from "./secrets.ts";
import { wordTable } from "./show-words.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sotto-secrets-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function file(contents: string | Uint8Array): string {
  const path = join(folder, "secret");
  writeFileSync(path, contents);
  return path;
}

function context(environment: Record<string, string> = {}): Context {
  return {
    output: keptOutput().output,
    environment,
    profileName: "default",
    relay: undefined,
    signal: new AbortController().signal,
    now: () => new Date(),
  };
}

test("a secret is the first line of its file, spaces and all", async () => {
  expect(await readSecret(file(" correct  horse \nsecond line\n"), "password")).toBe(" correct  horse ");
  expect(await readSecret(file("geheim\r\n"), "password")).toBe("geheim");
  expect(await readSecret(file("no line end"), "password")).toBe("no line end");
});

test("a file that is empty, too long, not UTF-8 or not there is bad input", async () => {
  for (const wrong of ["", "\nsecond", "x".repeat(5_000)]) {
    await expect(readSecret(file(wrong), "password")).rejects.toMatchObject({ code: "bad_input" });
  }
  await expect(readSecret(file(Buffer.from([0xff, 0xfe])), "password")).rejects.toMatchObject({
    code: "not_utf8",
  });
  await expect(readSecret(join(folder, "none"), "password")).rejects.toMatchObject({ code: "bad_input" });
});

test("recovery words may stand on any number of lines, and nobody to ask is wrong usage", async () => {
  expect(await recoveryWords(context(), file("one two\n three\n"))).toBe("one two\n three\n");
  await expect(recoveryWords(context(), file("x".repeat(5_000)))).rejects.toMatchObject({
    code: "bad_input",
  });
  await expect(recoveryWords(context(), undefined)).rejects.toMatchObject({ code: "usage" });
});

test("the option comes before the environment, and nobody to ask is wrong usage", async () => {
  const asked = { file: undefined, isNew: false };
  expect(await accountPassword(context({ CHAT_PASSWORD_FILE: file("from a file") }), asked)).toBe(
    "from a file",
  );
  await expect(
    accountPassword(context({ CHAT_PASSWORD_FILE: join(folder, "none") }), { ...asked, file: file("given") }),
  ).resolves.toBe("given");
  await expect(accountPassword(context(), asked)).rejects.toMatchObject({ code: "usage" });
  expect(await profilePassphrase(context())).toBeUndefined();
  expect(await profilePassphrase(context({ CHAT_PASSPHRASE_FILE: file("open sesame") }))).toBe("open sesame");
});

test("a new password has eight characters at least, as people count them", async () => {
  const choose = (password: string) =>
    accountPassword(context(), { file: file(password), isNew: true, check: checkNewPassword });
  await expect(choose("seven77")).rejects.toMatchObject({ code: "bad_input" });
  await expect(choose("u\u0308".repeat(7))).rejects.toMatchObject({ code: "bad_input" });
  expect(await choose("eight888")).toBe("eight888");
});

test("recovery words are shown in numbered rows of four", () => {
  const words = Array.from({ length: 24 }, (_, at) => `word${at + 1}`);
  const table = wordTable(words);
  expect(table).toHaveLength(6);
  expect(table[0]).toMatch(/^ +1 word1 +2 word2 +3 word3 +4 word4$/);
  expect(table[5]).toMatch(/24 word24$/);
});
