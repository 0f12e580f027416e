import { expect, test } from "vitest";
import { person } from "./make-vectors/people.ts";
import { fingerprint, safetyNumber } from "./safety-number.ts";
import { ready } from "./sodium.ts";

await ready();
const [alice, bob, mallory] = ["alice", "bob", "mallory"].map((name) => person(name).accountId);

test("both see the same sixty digits, whoever asks", () => {
  if (alice === undefined || bob === undefined) throw new TypeError("two people");
  expect(safetyNumber(alice, bob)).toMatch(/^\d{60}$/);
  expect(safetyNumber(bob, alice)).toBe(safetyNumber(alice, bob));
});

test("a number is made of the two fingerprints, the lower one first", () => {
  if (alice === undefined || bob === undefined) throw new TypeError("two people");
  const halves = [fingerprint(alice), fingerprint(bob)];
  expect(safetyNumber(alice, bob)).toBe(halves.sort().join(""));
  expect(halves[0]).not.toBe(halves[1]);
});

test("somebody in between has another number with each of them", () => {
  if (alice === undefined || bob === undefined || mallory === undefined) throw new TypeError("three people");
  const numbers = [safetyNumber(alice, bob), safetyNumber(alice, mallory), safetyNumber(mallory, bob)];
  expect(new Set(numbers).size).toBe(3);
});

test("nobody has a safety number with himself", () => {
  if (alice === undefined) throw new TypeError("one person");
  expect(() => safetyNumber(alice, alice)).toThrow("two accounts");
});
