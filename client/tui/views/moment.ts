import { clock, isSameDay } from "../model/layout/times.ts";

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** `09:12` of today, else `20 Nov`, with the year if it is another. */
export function moment(at: number, now: number): string {
  return isSameDay(at, now) ? clock(at) : date(at, now);
}

export function date(at: number, now: number): string {
  const day = new Date(at);
  if (Number.isNaN(day.getTime())) return "once";
  const year = day.getFullYear();
  const shown = `${day.getDate()} ${months[day.getMonth()]}`;
  return year === new Date(now).getFullYear() ? shown : `${shown} ${year}`;
}
