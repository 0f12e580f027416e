import { expect, test } from "vitest";
import { Moment } from "./moment.ts";

test("a moment comes once, to all who wait for it, and not to who comes later", () => {
  const moment = new Moment();
  const heard: string[] = [];
  moment.whenItComes(() => heard.push("first"));
  moment.whenItComes(() => heard.push("second"));
  expect(moment.hasCome).toBe(false);
  moment.come();
  moment.come();
  moment.whenItComes(() => heard.push("too late"));
  expect(heard).toEqual(["first", "second"]);
  expect(moment.hasCome).toBe(true);
});
