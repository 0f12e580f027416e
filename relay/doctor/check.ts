import pg from "pg";
import { maskSentence } from "../config/mask.ts";
import { StartupError, type StartupErrorCode } from "../startup-error.ts";

/** What was looked at. Scripts know the names. */
export type CheckName =
  | "configuration"
  | "folder"
  | "certificate"
  | "listen"
  | "database"
  | "durability"
  | "clock"
  | "schema"
  | "connections"
  | "secrets"
  | "relays"
  | "nats"
  | "retention"
  | "tables";

export interface Check {
  readonly name: CheckName;
  readonly ok: boolean;
  /** One sentence, or less. */
  readonly detail: string;
  /** What to do; null where nothing is to be done. */
  readonly hint: string | null;
  /** What a failure comes to, as when the relay does not start. Null: worth knowing, and nothing fails for it. */
  readonly code: StartupErrorCode | null;
}

export function good(name: CheckName, detail: string): Check {
  return { name, ok: true, detail, hint: null, code: null };
}

export function bad(
  name: CheckName,
  code: StartupErrorCode | null,
  detail: string,
  hint: string | null = null,
): Check {
  return { name, ok: false, detail, hint, code };
}

export function failed(name: CheckName, error: unknown): Check {
  if (error instanceof StartupError) return bad(name, error.code, withoutStop(error.message), error.hint);
  // SQLSTATE 42501: insufficient_privilege
  if (error instanceof pg.DatabaseError && error.code === "42501") {
    return bad(
      name,
      "database_unsuitable",
      wordsFor(error),
      "Grant that to the relay's role, or make it the owner.",
    );
  }
  return bad(name, "internal", `could not be looked at: ${wordsFor(error)}`);
}

export function wordsFor(error: unknown): string {
  if (error instanceof AggregateError) return wordsFor(error.errors[0]);
  return error instanceof Error ? maskSentence(withoutStop(error.message)) : "unknown reason";
}

function withoutStop(sentence: string): string {
  return sentence.replace(/\.$/, "");
}

export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}

/** In the largest unit that makes two or more. */
export function span(milliseconds: number): string {
  const units = [
    ["day", 24 * 3_600_000],
    ["hour", 3_600_000],
    ["minute", 60_000],
  ] as const;
  const [name, length] = units.find(([, length]) => milliseconds >= 2 * length) ?? ["second", 1_000];
  return count(Math.round(milliseconds / length), name);
}
