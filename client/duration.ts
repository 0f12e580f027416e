const units: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
/** What a timer of Node can wait. */
const LONGEST_MS = 2_147_483_647;

/** `500ms`, `30s`, `1.5m`, `1h`, `2d` in milliseconds; undefined for anything else and for what no timer can wait. */
export function parseDuration(text: string): number | undefined {
  const [, number = "", unit = ""] = /^(\d{1,10}(?:\.\d{1,3})?)(ms|s|m|h|d)$/.exec(text) ?? [];
  const duration = Math.round(Number(number) * (units[unit] ?? Number.NaN));
  return number !== "" && duration <= LONGEST_MS ? duration : undefined;
}
