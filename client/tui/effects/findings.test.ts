import { expect, test } from "vitest";
import { message } from "../../../test/support/tui-state.ts";
import { findingEntries } from "./findings.ts";

const found = (event: number, at: number, gravity: "stop" | "note" = "note") => ({
  event,
  at,
  gravity,
  text: `Finding ${event}.`,
});

test("a finding stands after what was said before it, and several in their order", () => {
  const said = [message(1, "bob", "one", { sentAt: 100 }), message(2, "bob", "two", { sentAt: 200 })];
  const lines = findingEntries([found(1, 50), found(2, 150, "stop"), found(3, 160), found(4, 300)], said);
  const all = [...said, ...lines].sort((one, other) => one.position - other.position);
  expect(all.map(({ key }) => key)).toEqual(["finding/1", "m1", "finding/2", "finding/3", "m2", "finding/4"]);
  expect(lines.map(({ gravity }) => gravity)).toEqual(["note", "alarm", "note", "note"]);
});

test("a finding stands before what is not sent yet, and its text is safe", () => {
  const waiting = message(2 ** 52 + 3, "alice", "later", { sentAt: 100 });
  const [line] = findingEntries([{ ...found(1, 300), text: "A\u001b[2J key has changed." }], [waiting]);
  expect(line?.position).toBeLessThan(waiting.position);
  expect(line?.text).toBe("A␛[2J key has changed");
});
