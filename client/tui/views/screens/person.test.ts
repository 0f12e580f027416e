import { describe, expect, it } from "vitest";
import { digits, personScreen } from "../../../../test/support/tui-screens.ts";
import { morning, row } from "../../../../test/support/tui-state.ts";
import { qrRows } from "../../../qr.ts";
import type { State } from "../../model/state.ts";
import { personLines } from "./person.ts";

const code = qrRows(digits);

function shown(width: number, height: number, more: Partial<State> = {}): readonly string[] {
  const screen = personScreen("bob");
  if (screen.about.kind !== "person") throw new Error("not a person");
  const state = morning({ conversations: [row("bob", { notify: "mentions" })], ...more });
  return personLines(screen, screen.about.number, state, width, height).map(({ spans }) =>
    spans.map(({ text }) => text).join(""),
  );
}

describe("a person's safety number", () => {
  it("has its code straight beside it, whatever stands at the left", () => {
    const lines = shown(60, 14);
    expect(lines.map((line) => line.slice(-27))).toEqual(code);
  });

  it("is without a code where that does not fit whole", () => {
    for (const lines of [shown(54, 14), shown(60, 13)]) {
      expect(lines.join("")).not.toContain("█");
      expect(lines.join(" ")).toContain("50981 78173 40836 49985");
      expect(lines.join(" ")).toContain("A larger window");
    }
  });

  it("has its light parts light on a light ground too", () => {
    const { settings } = morning();
    const lines = shown(60, 14, { settings: { ...settings, theme: "light" } });
    const turned = code.map((line) =>
      Array.from(line, (block) => ({ "█": " ", " ": "█", "▀": "▄", "▄": "▀" })[block]).join(""),
    );
    expect(lines.map((line) => line.slice(-27))).toEqual(turned);
  });
});
