import { expect, test } from "vitest";
import { emojiCalled, findEmoji } from "./emoji.ts";
import { emojiTable } from "./emoji-table.ts";

test("an emoji has the names that GitHub gives it", () => {
  expect(emojiCalled("+1")).toBe("👍");
  expect(emojiCalled("thumbsup")).toBe("👍");
  expect(emojiCalled("TADA")).toBe("🎉");
  expect(emojiCalled("de")).toBe("🇩🇪");
  expect(emojiCalled("constructor")).toBeUndefined();
});

test("what begins with the word comes first, the shortest foremost, then what has a word that does", () => {
  expect(findEmoji("hea", 4).map(({ name }) => name)).toEqual(["heart", "hearts", "heartbeat", "headstone"]);
  expect(findEmoji("tada", 3)).toEqual([{ emoji: "🎉", name: "tada" }]);
  expect(findEmoji("potable", 3).map(({ name }) => name)).toEqual(["potable_water", "non-potable_water"]);
});

test("no emoji is found twice", () => {
  const found = findEmoji("thumb", 20).map(({ emoji }) => emoji);
  expect(new Set(found).size).toBe(found.length);
});

test("every entry of the table is one character with names that can be typed", () => {
  const entries = emojiTable.trim().split(/[,\n]+/);
  expect(entries).toHaveLength(1_870);
  for (const entry of entries) {
    const [emoji = "", ...names] = entry.split(" ");
    expect([...new Intl.Segmenter().segment(emoji)]).toHaveLength(1);
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) expect(name).toMatch(/^[a-z0-9_+-]+$/);
  }
});
