import type { PrekeySecret } from "../../keys/index.ts";
import { type Database, statement } from "./database.ts";

type Counter =
  | "live_lease"
  | `consumer_${string}`
  | `receipts_after_${number}`
  | `group_upkeep_${number}`
  | `group_rekeyed_${number}`
  | `title_origin_${number}`
  | `nobody_${string}`
  | "own_greeting"
  | "prekey_upkeep"
  | "signed_out"
  | "keys_renewed"
  | "relay_restored"
  | "lapse_told"
  | "pairs_stale"
  | "acknowledged_elsewhere"
  | "own_rows_unknown"
  | `prekey_${PrekeySecret["kind"]}`;

export function readCounter(db: Database, name: Counter): number {
  const row = statement<[string], { value: number }>(db, "select value from counters where name = ?").get(
    name,
  );
  return row?.value ?? 0;
}

export function setCounter(db: Database, name: Counter, value: number): void {
  statement<[string, number], never>(db, "insert or replace into counters values (?, ?)").run(name, value);
}

/** Counts up and returns the new value: never the same for two processes. */
export function countUp(db: Database, name: Counter): number {
  const row = statement<[string], { value: number }>(
    db,
    "insert into counters values (?, 1) on conflict do update set value = value + 1 returning value",
  ).get(name);
  return row?.value ?? 0;
}
