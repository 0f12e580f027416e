import { expect, test } from "vitest";
import { exitCodes } from "./exit-codes.ts";

test("each failure has one of the documented exit statuses", () => {
  const documented = [64, 65, 67, 69, 70, 73, 75, 76, 77, 78, 130];
  expect([...new Set(Object.values(exitCodes))].toSorted((a, b) => a - b)).toEqual(documented);
});

test("scripts can rely on these", () => {
  expect(exitCodes).toMatchObject({
    usage: 64,
    text_too_long: 65,
    not_utf8: 65,
    bad_name: 65,
    key_conflict: 65,
    unknown_person: 67,
    relay_unreachable: 69,
    internal: 70,
    cannot_write: 73,
    timed_out: 75,
    security_stop: 76,
    login_failed: 77,
    signed_out: 77,
    rate_limited: 77,
    not_set_up: 78,
    interrupted: 130,
  });
});
