import { type Database, statement } from "./database.ts";

/** What the owner of a profile can choose. All are on until somebody says otherwise. */
export interface Settings {
  /** Whether others hear what arrived here and was read. */
  readonly receipts: "on" | "off";
  /** Whether others hear when one types, and one hears it of them. */
  readonly typing: "on" | "off";
  /** The same of sitting there. */
  readonly presence: "on" | "off";
  /** Whether who is not known asks first; off, everybody who writes is accepted. */
  readonly requests: "on" | "off";
}

export const settingNames: readonly (keyof Settings)[] = ["receipts", "typing", "presence", "requests"];

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

/** What a full-screen client remembers of how it is to be. */
export type ScreenSetting = "theme" | "mouse" | "bell" | "notifyContent" | "conversation" | "finding";

export function readScreenSettings(db: Database): Partial<Record<ScreenSetting, string>> {
  const rows = statement<[], { name: ScreenSetting; value: string }>(
    db,
    "select substr(name, 8) as name, value from settings where name glob 'screen.*'",
  ).all();
  return Object.fromEntries(rows.map(({ name, value }) => [name, value]));
}

export function saveScreenSetting(db: Database, name: ScreenSetting, value: string): void {
  statement<[string, string], never>(db, "insert or replace into settings (name, value) values (?, ?)").run(
    `screen.${name}`,
    value,
  );
}

export function isOn(db: Database, name: keyof Settings): boolean {
  return readSetting(db, name) !== "off";
}
