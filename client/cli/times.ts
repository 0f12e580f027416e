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

function two(number: number): string {
  return String(number).padStart(2, "0");
}
