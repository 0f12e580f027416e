// By this machine's clock and zone. Written out, as the formatters of Intl take milliseconds to make.

const weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const months = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `09:12`; senders may name times that no calendar has. */
export function clock(at: number): string {
  const date = new Date(at);
  return isDate(date) ? `${twoDigits(date.getHours())}:${twoDigits(date.getMinutes())}` : "--:--";
}

/** `Friday 20 November`, with the year if it is not the one of `now`. */
export function day(at: number, now: number): string {
  const date = new Date(at);
  if (!isDate(date)) return "a day unknown";
  const year = date.getFullYear();
  const shown = `${weekdays[date.getDay()]} ${date.getDate()} ${months[date.getMonth()]}`;
  return year === new Date(now).getFullYear() ? shown : `${shown} ${year}`;
}

export function isSameDay(one: number, other: number): boolean {
  return new Date(one).setHours(0, 0, 0, 0) === new Date(other).setHours(0, 0, 0, 0);
}

/** `5 min`, `3 h`, `2 days`: how long until then, rounded up. */
export function until(at: number, now: number): string {
  const left = at - now;
  if (left <= MINUTE) return "a minute";
  if (left < HOUR) return `${Math.ceil(left / MINUTE)} min`;
  if (left < 2 * DAY) return `${Math.ceil(left / HOUR)} h`;
  return `${Math.ceil(left / DAY)} days`;
}

function isDate(date: Date): boolean {
  return !Number.isNaN(date.getTime());
}

function twoDigits(number: number): string {
  return String(number).padStart(2, "0");
}
