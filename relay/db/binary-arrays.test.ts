import { expect, test } from "vitest";
import { int8Array } from "./binary-arrays.ts";

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
