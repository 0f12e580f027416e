import { readdirSync, readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { allVectors, vectorText } from "./make-vectors/all-vectors.ts";
import { runVector } from "./make-vectors/run-vector.ts";
import type { Vector } from "./make-vectors/vector.ts";
import { ready } from "./sodium.ts";

beforeAll(ready);

const folder = new URL("./vectors/sotto/", import.meta.url);
const files = readdirSync(folder);

function read(file: string): string {
  return readFileSync(new URL(file, folder), "utf8");
}

describe("each frozen vector gives what it says", () => {
  test.each(files)("%s", (file) => {
    const { about, operation, input, ...frozen } = JSON.parse(read(file)) as Vector;
    expect(runVector({ operation, input }), about).toEqual(frozen);
  });
});

test("the generator makes the same files again", () => {
  const made = [...allVectors()].map(([name, vector]) => [`${name}.json`, vectorText(vector)]);
  expect(Object.fromEntries(made)).toEqual(Object.fromEntries(files.map((file) => [file, read(file)])));
});

test("the error codes that can come of bytes all have a vector", () => {
  const seen = new Set(files.map((file) => (JSON.parse(read(file)) as Vector).expect));
  const here = "ok malformed unsupported_version bad_signature decrypt_failed rollback fork wrong_account";
  const groups = "wrong_conversation unknown_chain chain_behind";
  for (const code of `${here} ${groups} not_permitted too_far replayed bad_key prekey_unknown prekey_expired bad_words`.split(
    " ",
  )) {
    expect([...seen]).toContain(code);
  }
});
