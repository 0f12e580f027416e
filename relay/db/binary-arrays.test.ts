import { expect, test } from "vitest";
import { byteaArray, int8Array, packedArray } from "./binary-arrays.ts";

const HEADER_BYTES = 20;

test("whole numbers of any size are as PostgreSQL reads them", () => {
  const values = [
    0n,
    1n,
    -1n,
    2n ** 31n,
    -(2n ** 31n) - 1n,
    2n ** 32n,
    -(2n ** 32n),
    2n ** 53n - 1n,
    -(2n ** 53n) + 1n,
    2n ** 53n + 1n,
    2n ** 63n - 1n,
    -(2n ** 63n),
  ];
  const array = int8Array([...values, 1_700_000_000_123]);
  const read = [...values.keys(), values.length].map((place) =>
    array.readBigInt64BE(HEADER_BYTES + place * 12 + 4),
  );
  expect(read).toEqual([...values, 1_700_000_000_123n]);
});

test("what is packed is one element for each value, and of the size that it says", () => {
  const values = [[Buffer.of(1), Buffer.of(2, 3)], [Buffer.of(4, 5, 6)]];
  const packed = packedArray(3, values, (parts) => parts);
  expect(packed).toEqual(byteaArray([Buffer.of(1, 2, 3), Buffer.of(4, 5, 6)]));
  expect(() => packedArray(4, values, (parts) => parts)).toThrow();
  expect(() => packedArray(2, values, (parts) => parts)).toThrow();
});
