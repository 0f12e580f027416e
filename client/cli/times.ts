// Times as people read them, in the time zone of this machine.

/** 09:12 */
export function clock(time: Date): string {
  return `${two(time.getHours())}:${two(time.getMinutes())}`;
}

/** Friday 20 November, with the year when it is not this one. */
export function dayLine(time: Date, now: Date): string {
  const weekday = time.toLocaleDateString("en-GB", { weekday: "long" });
  return `${weekday} ${shortDay(time, now, "long")}`;
}

/** 09:12 today, else 20 Nov, with the year when it is not this one. */
export function moment(time: Date, now: Date): string {
  return sameDay(time, now) ? clock(time) : shortDay(time, now, "short");
}

export function sameDay(one: Date, other: Date): boolean {
  return one.toDateString() === other.toDateString();
}

function shortDay(time: Date, now: Date, month: "short" | "long"): string {
  const day = `${time.getDate()} ${time.toLocaleDateString("en-GB", { month })}`;
  return time.getFullYear() === now.getFullYear() ? day : `${day} ${time.getFullYear()}`;
}

const hasZone = /(?:Z|[+-]\d\d:?\d\d)$/i;
const isoTime = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:?\d\d)?)?$/i;

/** `2026-11-20`, `2026-11-20T09:00`, both in local time, or with a zone; undefined for anything else. */
export function parseTime(text: string): number | undefined {
  if (!isoTime.test(text)) return undefined;
  const whole = text.length === 10 ? `${text}T00:00` : text.replace(" ", "T");
  const time = Date.parse(hasZone.test(text) && text.length > 10 ? whole.toUpperCase() : whole);
  return Number.isNaN(time) ? undefined : time;
}

function two(number: number): string {
  return String(number).padStart(2, "0");
}
