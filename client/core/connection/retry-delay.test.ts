import { expect, test } from "vitest";
import { FIRST_DELAY_MS, retryDelay } from "./retry-delay.ts";

test("clients that lost a relay in the same moment come back spread out, also where it said when", () => {
  for (const retryAfter of [0, 1_000]) {
    const delays = Array.from({ length: 1_000 }, (_, i) =>
      retryDelay(FIRST_DELAY_MS, retryAfter, () => i / 1_000),
    );
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(retryAfter);
    const tenths = Map.groupBy(delays, (delay) => Math.floor((delay - retryAfter) / 100));
    expect(tenths.size).toBeGreaterThanOrEqual(9);
    expect(Math.max(...[...tenths.values()].map((some) => some.length))).toBeLessThan(130);
  }
});
