import type { ChatErrorCode } from "../chat-error.ts";
import { explainFailure } from "../explain-failure.ts";

/** What was looked at. Scripts know the names. */
export type CheckName =
  | "program"
  | "folder"
  | "profile"
  | "integrity"
  | "place"
  | "outbox"
  | "messages"
  | "alarms"
  | "relay"
  | "login"
  | "clock"
  | "device"
  | "prekeys"
  | "logs";

export interface Check {
  readonly name: CheckName;
  readonly ok: boolean;
  /** One sentence, or less. */
  readonly detail: string;
  /** What to do; null where nothing is to be done. */
  readonly hint: string | null;
  /** What a failure comes to, as with any command. Null: worth knowing, and nothing fails for it. */
  readonly code: ChatErrorCode | null;
}

export function good(name: CheckName, detail: string): Check {
  return { name, ok: true, detail, hint: null, code: null };
}

export function bad(
  name: CheckName,
  code: ChatErrorCode | null,
  detail: string,
  hint: string | null = null,
): Check {
  return { name, ok: false, detail, hint, code };
}

export function failed(name: CheckName, error: unknown): Check {
  const { code, message, hint } = explainFailure(error);
  return bad(name, code, message, hint ?? null);
}

export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}

/** In the largest unit that makes one or more. */
export function span(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1_000);
  if (seconds < 90) return count(seconds, "second");
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return count(minutes, "minute");
  const hours = Math.round(minutes / 60);
  return hours < 48 ? count(hours, "hour") : count(Math.round(hours / 24), "day");
}
