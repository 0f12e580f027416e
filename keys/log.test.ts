import fc from "fast-check";
import { expect, test } from "vitest";
import { toHex } from "./bytes.ts";
import { conversationId, type Hash, hash, incarnation } from "./ids.ts";
import { extendLog, logStart, messageRowHash } from "./log.ts";

const start = logStart(conversationId(new Uint8Array(32).fill(1)), incarnation(new Uint8Array(16).fill(2)));
const envelopes = Array.from({ length: 6 }, (_, index) => hash(new Uint8Array(32).fill(index + 1)));

function headOf(rows: readonly Hash[], from = start) {
  return rows.map(messageRowHash).reduce(extendLog, from);
}

test("rows count from 1 on top of h_0", () => {
  expect(start.sequence).toBe(0);
  expect(headOf(envelopes).sequence).toBe(6);
});

test("a log can be followed in parts", () => {
  expect(headOf(envelopes.slice(3), headOf(envelopes.slice(0, 3)))).toEqual(headOf(envelopes));
});

test("no two histories have the same head: dropped, reordered, repeated or replaced rows show", () => {
  const histories = fc.array(fc.constantFrom(...envelopes), { maxLength: 6 });
  const names = (rows: readonly Hash[]) => rows.map((row) => row[0]).join();
  fc.assert(
    fc.property(histories, histories, (one, other) => {
      const same = toHex(headOf(one).hash) === toHex(headOf(other).hash);
      expect(same).toBe(names(one) === names(other));
    }),
  );
});

test("another conversation or incarnation is another log", () => {
  const others = [
    logStart(conversationId(new Uint8Array(32).fill(9)), incarnation(new Uint8Array(16).fill(2))),
    logStart(conversationId(new Uint8Array(32).fill(1)), incarnation(new Uint8Array(16).fill(9))),
  ];
  const heads = [start, ...others].map((from) => toHex(headOf(envelopes, from).hash));
  expect(new Set(heads).size).toBe(3);
});
