import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type AliceAndBob, aliceAndBob, send, sync } from "../../../test/support/alice-and-bob.ts";
import { ChatError } from "../chat-error.ts";
import { searchMessages } from "./search-messages.ts";

let world: AliceAndBob;
beforeEach(async () => {
  world = await aliceAndBob();
});
afterEach(() => world.remove());

function found(query: string, filters: Record<string, string> = {}): string[] {
  return searchMessages(world.bob.profile, { query, filters, limit: 10 }).map(
    ({ message }) => `${message.conversation} ${message.from}: ${message.text}`,
  );
}

function shown(query: string): string | undefined {
  const [first] = searchMessages(world.bob.profile, { query, limit: 1 });
  return first?.snippet.map(({ text, isMatch }) => (isMatch ? `[${text}]` : text)).join("");
}

test("what was received and what was sent is found, newest first", async () => {
  await send(world.alice, "bob", "The deploy failed.");
  await sync(world.bob);
  await send(world.bob, "alice", "Deploy again?");
  await send(world.bob, "me", "deploy: ask carol");
  expect(found("deploy")).toEqual([
    "me bob: deploy: ask carol",
    "alice bob: Deploy again?",
    "alice alice: The deploy failed.",
  ]);
  expect(found("deploy from:alice")).toEqual(["alice alice: The deploy failed."]);
  expect(found("dep*", { in: "me" })).toEqual(["me bob: deploy: ask carol"]);
  expect(found("deploy from:me in:@alice")).toEqual(["alice bob: Deploy again?"]);
});

test("times narrow it down, as dates and as how long ago", async () => {
  await send(world.bob, "me", "lunch");
  expect(found("lunch after:1h")).toHaveLength(1);
  expect(found("lunch before:1h")).toEqual([]);
  expect(found("lunch", { before: "2020-01-01" })).toEqual([]);
  world.bob.ahead = 40 * 86_400_000;
  expect(found("lunch before:30d after:50d")).toHaveLength(1);
  expect(() => found("lunch before:soon")).toThrow('before: cannot read the time "soon".');
});

test("names that stand for nobody are said to", () => {
  const code = (query: string) => {
    try {
      return found(query).length;
    } catch (error) {
      return error instanceof ChatError ? error.code : error;
    }
  };
  expect(code("a from:carol")).toBe("unknown_person");
  expect(code("a from:c/d")).toBe("bad_name");
  expect(code("a in:carol")).toBe("unknown_conversation");
  expect(code("a in:me")).toBe(0);
});

test("a snippet is one short line around what was found", async () => {
  await send(world.bob, "me", `${"before ".repeat(50)}the\n\n needle\tis here${" after".repeat(50)}`);
  expect(shown("needle")).toMatch(/^….*before the \[needle\] is here after.*…$/);
  await send(world.bob, "me", `${"x".repeat(20_000)} needle ${"y".repeat(20_000)}`);
  const snippet = shown("needle") ?? "";
  expect(snippet).toContain("x [needle] y");
  expect(snippet.length).toBeLessThan(250);
  expect(shown("xxx*")?.length).toBeLessThan(250);
});

test("a text cannot pretend to be a match", async () => {
  await send(world.bob, "me", "\u0001fake\u0002 [needle] **fake**");
  expect(shown("needle")).toBe("\u0001fake\u0002 [[needle]] **fake**");
});

test("any query finds something, nothing, or is bad input", async () => {
  await send(world.bob, "me", "a few words");
  const unit = fc.constantFrom(
    '"',
    "*",
    ":",
    " ",
    "a",
    "few",
    "AND",
    "NEAR(",
    "{",
    "^",
    "\0",
    "-",
    "é",
    "\ud800",
  );
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit }), fc.string({ unit: "binary" })), (query) => {
      try {
        found(query);
      } catch (error) {
        expect(error).toBeInstanceOf(ChatError);
      }
    }),
    { numRuns: 300 },
  );
});
