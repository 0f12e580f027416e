// What the relay counts of itself, read from its /metrics.

/** Sums over all labels of what counts up. */
export interface RelayCounts {
  readonly statements: number;
  readonly rowsStored: number;
  readonly batches: number;
}

const WANTED = {
  statements: "sotto_relay_statement_seconds_count",
  rowsStored: "sotto_relay_rows_stored_total",
  batches: "sotto_relay_batch_rows_count",
} as const;

export function readCounts(text: string): RelayCounts {
  const sum = (metric: string): number => {
    let total = 0;
    for (const line of text.split("\n")) {
      const name = line.slice(0, metric.length);
      const after = line[metric.length];
      if (name === metric && (after === "{" || after === " "))
        total += Number(line.slice(line.lastIndexOf(" ")));
    }
    return total;
  };
  const { statements, rowsStored, batches } = WANTED;
  return { statements: sum(statements), rowsStored: sum(rowsStored), batches: sum(batches) };
}

/** Of several relays together, since `before`. */
export function countedSince(before: readonly RelayCounts[], after: readonly RelayCounts[]): RelayCounts {
  const sum = (all: readonly RelayCounts[], field: keyof RelayCounts) =>
    all.reduce((total, counts) => total + counts[field], 0);
  const grown = (field: keyof RelayCounts) => sum(after, field) - sum(before, field);
  return { statements: grown("statements"), rowsStored: grown("rowsStored"), batches: grown("batches") };
}
