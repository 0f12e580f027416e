import { describe, expect, test } from "vitest";
import { directory, screens } from "../../../../test/support/tui-screens.ts";
import { morning, strangers } from "../../../../test/support/tui-state.ts";
import { nobodyYet } from "../../model/directory.ts";
import type { Line } from "../../model/line.ts";
import type { State } from "../../model/state.ts";
import { frameOf } from "../frame.ts";

const sizes = [
  [60, 16],
  [96, 30],
] as const;

describe("screens", () => {
  for (const [name, screen] of Object.entries(screens)) {
    for (const [columns, rows] of sizes) {
      test(`${name} looks at ${columns}x${rows} as kept`, async () => {
        const people = /^people-(failed|unlisted)$/.test(name) ? nobodyYet : directory;
        const requests = name === "requests" ? strangers : [];
        const blocked = name === "requests" ? ["mallory"] : [];
        const state = morning({ columns, rows, screens: [screen], directory: people, requests, blocked });
        await expect(shown(state)).toMatchFileSnapshot(`golden/${name}-${columns}x${rows}.txt`);
      });
    }
  }
});

/** The screen as text for people to review; what a search matched is between guillemets. */
function shown(state: State): string {
  const { rows, cursor } = frameOf(state);
  const place = cursor === undefined ? "no cursor" : `cursor at column ${cursor.x + 1}, row ${cursor.y + 1}`;
  const lines = rows.map((line) => textOf(line).trimEnd());
  return `${[`${state.columns}x${state.rows}, ${place}`, ...lines].join("\n")}\n`;
}

function textOf({ spans }: Line): string {
  return spans.map(({ text, style }) => (style === "match" ? `«${text}»` : text)).join("");
}
