import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { labels } from "./labels.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const spec = readFileSync(`${root}keys/SPEC.md`, "utf8");
const sections = new Set([...spec.matchAll(/^#{2,3} (\d+(?:\.\d+)?)\.? /gm)].map(([, number]) => number));

function citations(source: string): string[] {
  const cited = source.matchAll(/SPEC (§[\d.]+(?:(?:-|, | and )§?[\d.]+)*)/g);
  return [...cited].flatMap(([, list = ""]) => list.match(/\d+(?:\.\d+)?/g) ?? []);
}

test("every section that code cites exists", () => {
  const files = globSync("{keys,relay,client,proto,bin,bench,test}/**/*.{ts,tsx,sql,proto}", { cwd: root });
  const missing = files.flatMap((file) =>
    citations(readFileSync(root + file, "utf8"))
      .filter((number) => !sections.has(number))
      .map((number) => `${file}: §${number}`),
  );
  expect(files.length).toBeGreaterThan(20);
  expect(missing).toEqual([]);
});

test("citations are read with ranges and lists", () => {
  expect(citations("see SPEC §2.4-§2.6, or SPEC §7.1, §8.2 and §9. SPEC §10.")).toEqual([
    ..."2.4 2.6 7.1 8.2 9 10".split(" "),
  ]);
});

test("sections are numbered in order, without gaps", () => {
  const chapters = [...spec.matchAll(/^## (\d+)\. /gm)].map(([, number]) => Number(number));
  expect(chapters).toEqual(chapters.map((_, index) => index));
  for (const chapter of chapters) {
    const inside = [...sections].filter((number) => number?.startsWith(`${chapter}.`));
    expect(inside).toEqual(inside.map((_, index) => `${chapter}.${index + 1}`));
  }
});

test("labels differ, name the version, and each one in the specification is in use", () => {
  const all: string[] = Object.values(labels);
  expect(new Set(all).size).toBe(all.length);
  for (const label of all) expect(label).toMatch(/^sotto\/v1\/[a-z-]+$/);
  const named: readonly string[] = spec.match(/sotto\/v1\/[a-z-]+/g) ?? [];
  expect(named.filter((label) => !all.includes(label))).toEqual([]);
  expect(all.filter((label) => !named.includes(label))).toEqual([]);
});
