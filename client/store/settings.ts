import { type Database, statement } from "./database.ts";

/** What the owner of a profile can choose. `receipts`: whether others hear what arrived here and was read. */
export interface Settings {
  readonly receipts: "on" | "off";
}

export function readSetting<Name extends keyof Settings>(
  db: Database,
  name: Name,
): Settings[Name] | undefined {
  return statement<[Name], { value: Settings[Name] }>(db, "select value from settings where name = ?").get(
    name,
  )?.value;
}

export function saveSetting<Name extends keyof Settings>(
  db: Database,
  name: Name,
  value: Settings[Name],
): void {
  statement<[Name, Settings[Name]], never>(
    db,
    "insert or replace into settings (name, value) values (?, ?)",
  ).run(name, value);
}
