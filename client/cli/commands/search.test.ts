import { afterEach, beforeEach, expect, test } from "vitest";
import { type AliceAndBob, aliceAndBob, send, sync } from "../../../test/support/alice-and-bob.ts";
import { commandContext } from "../../../test/support/command-context.ts";
import { search } from "./search.ts";

let world: AliceAndBob;
beforeEach(async () => {
  world = await aliceAndBob();
});
afterEach(() => world.remove());

async function run(words: string[], options: { json?: boolean; tty?: boolean } = {}) {
  const { context, kept } = commandContext(world.bob, options);
  await search(context, words, { limit: 20, filters: {} });
  await context.output.flush();
  return kept;
}

test("a line has time, conversation, sender, id and what was found", async () => {
  const { id } = await send(world.alice, "bob", "The deploy\nfailed.");
  await sync(world.bob);
  await send(world.bob, "me", "deploy");
  const { out, err } = await run(["DEPLOY", "from:alice"]);
  expect(out).toMatch(
    new RegExp(
      `^\\d\\d:\\d\\d {2}alice {2}alice {2}${id.slice(0, 8)} {2}The \\*\\*deploy\\*\\* failed\\.\\n$`,
    ),
  );
  expect(err).toBe("");
  expect((await run(["deploy", "in:me"], { tty: true })).out).toContain("\u001b[1mdeploy\u001b[22m");
});

test("as JSON it is the message with its snippet", async () => {
  const { id } = await send(world.bob, "me", "one two three");
  const { out } = await run(["two"], { json: true });
  expect(JSON.parse(out)).toMatchObject({
    type: "message",
    id,
    text: "one two three",
    snippet: "one **two** three",
  });
});

test("nothing found is a note, and nothing for a script", async () => {
  expect(await run(["two"])).toEqual({ out: "", err: "Nothing found.\n" });
  expect(await run(["two"], { json: true })).toEqual({ out: "", err: "" });
});

test("a terminal obeys nothing that was found", async () => {
  await send(world.alice, "bob", "\u001b]0;owned\u0007 needle \u202e");
  await sync(world.bob);
  for (const json of [true, false]) {
    const { out } = await run(["needle"], { json });
    expect(out).toContain("needle");
    expect(out.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\u202e]/u);
  }
});
