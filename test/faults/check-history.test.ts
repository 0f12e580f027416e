import { expect, test } from "vitest";
import { checkHistory, type History, type Life, type Sending, type Shown } from "./check-history.ts";

const shown = (text: string, from = "alice"): Shown => ({
  id: `id of ${text}`,
  from,
  conversation: "#ops",
  text,
});
const sent = (text: string, begun: number, answered?: number): Sending => ({
  from: "alice",
  by: "alice",
  conversation: "#ops",
  text,
  begun,
  ...(answered === undefined ? {} : { answered, answer: "sent", id: `id of ${text}` }),
});
const sendings = [sent("one", 1, 2), sent("two", 3, 4), sent("three", 5)];

function history(
  ends: Record<string, Shown[]>,
  lives: Life[] = [lifeOf(shown("one"), shown("two"))],
): History {
  const each = Object.entries(ends).map(([reader, end]) => [reader, new Map([["#ops", end]])] as const);
  return {
    members: new Map([["#ops", ["alice", "bob"]]]),
    sendings,
    ignored: new Set(["hello"]),
    ends: new Map(each),
    tails: new Map([["bob", lives]]),
  };
}

function lifeOf(...messages: Shown[]): Life {
  return messages.map((message) => ({ id: message.id, message }));
}

const good = [shown("hello"), shown("one"), shown("two")];

test("what was promised and is there, each once and in order, is well", () => {
  expect(checkHistory(history({ alice: good, bob: good }))).toEqual([]);
  const all = [...good, shown("three")];
  expect(checkHistory(history({ alice: all, bob: all }, [lifeOf(...all)]))).toEqual([]);
  expect(checkHistory(history({ alice: good, bob: good }, [lifeOf(shown("one")), lifeOf(...good)]))).toEqual(
    [],
  );
});

test.each<[string, Shown[], RegExp]>([
  ["lost", [shown("one")], /bob does not see "two" in #ops, which was sent/],
  ["doubled", [...good, shown("two")], /bob sees "two" 2 times/],
  ["reordered", [shown("two"), shown("one")], /bob sees "two" before "one", which alice sent earlier/],
  ["shown to one member only", [...good, shown("three")], /alice and bob see #ops otherwise from message 3/],
  ["invented", [...good, shown("four")], /bob sees what nobody said in #ops: "four"/],
  [
    "shown as somebody else's",
    [shown("one", "bob"), shown("two")],
    /bob sees what nobody said in #ops: "one"/,
  ],
  ["shown under another id", [{ ...shown("one"), id: "other" }, shown("two")], /bob sees "one" as other/],
])("a message that is %s is found", (_, end, sentence) => {
  expect(checkHistory(history({ alice: good, bob: end })).join("\n")).toMatch(sentence);
});

test.each<[string, Life[], RegExp]>([
  ["leaves one out", [lifeOf(shown("two"))], /bob's consumer never printed "one"/],
  [
    "prints one twice",
    [lifeOf(shown("one"), shown("two"), shown("two"))],
    /life 1 of bob's consumer printed/,
  ],
  ["turns two round", [lifeOf(shown("two"), shown("one"))], /printed "one" after a later one of alice/],
])("a consumer that %s is found", (_, lives, sentence) => {
  expect(checkHistory(history({ alice: good, bob: good }, lives)).join("\n")).toMatch(sentence);
});
