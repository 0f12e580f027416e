import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { headOf, open, row, stateOf } from "../../../test/support/tui-state.ts";
import { composerWith, cursorAt, typeText } from "../model/composer.ts";
import { composerHeight } from "../model/composer-shape.ts";
import { cells } from "../model/layout/text.ts";
import type { Purpose, State } from "../model/state.ts";
import { composerLines } from "./composer.ts";

const conversations = [row("bob"), row("bobby"), row("carol")];

/** With `|` where the cursor is; otherwise it is at the end. */
function writing(text: string, more: { purpose?: Purpose; name?: string } = {}): State {
  const at = text.indexOf("|");
  const written = composerWith(text.replace("|", ""));
  const composer = at === -1 ? written : cursorAt(written, at);
  const { purpose = { kind: "message" }, name = "bob" } = more;
  return stateOf({ conversations, open: open(name, { composer, purpose }) });
}

function typing(text: string): State {
  const state = writing("");
  const { open: opened } = state;
  if (opened === undefined) throw new Error("nothing is open");
  return { ...state, open: { ...opened, composer: typeText(opened.composer, text) } };
}

/** The rows as text, with `▏` before the cell of the cursor. */
function drawn(state: State, width = 40, height = 8): string[] {
  const { lines, cursor } = composerLines(state, width, height);
  return lines.map(({ spans }, y) => {
    const text = spans.map((span) => span.text).join("");
    if (y !== cursor?.y) return text;
    let used = 0;
    for (const { segment, index } of new Intl.Segmenter().segment(text)) {
      if (used >= cursor.x) return `${text.slice(0, index)}▏${text.slice(index)}`;
      used += cells(segment);
    }
    return `${text}▏`;
  });
}

const reply: Purpose = {
  kind: "reply",
  id: "m1",
  key: "m1",
  from: "carol",
  text: "Who turns it on?\nI can.",
};

describe("the composer", () => {
  test("says whom it writes to while it is empty", () => {
    expect(drawn(writing(""))).toEqual(["› ▏Message bob"]);
  });

  test("shows several lines below each other, and the cursor in its place", () => {
    expect(drawn(writing("one\nt|wo"))).toEqual(["› one", "  t▏wo"]);
    expect(drawn(writing("漢字|x"))).toEqual(["› 漢字▏x"]);
  });

  test("leaves room for a cursor behind the last character of a row", () => {
    expect(drawn(writing("abcdefg"), 10)).toEqual(["› abcdefg▏"]);
    expect(drawn(writing("abcdefgh"), 10)).toEqual(["› abcdefg", "  h▏"]);
  });

  test("shows the rows around the cursor when there are more than fit, and that there are", () => {
    const text = "1\n2\n3\n4|\n5\n6\n7";
    expect(drawn(writing(text), 20, 3)).toEqual(["↑ 3", "  4▏", "↓ 5"]);
    expect(drawn(writing(text.replace("|", "").replace("1", "1|")), 20, 3)).toEqual(["› 1▏", "  2", "↓ 3"]);
    expect(drawn(writing(`${text.replace("|", "")}|`), 20, 3)).toEqual(["↑ 5", "  6", "  7▏"]);
  });

  test("says what is answered, in one line", () => {
    expect(drawn(writing("I do", { purpose: reply }), 40)).toEqual([
      "↳ carol: Who turns it on?            Esc",
      "› I do▏",
    ]);
    expect(drawn(writing("", { purpose: reply }), 20)).toEqual(["↳ carol: Who turns …", "› ▏"]);
  });

  test("says that a message is edited", () => {
    const [first] = drawn(writing("x", { purpose: { kind: "edit", id: "m1", key: "m1", before: "" } }));
    expect(first).toContain("Editing your message");
  });

  test("shows what is offered above the text, and what of it is chosen", () => {
    expect(drawn(typing("hi @bo"))).toEqual(["▌ @bob", "  @bobby", "› hi @bo▏"]);
    expect(drawn(typing("/de"), 50)).toEqual([
      "▌ /decline [NAME]  Decline an invitation",
      "  /details  Details of this conversation",
      "› /de▏",
    ]);
  });

  test("leaves the text a row whatever is offered", () => {
    expect(drawn(typing("hi @bo"), 40, 2)).toEqual(["▌ @bob", "› hi @bo▏"]);
    expect(drawn(typing("hi @bo"), 40, 1)).toEqual(["› hi @bo▏"]);
  });

  test.each([
    [{ standing: "left" }, "You left this conversation."],
    [{ standing: "removed" }, "You were removed from this conversation."],
    [{ standing: "invited" }, "You are invited: /accept joins, /decline does not."],
  ] as const)("says why nothing can be written: %j", (more, why) => {
    const state = stateOf({ conversations: [row("ops", { kind: "group", ...more })], open: open("ops") });
    expect(drawn(state, 60)).toEqual([`› ▏${why}`]);
  });

  test("says that only others may write", () => {
    const state = stateOf({ open: open("ops", { head: headOf("ops", { kind: "group", canPost: false }) }) });
    expect(drawn(state)).toEqual(["› ▏Only admins write here."]);
  });

  test("says how much room is left when it gets scarce, and how much is too much", () => {
    expect(drawn(writing("x".repeat(40_000)), 60, 3).at(-1)).not.toContain("bytes");
    expect(drawn(writing(`${"x".repeat(65_000)}\n`), 60, 3).at(-1)).toMatch(/ 535 bytes left$/);
    expect(drawn(writing(`${"é".repeat(40_000)}\n`), 60, 3).at(-1)).toMatch(/ 14,465 bytes too long$/);
  });

  test("shows control characters as pictures", () => {
    expect(drawn(writing("a\u001b[2J\u0007"))).toEqual(["› a␛[2J␇▏"]);
  });

  test("is there when nothing is open", () => {
    expect(composerLines(stateOf(), 20, 3).lines).toHaveLength(1);
  });
});

test("at any size and with any text it fits, is as high as was said, and the cursor is in it", () => {
  const texts = fc.oneof(
    fc.string({ unit: "binary", maxLength: 60 }),
    fc
      .array(fc.constantFrom("漢", "👨‍👩‍👧", "a", "\n", "\t", "\u202e", "e\u0301", " ", "@b", ":ta", "/"))
      .map((parts) => {
        return parts.join("");
      }),
  );
  const purposes = fc.constantFrom<Purpose>(
    { kind: "message" },
    { kind: "edit", id: "m", key: "m", before: "" },
    { ...reply, text: "漢字\u0007".repeat(30) },
  );
  fc.assert(
    fc.property(texts, purposes, fc.nat(70), fc.nat(12), (text, purpose, width, most) => {
      const state = typing(text);
      const { open: opened } = state;
      if (opened === undefined) throw new Error("nothing is open");
      const given = { ...state, open: { ...opened, purpose } };
      const height = composerHeight(given, width, Math.max(1, most));
      const { lines, cursor } = composerLines(given, width, height);
      expect(lines).toHaveLength(height);
      expect(height).toBeLessThanOrEqual(Math.max(1, most));
      for (const { spans } of lines) {
        const shown = spans.map((span) => span.text).join("");
        expect(cells(shown)).toBeLessThanOrEqual(width);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: that there are none
        expect(shown).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
      }
      expect(cursor?.x).toBeLessThan(Math.max(1, width));
      expect(cursor?.y).toBeLessThan(height);
    }),
    { numRuns: 500 },
  );
});
