import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { Canaries, wordsInSequence } from "./canaries.ts";

const key = randomBytes(32);
const canaries = new Canaries([
  { name: "text", value: "the quiet word" },
  { name: "key", value: key },
]);
const noise = (length: number) => randomBytes(length);
const amid = (form: Uint8Array | string) => Buffer.concat([noise(5_000), Buffer.from(form), noise(5_000)]);

test.each<[string, Uint8Array | string, string]>([
  ["as it is", "the quiet word", "text"],
  ["in UTF-16", Buffer.from("the quiet word", "utf16le"), "text"],
  ["as hex", Buffer.from("the quiet word").toString("hex"), "text"],
  ["raw", key, "key"],
  ["as hex", key.toString("hex"), "key"],
  ["as hex in capitals", key.toString("hex").toUpperCase(), "key"],
  ["as base64", key.toString("base64"), "key"],
  ["as base64url", key.toString("base64url"), "key"],
  ["in the base64 of something longer", Buffer.concat([noise(4), key, noise(3)]).toString("base64"), "key"],
  ["there too", Buffer.concat([noise(5), key, noise(4)]).toString("base64url"), "key"],
])("a secret is found %s", (_, form, name) => {
  expect(canaries.in(amid(form))).toEqual([name]);
});

test("what is not there is not found, at the very ends it is", () => {
  expect(canaries.in(noise(100_000))).toEqual([]);
  expect(canaries.in(Buffer.from("the quiet wor"))).toEqual([]);
  expect(canaries.in(Buffer.concat([key, Buffer.from("the quiet word")]))).toEqual(["key", "text"]);
});

test("words are found in sequence, whatever stands between them", () => {
  const words = ["abandon", "letter", "zoo", "advice"];
  expect(wordsInSequence(amid("letter\u0000\u0000zoo\n advice"), words)).toBe("letter zoo advice");
  expect(
    wordsInSequence(amid("abandon letter and long after that, nobody knows why, a zoo"), words),
  ).toBeUndefined();
  expect(wordsInSequence(amid("zoo letter abandon"), words)).toBeUndefined();
});
