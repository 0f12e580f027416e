// Times as people read them, in the time zone of this machine.

/** The end of the year 9999, the last that ISO 8601 writes with four digits. */
const LATEST = 253_402_300_799_999;

/** Milliseconds since 1970 that somebody else named: what is beyond the calendar becomes its end. */
export function dateOf(milliseconds: number): Date {
  return new Date(Math.min(Math.max(milliseconds, 0), LATEST));
}

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

function two(number: number): string {
  return String(number).padStart(2, "0");
}
