import { beforeEach, expect, test } from "vitest";
import { OtherRelays } from "./other-relays.ts";

let now: number;
let others: OtherRelays;

beforeEach(() => {
  now = 1_000;
  others = new OtherRelays(1, () => now);
});

test("before the database was asked, one cannot know", () => {
  expect(others).toMatchObject({ isAlone: false, areHeard: false });
});

test("a relay that is alone has nobody to hear, itself included", () => {
  others.hear(1);
  others.see([1]);
  expect(others).toMatchObject({ isAlone: true, areHeard: true });
});

test("one that the database knows and that says nothing is not heard", () => {
  others.see([1, 2, 3]);
  others.hear(2);
  expect(others).toMatchObject({ isAlone: false, areHeard: false });
  others.hear(3);
  expect(others.areHeard).toBe(true);
  now += 3_000;
  others.hear(2);
  now += 1_000;
  expect(others.areHeard).toBe(false);
});

test("one that is heard is there, before the database says so, and gone when it is silent", () => {
  others.see([1]);
  others.hear(2);
  expect(others.isAlone).toBe(false);
  now += 4_000;
  expect(others.isAlone).toBe(true);
});

test("made-up relays cost little, and nobody believes that they are on the database", () => {
  others.see([1, 2]);
  for (let relay = 10; relay < 5_000; relay += 1) others.hear(relay);
  expect(others).toMatchObject({ isAlone: false, areHeard: false });
});
