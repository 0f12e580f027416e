/** What an operator is told: rows for a person, or an object a line for a program. */
export interface AdminOutput {
  readonly json: boolean;
  /** Names and ids come from the relay's own tables, which take nothing that a terminal would obey. */
  line(text: string): void;
  object(value: object): void;
}

export function adminOutput(json: boolean): AdminOutput {
  return {
    json,
    line: (text) => void process.stdout.write(`${text}\n`),
    object: (value) => void process.stdout.write(`${JSON.stringify(value)}\n`),
  };
}

/** Columns as wide as what is in them, headings in front. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [headings, ...rows];
  // Not by spreading: more rows than a call takes parameters are none too many.
  const widths = headings.map((_, column) =>
    all.reduce((width, row) => Math.max(width, row[column]?.length ?? 0), 0),
  );
  return columns(widths, all);
}

/** Of a table that is too long to be held at once: some of its rows. */
export function columns(widths: readonly number[], rows: readonly (readonly string[])[]): string {
  return rows
    .map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  "))
    .map((line) => line.trimEnd())
    .join("\n");
}

/** ISO 8601 in UTC; null: none. */
export function moment(at: number | undefined): string | null {
  return at === undefined ? null : new Date(at).toISOString();
}

export const MINUTE_WIDTH = "2026-01-31 12:34".length;

/** For a person: the minute, in UTC. */
export function shown(at: number | undefined, none: string): string {
  return at === undefined ? none : new Date(at).toISOString().slice(0, 16).replace("T", " ");
}

export function size(bytes: bigint): string {
  const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
  let [value, unit] = [Number(bytes), 0];
  for (; value >= 1024 && unit < units.length - 1; unit += 1) value /= 1024;
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}
