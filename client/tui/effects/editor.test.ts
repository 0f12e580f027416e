import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { profilePaths } from "../../core/paths.ts";
import type { Event } from "../model/event.ts";
import { editOutside } from "./editor.ts";
import type { Session } from "./session.ts";

let home: string;
let session: Pick<Session, "paths" | "environment" | "handOver">;
let told: Event[];
let handedOver: number;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "sotto-editor-"));
  const paths = profilePaths({ CHAT_HOME: home }, "default");
  mkdirSync(paths.folder, { recursive: true });
  told = [];
  handedOver = 0;
  session = {
    paths,
    environment: {},
    handOver: (work) => {
      handedOver += 1;
      return work();
    },
  };
});
afterEach(() => rm(home, { recursive: true, force: true }));

async function edit(editor: string, text = "draft"): Promise<void> {
  await editOutside(
    { ...session, environment: { EDITOR: editor } },
    { kind: "edit outside", conversation: "bob", text },
    (event) => told.push(event),
  );
}

function edited(text: string): Event {
  return { kind: "loaded", loaded: { what: "edited", conversation: "bob", text } };
}

/** An editor that is a shell script; `$1` is the file. */
function script(lines: string): string {
  const file = join(home, "editor");
  writeFileSync(file, `#!/bin/sh\n${lines}\n`, { mode: 0o755 });
  return file;
}

test("what the editor leaves is the text, without the end of its last line", async () => {
  await edit(script(`printf 'and more\\n\\n' >> "$1"`), "one\n");
  expect(told).toEqual([edited("one\nand more\n")]);
  expect(handedOver).toBe(1);
});

test("an editor may have parameters, and VISUAL comes first", async () => {
  const editor = `${script(`printf '%s' "$1" > "$2"`)} --wait`;
  await editOutside(
    { ...session, environment: { VISUAL: editor, EDITOR: "false" } },
    { kind: "edit outside", conversation: "bob", text: "" },
    (event) => told.push(event),
  );
  expect(told).toEqual([edited("--wait")]);
});

test("nobody else can read the file, and nothing of it stays", async () => {
  const seen = join(home, "seen");
  await edit(script(`stat -c %a "$1" "$(dirname "$1")" > ${seen}; cp "$1" "$1~"`));
  expect(readFileSync(seen, "utf8")).toBe("600\n700\n");
  expect(readdirSync(session.paths.folder)).toEqual([]);
});

test("an editor that fails changes nothing, and nothing stays", async () => {
  await expect(edit(script("exit 3"))).rejects.toThrow("ended with 3: your text is as it was");
  await expect(edit(script("kill -9 $$"))).rejects.toThrow("your text is as it was");
  await expect(edit("no-such-editor-anywhere")).rejects.toThrow("ended with 127");
  expect(told).toEqual([]);
  expect(readdirSync(session.paths.folder)).toEqual([]);
});

test.each([
  ["what is not UTF-8", `printf '\\377' > "$1"`, "not UTF-8"],
  ["what is too long by far", `head -c 1100000 /dev/zero > "$1"`, "too long"],
])("%s is refused", async (_, lines, sentence) => {
  await expect(edit(script(lines))).rejects.toThrow(sentence);
  expect(told).toEqual([]);
});

test("what a process left that was killed meanwhile is erased", async () => {
  const left = join(session.paths.folder, "writing-4194305");
  mkdirSync(left);
  writeFileSync(join(left, "message.md"), "a secret");
  await edit(script("true"));
  expect(readdirSync(session.paths.folder)).toEqual([]);
});
