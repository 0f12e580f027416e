import { expect, test } from "vitest";
import { initialState } from "./initial.ts";
import { update } from "./update.ts";

test("that the terminal has the focus or loses it is told once", () => {
  const start = initialState({ columns: 80, rows: 24, now: 0, me: "alice", screens: [] });
  const [away, effects] = update(start, { kind: "focus", has: false });
  expect(effects).toEqual([{ kind: "focus", has: false }]);
  expect(update(away, { kind: "focus", has: false })).toEqual([away, []]);
  expect(update(away, { kind: "focus", has: true })[1]).toEqual([{ kind: "focus", has: true }]);
});
