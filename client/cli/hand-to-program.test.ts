import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { keptOutput } from "../../test/support/output.ts";
import { handToProgram } from "./hand-to-program.ts";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sotto-program-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function program(name: string, script: string): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\ncd '${folder}' || exit\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

function hand(path: string, line: string, insists: boolean, signal = new AbortController().signal) {
  const { output, kept } = keptOutput();
  return { kept, handed: handToProgram(path, line, { output, signal, insists }) };
}

test("a program gets the line on its standard input, and no shell sees it", async () => {
  const path = program("takes", "cat > line; echo $# > count");
  expect(await hand(path, '{"text":"$(id) `id` ; id"}', true).handed).toBe(true);
  expect(readFileSync(join(folder, "line"), "utf8")).toBe('{"text":"$(id) `id` ; id"}\n');
  expect(readFileSync(join(folder, "count"), "utf8")).toBe("0\n");
});

test("a program that reads nothing has dealt with it all the same", async () => {
  expect(await hand(program("ignores", "exit 0"), "x".repeat(1_000_000), true).handed).toBe(true);
});

test("one that fails gets the same again when it must succeed, and is reported when it need not", async () => {
  const path = program("second", 'cat >> seen; if [ -e been ]; then exit 0; else : > been; exit "3"; fi');
  const { handed, kept } = hand(path, "one", true);
  expect(await handed).toBe(true);
  expect(kept.err).toBe(`chat: ${path} ended with 3. It gets the same again in 1 s.\n`);
  expect(readFileSync(join(folder, "seen"), "utf8")).toBe("one\none\n");
  const fails = program("fails", "kill -TERM $$");
  const careless = hand(fails, "one", false);
  expect(await careless.handed).toBe(true);
  expect(careless.kept.err).toBe(`chat: ${fails} was ended by SIGTERM.\n`);
});

test("it is not dealt with when the command is interrupted before", async () => {
  const ending = new AbortController();
  const { handed } = hand(program("never", "exit 1"), "one", true, ending.signal);
  setTimeout(() => ending.abort(), 200);
  expect(await handed).toBe(false);
});

test("what cannot be run is wrong usage", async () => {
  const path = join(folder, "nothing");
  await expect(hand(path, "one", true).handed).rejects.toMatchObject({ code: "usage" });
  writeFileSync(path, "#!/bin/sh\n");
  await expect(hand(path, "one", true).handed).rejects.toThrow("EACCES");
});
