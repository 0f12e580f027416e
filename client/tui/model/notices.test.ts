import { expect, it } from "vitest";
import { morning, NOW } from "../../../test/support/tui-state.ts";
import { note, noticeRows, said, withNotice } from "./notices.ts";

const texts = (state: Parameters<typeof noticeRows>[0], width = 76) =>
  noticeRows(state, width).map(({ text }) => text);

it("tells the same again once", () => {
  expect(said(said(morning(), "Copied."), "Copied.").notices).toHaveLength(1);
});

it("gives up the oldest note before any alarm", () => {
  let state = withNotice(morning(), note("The key of bob has changed.", "alarm", NOW));
  for (const text of ["one", "two", "three"]) state = said(state, text);
  expect(state.notices.map(({ text }) => text)).toEqual(["The key of bob has changed.", "two", "three"]);
});

it("has an alarm last, where one looks, and cuts what is long after two rows", () => {
  const state = said(withNotice(morning(), note("word ".repeat(40), "alarm", NOW)), "Copied.");
  const rows = noticeRows(state, 40);
  expect(rows.map(({ gravity }) => gravity)).toEqual(["note", "alarm", "alarm"]);
  expect(rows.at(-1)?.text.endsWith("…")).toBe(true);
});

it("says while there is no connection what becomes of messages", () => {
  const offline = (queued: number, why?: string) =>
    morning({ connection: { state: "offline", why, queued } });
  expect(texts(offline(0))).toEqual(["Offline. What you send waits and goes out by itself."]);
  expect(texts(offline(1, "it does not answer"))).toEqual([
    "Offline: it does not answer. 1 message waits and goes out by itself.",
  ]);
  expect(texts(offline(2))).toEqual(["Offline. 2 messages wait and go out by themselves."]);
  expect(texts(morning())).toEqual([]);
});
