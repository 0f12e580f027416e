import { expect, test } from "vitest";
import { createMetrics } from "../../relay/metrics/metrics.ts";
import { countedSince, readCounts } from "./relay-metrics.ts";

test("what the relay shows of itself is summed over its labels", async () => {
  const metrics = createMetrics();
  metrics.statementSeconds.of("append-rows").observe(0.5);
  metrics.statementSeconds.of("append-rows").observe(0.5);
  metrics.statementSeconds.of("select-rows").observe(7);
  metrics.rowsStored.add(12);
  metrics.batchRows.observe(12);
  const counts = readCounts(await metrics.registry.metrics());
  expect(counts).toEqual({ statements: 3, rowsStored: 12, batches: 1 });
  const none = { statements: 0, rowsStored: 2, batches: 0 };
  expect(countedSince([none, none], [counts, none])).toEqual({ statements: 3, rowsStored: 10, batches: 1 });
});
