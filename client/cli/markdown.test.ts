import { expect, test } from "vitest";
import { MarkdownLog } from "./markdown.ts";

type Shown = Parameters<MarkdownLog["entry"]>[0];

function message(text: string, changes: Partial<Shown> = {}): Shown {
  return {
    conversation: "bob",
    from: "bob",
    text,
    edited: false,
    deleted: false,
    sentAt: new Date(2026, 10, 20, 9, 12).getTime(),
    state: "received",
    sharedBy: null,
    ...changes,
  };
}

function entry(text: string): string {
  const lines = new MarkdownLog({ manyConversations: false }).entry(message(text)).split("\n");
  return lines.slice(5).join("\n").trimEnd();
}

test("days have headings; who, when and what stand below", () => {
  const log = new MarkdownLog({ manyConversations: true });
  const next = new Date(2026, 10, 21, 8, 0).getTime();
  const all = [
    log.title(undefined),
    log.entry(message("Deploy is green.\nAt ten?")),
    log.entry(message("", { deleted: true })),
    log.entry(message("Yes", { from: "a_b", sentAt: next, edited: true, sharedBy: "c_d" })),
  ];
  expect(all.join("")).toBe(`# All conversations

## Friday 20 November 2026

**bob** in bob, 09:12

> Deploy is green.  
> At ten?

**bob** in bob, 09:12 (deleted)

## Saturday 21 November 2026

**a\\_b** in bob, 08:00 (edited, shared by c\\_d)

> Yes
`);
});

test("nothing in a text is markup", () => {
  const markup: Record<string, string> = {
    "# heading": "> \\# heading",
    "<script>x</script>": "> \\<script\\>x\\</script\\>",
    "![x](http://evil/p.png)": "> !\\[x\\](http://evil/p.png)",
    "**bob**, 09:12": "> \\*\\*bob\\*\\*, 09:12",
    "1. one": "> 1\\. one",
    "- item": "> \\- item",
    "===": "> \\===",
    "```": "> \\`\\`\\`",
    "> quote": "> \\> quote",
    "a | b": "> a \\| b",
    "&lt;": "> \\&lt;",
    "\\# x": "> \\\\# x",
    "    code": "> \u00a0\u00a0\u00a0\u00a0code",
  };
  for (const [text, shown] of Object.entries(markup)) expect(entry(text), text).toBe(shown);
});

test("no line of a text leaves its quotation, and no terminal obeys it", () => {
  const shown = entry("one\n\n## Friday\r\n\u001b[31mred\u2028x\u202ey\rz");
  expect(shown.split("\n").every((line) => line.startsWith(">"))).toBe(true);
  expect(shown).toContain("␛\\[31mred␤x\\\\u{202e}y␍z");
});

test("a time that no calendar has is shown all the same", () => {
  const log = new MarkdownLog({ manyConversations: false });
  expect(log.entry(message("x", { sentAt: Number.MAX_SAFE_INTEGER }))).not.toMatch(/Invalid|NaN/);
});
