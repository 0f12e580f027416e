const hasZone = /(?:Z|[+-]\d\d:?\d\d)$/i;
const isoTime = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:?\d\d)?)?$/i;

/** `2026-11-20`, `2026-11-20T09:00`, both in local time, or with a zone; undefined for anything else. */
function parseTime(text: string): number | undefined {
  if (!isoTime.test(text)) return undefined;
  const whole = text.length === 10 ? `${text}T00:00` : text.replace(" ", "T");
  const time = Date.parse(hasZone.test(text) && text.length > 10 ? whole.toUpperCase() : whole);
  return Number.isNaN(time) ? undefined : time;
}

const units: Record<string, number> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** A time, or how long ago: `2h`, `90d`, `3w`; undefined for anything else. */
export function parseMoment(text: string, now: number): number | undefined {
  const [, number, unit = ""] = /^(\d{1,10}(?:\.\d{1,3})?)(ms|[smhdw])$/.exec(text) ?? [];
  return number === undefined ? parseTime(text) : Math.round(now - Number(number) * (units[unit] ?? 0));
}
