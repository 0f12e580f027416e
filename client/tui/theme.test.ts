import { expect, it } from "vitest";
import type { Style } from "./model/line.ts";
import { propsOf } from "./theme.ts";
import { paint } from "./views/paint.ts";

const styles: readonly Style[] = [
  ...([
    "plain",
    "dim",
    "strong",
    "accent",
    "chosen",
    "good",
    "warn",
    "bad",
    "link",
    "code",
    "match",
  ] as const),
  ...([0, 1, 2, 3, 4, 5, 6, 7] as const).map((hue) => `name${hue}` as const),
];

it("has no colour in the theme without colours", () => {
  for (const style of styles) {
    const { color, backgroundColor } = propsOf(style, "plain");
    expect([color, backgroundColor]).toEqual([undefined, undefined]);
  }
});

it("makes nothing faint in high contrast", () => {
  for (const style of styles) expect(propsOf(style, "contrast").dimColor).toBeUndefined();
});

it("uses only colours that can be painted", () => {
  for (const theme of ["dark", "light", "contrast"] as const) {
    for (const style of styles) {
      const { color } = propsOf(style, theme);
      if (color !== undefined) expect(paint("x", { color })).not.toBe("x");
    }
  }
});
