import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { commandFor } from "../model/keymap.ts";
import { keyFilePath, readConfig } from "./config.ts";

let home: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "sotto-config-"));
});

afterEach(() => rmSync(home, { recursive: true }));

it("takes the keys that the file gives", () => {
  writeFileSync(keyFilePath({ home }), "next unread = f5\n");
  const { keymap, mistakes } = readConfig({ home });
  expect(commandFor(keymap, ["everywhere"], "f5")).toBe("next unread");
  expect(mistakes).toEqual([]);
});

it("needs no file", () => {
  expect(readConfig({ home }).mistakes).toEqual([]);
});

it("goes on with the usual keys where the file cannot be read, and says so", () => {
  mkdirSync(keyFilePath({ home }));
  const { keymap, mistakes } = readConfig({ home });
  expect(commandFor(keymap, ["everywhere"], "alt-a")).toBe("next unread");
  expect(mistakes).toEqual([expect.stringContaining("cannot be read")]);
});

it("tells no more mistakes than can be read, and shows what a terminal might obey", () => {
  writeFileSync(keyFilePath({ home }), "\u001b[31m = a\nx = b\ny = c\nz = d\n");
  const { mistakes } = readConfig({ home });
  expect(mistakes).toHaveLength(3);
  expect(mistakes[0]).toContain("Line 1");
  expect(mistakes.join("")).not.toContain("\u001b");
  expect(mistakes[2]).toBe("And 2 more in the key file.");
});
