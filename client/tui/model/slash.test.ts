import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { askedBy, slashCommands, slashNames } from "./slash.ts";

test("docs/tui.md has the commands as they are", () => {
  const page = readFileSync(new URL("../../../docs/tui.md", import.meta.url), "utf8");
  const table = slashNames.map((name) => {
    const { usage, label } = slashCommands[name];
    const written = usage === "" ? `/${name}` : `/${name} ${usage.replaceAll("|", "\\|")}`;
    return `| \`${written}\` | ${label} |`;
  });
  const [, kept] = /<!-- slash commands: .*\n.*\n.*\n([\s\S]*?)\n<!-- end -->/.exec(page) ?? [];
  expect(kept?.split("\n")).toEqual(table);
});

test.each([
  ["hello", { kind: "text", text: "hello" }],
  ["//join", { kind: "text", text: "/join" }],
  ["/", { kind: "unknown", name: "" }],
  ["/tmp is full", { kind: "unknown", name: "tmp" }],
  ["/title  two\nlines ", { kind: "command", name: "title", rest: "two\nlines" }],
])("%j asks for %j", (text, asked) => {
  expect(askedBy(text)).toEqual(asked);
});
