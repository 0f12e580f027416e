import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { type Context, commandNames, commands } from "./command.ts";
import { readKeyFile } from "./key-file.ts";

const page = readFileSync(new URL("../../../docs/tui.md", import.meta.url), "utf8");

const places: readonly (readonly [Context, string])[] = [
  ["everywhere", "everywhere"],
  ["composer", "while you write a message"],
  ["transcript", "on a message"],
  ["decision", "before a stranger or new keys"],
  ["list", "in a list"],
  ["text", "in a text"],
];

it("is told in docs/tui.md which commands there are, where they count, and which keys they have", () => {
  const rows = commandNames.map((name) => {
    const { label, context, keys } = commands[name];
    const place = places.find(([known]) => known === context)?.[1] ?? context;
    return `| \`${name}\` | ${label} | ${place} | ${keys.map((key) => `\`${key}\``).join(" ")} |`;
  });
  const table = ["| command | what it does | where | keys |", "|---|---|---|---|", ...rows].join("\n");
  const [, kept] = /<!-- commands:.*?-->\n(.*?)\n?<!-- end -->/s.exec(page) ?? [];
  expect(kept).toBe(table);
});

it("says nothing wrong about the file in docs/tui.md", () => {
  const [, example = ""] = /```\n(.*?)```/s.exec(page) ?? [];
  const { bindings, mistakes } = readKeyFile(example);
  expect(mistakes).toEqual([]);
  expect(bindings.size).toBeGreaterThan(0);
});
