import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { knows, runReference } from "./run-reference.ts";

/** What the reference does not do: begin a session. */
const notHere = ["initiate"];

const folder = new URL("../../keys/vectors/sotto/", import.meta.url);
const cases = readdirSync(folder).map((file) => {
  const vector = JSON.parse(readFileSync(new URL(file, folder), "utf8"));
  return { file, ...vector };
});

test.for(cases.filter(({ operation }) => !notHere.includes(operation)))(
  "$file: $about",
  ({ operation, input, expect: expected, output }) => {
    expect(runReference(operation, input, output)).toEqual(expected === "ok" ? output : expected);
  },
);

test("what the reference leaves out is named, and no more than that", () => {
  const all = new Set<string>(cases.map(({ operation }) => operation));
  expect([...all].filter((operation) => !knows(operation))).toEqual(notHere);
});
