import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type AliceAndBob, aliceAndBob, send, sync } from "../../../test/support/alice-and-bob.ts";
import { commandContext } from "../../../test/support/command-context.ts";
import { readMessages } from "../../core/messages/read-messages.ts";
import { queueMessage } from "../../core/outbox/send-message.ts";
import { messageObject } from "../json-objects.ts";
import { type ExportOptions, exportHistory } from "./export.ts";

let world: AliceAndBob;
beforeEach(async () => {
  world = await aliceAndBob();
});
afterEach(() => world.remove());

async function run(name?: string, options: Partial<ExportOptions> = {}) {
  const { context, kept } = commandContext(world.bob);
  await exportHistory(context, name, { format: "jsonl", ...options });
  await context.output.flush();
  return kept;
}

function objects(lines: string): unknown[] {
  return lines
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as unknown);
}

function readObjects(conversation?: string): unknown[] {
  const reading = { limit: 10_000, ...(conversation === undefined ? {} : { conversation }) };
  return JSON.parse(JSON.stringify(readMessages(world.bob.profile, reading).map(messageObject))) as unknown[];
}

test("every message comes out as `read` has it, oldest first, whatever its text", async () => {
  const hostile = ["\u001b[2J\u202e\u2028", '"}\n{"type":"error"}', "👍\u0000\ud83d\ude00", "# *x*"];
  for (const text of hostile) await send(world.alice, "bob", text);
  await sync(world.bob);
  for (let at = 0; at < 1_203; at += 1)
    queueMessage(world.bob.profile, { to: at % 3 === 0 ? "me" : "alice", text: `${at}` });
  const all = await run();
  expect(all.out.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\u202e\u2028]/u);
  expect(objects(all.out)).toEqual(readObjects());
  const one = objects((await run("alice")).out);
  expect(one).toEqual(readObjects("alice"));
  expect(one).toHaveLength(hostile.length + 802);
});

test("a file is its owner's alone, and never written over", async () => {
  await send(world.bob, "me", "note");
  const output = join(world.bob.paths.home, "history.jsonl");
  expect(await run("me", { output })).toEqual({ out: "", err: "1 message written.\n" });
  expect(objects(readFileSync(output, "utf8"))).toEqual(readObjects("me"));
  expect(statSync(output).mode & 0o777).toBe(0o600);
  writeFileSync(output, "mine");
  await expect(run("me", { output })).rejects.toMatchObject({ code: "cannot_write" });
  expect(readFileSync(output, "utf8")).toBe("mine");
});

test("a name that stands for nothing makes no file, and leaves the profile usable", async () => {
  const output = join(world.bob.paths.home, "history.jsonl");
  await expect(run("carol", { output })).rejects.toMatchObject({ code: "unknown_conversation" });
  expect(existsSync(output)).toBe(false);
  await expect(run("me", { output: join(output, "no", "folder") })).rejects.toMatchObject({
    code: "cannot_write",
  });
  expect(await run("me")).toEqual({ out: "", err: "No messages.\n" });
});

test("as Markdown it can be read", async () => {
  await send(world.alice, "bob", "one\n# two");
  await sync(world.bob);
  const { out } = await run("alice", { format: "markdown" });
  expect(out).toMatch(
    /^# alice\n\n## \w+ \d+ \w+ \d{4}\n\n\*\*alice\*\*, \d\d:\d\d\n\n> one {2}\n> \\# two\n$/,
  );
});
