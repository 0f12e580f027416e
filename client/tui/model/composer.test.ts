import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CommandName } from "./command.ts";
import {
  type Completions,
  type Composer,
  composerWith,
  cursorAt,
  emptyComposer,
  menuOf,
  noCompletions,
  runComposer,
  typeText,
} from "./composer.ts";

const around: Completions = {
  ...noCompletions,
  names: ["bob", "bobby", "carol"],
  history: ["newest", "older\nwith two lines", "oldest"],
  width: 10,
};

function run(composer: Composer, ...commands: readonly CommandName[]): Composer {
  return commands.reduce((now, command) => runComposer(now, command, around), composer);
}

/** As keys come: one character at a time. */
function type(composer: Composer, text: string): Composer {
  return [...text].reduce(typeText, composer);
}

/** The text with `|` where the cursor is. */
function shown({ text, cursor }: Composer): string {
  return `${text.slice(0, cursor)}|${text.slice(cursor)}`;
}

/** From such a text. */
function at(marked: string): Composer {
  return cursorAt(composerWith(marked.replace("|", "")), marked.indexOf("|"));
}

describe("the cursor", () => {
  test.each([
    ["a👨‍👩‍👧b|", "left", "a👨‍👩‍👧|b"],
    ["a👨‍👩‍👧|b", "left", "a|👨‍👩‍👧b"],
    ["|👍🏽!", "right", "👍🏽|!"],
    ["🇫🇷🇩🇪|", "left", "🇫🇷|🇩🇪"],
    ["e\u0301|", "left", "|e\u0301"],
    ["a\n|b", "left", "a|\nb"],
    ["|", "left", "|"],
    ["|", "right", "|"],
    ["one two|", "word left", "one |two"],
    ["one |two", "word left", "|one two"],
    ["|one, two", "word right", "one|, two"],
    ["one|, two", "word right", "one, two|"],
    ["naïve été|", "word left", "naïve |été"],
    ["a 𝒳𝒴|", "word left", "a |𝒳𝒴"],
    ["one\ntw|o\nthree", "line start", "one\n|two\nthree"],
    ["one\ntw|o\nthree", "line end", "one\ntwo|\nthree"],
    ["\n|", "line start", "\n|"],
    ["|\n", "line end", "|\n"],
  ] as const)("%j, %s: %j", (before, command, after) => {
    expect(shown(run(at(before), command))).toBe(after);
  });

  test("never comes to stand within a character that was joined by typing", () => {
    expect(shown(typeText(at("|\u0301x"), "e"))).toBe("e\u0301|x");
  });
});

describe("up and down", () => {
  test("keep to the column where they began, over shorter rows", () => {
    const begun = at("abcdef|g\nx\nabcdefg");
    const below = run(begun, "history newer", "history newer");
    expect(shown(below)).toBe("abcdefg\nx\nabcdef|g");
    expect(shown(run(below, "history older", "history older"))).toBe("abcdef|g\nx\nabcdefg");
  });

  test("forget the column after anything else", () => {
    const moved = run(at("abcdef|g\nx\nabcdefg"), "history newer", "left", "history newer");
    expect(shown(moved)).toBe("abcdefg\nx\n|abcdefg");
  });

  test("go through the rows of a long line", () => {
    expect(shown(run(at("one two three fo|ur"), "history older"))).toBe("one two| three four");
  });

  test("stay left of a wide character that the column is in the middle of", () => {
    expect(shown(run(at("abc|\n漢字"), "history newer"))).toBe("abc\n漢|字");
    expect(shown(run(at("漢字|\nabcdef"), "history newer"))).toBe("漢字\nabcd|ef");
  });
});

describe("own messages", () => {
  test("are called back by going up from the first row, and the written comes back by going down", () => {
    const written = at("dra|ft");
    const once = run(written, "history older");
    expect(shown(once)).toBe("|newest");
    const twice = run(once, "history older");
    expect(twice.text).toBe("older\nwith two lines");
    expect(run(twice, "history older").text).toBe("oldest");
    const down = run(run(twice, "line end"), "history newer", "history newer", "history newer");
    expect(down.text).toBe("newest");
    expect(shown(run(down, "history newer"))).toBe("draft|");
  });

  test("end at the oldest, and before the newest there is nothing", () => {
    const oldest = run(emptyComposer, ...Array<CommandName>(9).fill("history older"));
    expect(oldest.text).toBe("oldest");
    expect(shown(run(at("te|xt"), "history newer"))).toBe("text|");
  });

  test("are a text like any other once something is changed in them", () => {
    const changed = typeText(run(emptyComposer, "history older"), "my ");
    expect(changed.text).toBe("my newest");
    expect(run(changed, "history older").text).toBe("newest");
    expect(run(changed, "history older", "history newer").text).toBe("my newest");
  });
});

describe("cutting", () => {
  test.each([
    ["one two|", "kill word back", "one |", "two"],
    ["|one two", "kill word forward", "| two", "one"],
    ["one |two\nx", "kill line", "one |\nx", "two"],
    ["one|\nx", "kill line", "one|x", "\n"],
    ["x\none| two", "kill line back", "x\n| two", "one"],
    ["x\n|one", "kill line back", "x|one", "\n"],
  ] as const)("%j, %s: %j", (before, command, after, cut) => {
    const done = run(at(before), command);
    expect(shown(done)).toBe(after);
    expect(done.kills).toEqual([cut]);
  });

  test("several times in a row makes one piece, in the order of the text", () => {
    const cut = run(at("one two three|"), "kill word back", "kill word back");
    expect(cut.kills).toEqual(["two three"]);
    expect(run(at("|one two"), "kill word forward", "kill word forward").kills).toEqual(["one two"]);
    expect(run(cut, "left", "kill word back").kills).toEqual(["one", "two three"]);
  });

  test("is put back, and what was cut before that in its place, round and round", () => {
    const cut = run(at("one two|"), "kill word back", "left", "kill word back");
    expect(cut.kills).toEqual(["one", "two"]);
    const yanked = run(cut, "yank");
    expect(shown(yanked)).toBe("one| ");
    expect(shown(run(yanked, "yank older"))).toBe("two| ");
    expect(shown(run(yanked, "yank older", "yank older"))).toBe("one| ");
    expect(run(yanked, "left", "yank older").text).toBe("one ");
  });

  test("can be put back in another conversation", () => {
    const cut = run(at("text|"), "kill line back");
    expect(run(composerWith("my ", cut), "yank").text).toBe("my text");
  });
});

describe("undoing", () => {
  test("takes back a word at a time of what was typed, and what was pasted in one piece", () => {
    const typed = typeText(type(emptyComposer, "one two "), "pasted in one piece, longer than a key");
    expect(run(typed, "undo").text).toBe("one two ");
    expect(run(typed, "undo", "undo").text).toBe("one ");
    expect(run(typed, "undo", "undo", "undo").text).toBe("");
    expect(run(typed, "undo", "undo", "undo", "redo", "redo").text).toBe("one two ");
  });

  test("does not join what was typed in two places", () => {
    const typed = type(run(type(emptyComposer, "ac"), "left"), "b");
    expect(run(typed, "undo").text).toBe("ac");
  });

  test("takes back erasing in one go, wherever it went", () => {
    const back = run(at("one two|"), "delete back", "delete back", "delete back");
    expect(shown(run(back, "undo"))).toBe("one two|");
    const forward = run(at("|one two"), "delete forward", "delete forward");
    expect(shown(run(forward, "undo"))).toBe("|one two");
  });

  test("ends what could be redone when something else is written", () => {
    const undone = run(type(emptyComposer, "one"), "undo");
    expect(run(type(undone, "x"), "redo").text).toBe("x");
  });
});

describe("what is pasted", () => {
  test("has one kind of line ends and nothing that could not be sent", () => {
    expect(typeText(emptyComposer, "a\r\nb\rc\ud800").text).toBe("a\nb\nc\ufffd");
  });

  test("keeps its control characters, which are harmless when shown", () => {
    expect(typeText(emptyComposer, "\u001b[31m").text).toBe("\u001b[31m");
  });
});

describe("a name of an emoji", () => {
  test.each([
    ["well :tada:", "well 🎉"],
    [":+1:", "👍"],
    ["(:smile:", "(😄"],
    ["at 12:30:", "at 12:30:"],
    ["std::string::", "std::string::"],
    [":nothing_so_called:", ":nothing_so_called:"],
  ])("%j becomes %j", (typed, text) => {
    expect(type(emptyComposer, typed).text).toBe(text);
  });

  test("comes back by undoing", () => {
    expect(run(type(emptyComposer, ":tada:"), "undo").text).toBe(":tada:");
  });
});

describe("the menu", () => {
  const begun = type(emptyComposer, "hi @bo");

  test("opens while a word is written", () => {
    expect(menuOf(begun, around)?.items.map(({ label }) => label)).toEqual(["@bob", "@bobby"]);
    expect(menuOf(composerWith("hi @bo"), around)).toBeUndefined();
    expect(menuOf(run(begun, "left", "right"), around)).toBeUndefined();
  });

  test("is gone through with up and down, and tab takes what is chosen", () => {
    expect(shown(run(begun, "complete"))).toBe("hi @bob |");
    expect(shown(run(begun, "history newer", "complete"))).toBe("hi @bobby |");
    expect(shown(run(begun, "history older", "complete"))).toBe("hi @bobby |");
    expect(shown(run(begun, "history newer", "history newer", "complete"))).toBe("hi @bob |");
  });

  test("opens with tab at a word that was written before", () => {
    const asked = run(composerWith("hi @bo"), "complete");
    expect(menuOf(asked, around)?.items).toHaveLength(2);
    expect(shown(run(composerWith("hi @car"), "complete"))).toBe("hi @carol |");
  });

  test("leaves one space between what it puts and what follows", () => {
    const between = type(at("hi | there"), "@car");
    expect(shown(run(between, "complete"))).toBe("hi @carol |there");
  });

  test("leaves a composer alone that there is nothing to complete in", () => {
    const plain = composerWith("hi");
    expect(run(plain, "complete")).toBe(plain);
  });
});

const commands: readonly CommandName[] = [
  ...(["left", "right", "word left", "word right", "line start", "line end"] as const),
  ...(["history older", "history newer", "newline", "complete", "delete back", "delete forward"] as const),
  ...(["kill word back", "kill word forward", "kill line", "kill line back"] as const),
  ...(["yank", "yank older", "undo", "redo", "send", "quit"] as const),
];
const texts = fc.oneof(
  fc.constantFrom(
    ...["a", " ", "\n", "漢", "👍🏽", "👨‍👩‍👧", "🇫", "\u0301", "\u200d", "\t", "\u001b", "\u202e"],
  ),
  fc.constantFrom(...["@", "@b", ":", ":ta", "/", "क्षि", "한", "\ud83d", "\udc4d", "a\r\nb", "\u0600"]),
  fc.string({ unit: "binary", maxLength: 12 }),
);
const steps = fc.array(
  fc.oneof(fc.record({ type: texts }), fc.record({ run: fc.constantFrom(...commands) })),
  {
    maxLength: 60,
  },
);
const surroundings = fc.constantFrom(1, 2, 3, 7, 40, Number.POSITIVE_INFINITY).map((width) => {
  return { ...around, width };
});

function edges(text: string): ReadonlySet<number> {
  const found = Array.from(new Intl.Segmenter().segment(text), ({ index }) => index);
  return new Set([...found, text.length]);
}

test("whatever is done, the cursor is at the edge of a character", () => {
  fc.assert(
    fc.property(steps, surroundings, (sequence, given) => {
      let composer = emptyComposer;
      for (const step of sequence) {
        composer = "type" in step ? typeText(composer, step.type) : runComposer(composer, step.run, given);
        expect(edges(composer.text)).toContain(composer.cursor);
        expect(composer.text.isWellFormed()).toBe(true);
        const menu = menuOf(composer, given);
        if (menu !== undefined) expect(menu.items[menu.chosen]).toBeDefined();
      }
    }),
    { numRuns: 500 },
  );
});

test("undoing goes back through states that were there, to the first, and redoing to the last", () => {
  const isOther = (command: CommandName): boolean => command !== "undo" && command !== "redo";
  fc.assert(
    fc.property(steps, surroundings, (sequence, given) => {
      let composer = emptyComposer;
      const texts = new Set([""]);
      for (const step of sequence) {
        if ("type" in step) composer = typeText(composer, step.type);
        else if (isOther(step.run)) composer = runComposer(composer, step.run, given);
        texts.add(composer.text);
        const change = composer.past.at(-1);
        // The colon that makes an emoji is two changes at once.
        if (change !== undefined) texts.add(runComposer(composer, "undo", given).text);
      }
      const last = composer;
      const count = last.past.length;
      for (let at = 0; at < count; at++) {
        composer = runComposer(composer, "undo", given);
        expect(texts).toContain(composer.text);
        expect(edges(composer.text)).toContain(composer.cursor);
      }
      expect(composer.text).toBe("");
      for (let at = 0; at < count; at++) composer = runComposer(composer, "redo", given);
      expect(composer.text).toBe(last.text);
    }),
    { numRuns: 300 },
  );
});
