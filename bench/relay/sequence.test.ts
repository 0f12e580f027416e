import { beforeEach, expect, test } from "vitest";
import { Sequence, type SequenceFaults } from "./sequence.ts";

let faults: SequenceFaults;
let log: Sequence;

beforeEach(() => {
  faults = { doubled: 0, lost: 0, swapped: 0, unsealed: 0 };
  log = new Sequence(faults);
});

test("rows that come one after the other are no fault", () => {
  expect([1, 2, 3].map((sequence) => log.take(sequence))).toEqual(["next", "next", "next"]);
  expect(faults).toMatchObject({ doubled: 0, lost: 0 });
});

test("a row that is pushed twice is doubled", () => {
  log.take(1);
  expect(log.take(1)).toBe("again");
  expect(faults.doubled).toBe(1);
});

test("a row behind a gap waits for a pull, and is not taken", () => {
  log.take(1);
  expect(log.take(3)).toBe("gap");
  expect(log.last).toBe(1);
  log.pulling = true;
  expect([log.take(2), log.take(3), log.take(3)]).toEqual(["next", "next", "again"]);
  expect(log.pulled(3, 3)).toBe(false);
  expect(faults).toMatchObject({ doubled: 0, lost: 0 });
});

test("what a pull has brought may still be pushed, what came before that may not", () => {
  log.take(1);
  log.pulling = true;
  log.take(2);
  log.pulled(2, 2);
  expect([log.take(2), faults.doubled]).toEqual(["again", 0]);
  log.take(3);
  expect([log.take(3), faults.doubled]).toEqual(["again", 1]);
});

test("a page that says more than it brought has lost it", () => {
  log.pulling = true;
  log.take(1);
  expect(log.pulled(4, 9)).toBe(true);
  expect(faults.lost).toBe(3);
});
