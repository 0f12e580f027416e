import { expect, test } from "vitest";
import { migrationsFolder, parseMigration, readMigrations } from "./migration-files.ts";

const files = await readMigrations(migrationsFolder());

/** From here on relays of two versions may share a database. */
const FIRST_SUPPORTED = 37;
/** So small at all times that an index is made at once. */
const small = new Set(["login_attempts"]);
const recent = files.filter(({ level }) => level >= FIRST_SUPPORTED);

test("each has a number of its own, in order", () => {
  const levels = files.map(({ level }) => level);
  expect(levels).toEqual([...new Set(levels)].sort((a, b) => a - b));
});

test.each(recent.filter(({ isOnline }) => isOnline))(
  "$name takes nothing from who runs beside it",
  (file) => {
    const text = file.statements.join(";\n").replaceAll(/--.*$/gm, "");
    const made = new Set([...text.matchAll(/create (?:unlogged )?table (\w+)/g)].map(([, name]) => name));
    // What the planner samples is nothing that anybody has.
    expect(text).not.toMatch(
      /\b(?:drop (?:table|column|constraint)|rename|truncate|alter column (?!\w+ set statistics \d)|set not null)\b/,
    );
    expect(text).not.toMatch(/\bset oldest\b/);
    for (const [statement, table = ""] of text.matchAll(
      /create (?:unique )?index [^;]*? on (?:only )?(\w+)/g,
    )) {
      expect(made.has(table) || small.has(table) || statement.includes(" concurrently ")).toBe(true);
    }
    for (const [statement, table = ""] of text.matchAll(
      /alter table (\w+)[^;]*\badd (?:constraint|foreign|check|unique)[^;]*/g,
    )) {
      expect(made.has(table) || statement.includes("not valid")).toBe(true);
    }
    for (const [statement] of text.matchAll(/add column [^,;]*/g)) {
      expect(!statement.includes("not null") || statement.includes("default")).toBe(true);
    }
  },
);

test.each(recent.filter(({ isOnline }) => !isOnline))("$name raises what is supported to itself", (file) => {
  expect(file.statements.join("")).toContain(`update schema_support set oldest = ${file.level};`);
});

test("a file says how it is run", () => {
  expect(() => parseMigration("0099_silent", "create table things ();")).toThrow("0099_silent does not say");
  expect(() => parseMigration("0099_late", "\n-- online\n")).toThrow("0099_late does not say");
  expect(parseMigration("0099_good", "-- online\nselect 1; select 2;\n")).toMatchObject({
    level: 99,
    isOnline: true,
    inTransaction: true,
    statements: ["-- online\nselect 1; select 2;\n"],
  });
});

test("what is run outside a transaction can be said twice", () => {
  const header = "-- online, outside a transaction\n";
  const parsed = parseMigration(
    "0099_indexes",
    `${header}-- Why; and what for.\ncreate unique index concurrently if not exists a_b\n  on a (b);\nalter table a validate constraint c;\n`,
  );
  expect(parsed).toMatchObject({
    inTransaction: false,
    statements: [
      "create unique index concurrently if not exists a_b on a (b)",
      "alter table a validate constraint c",
    ],
    indexes: ["a_b"],
  });
  for (const once of ["create index concurrently a_b on a (b);", "alter table a add column c integer;"]) {
    expect(() => parseMigration("0099_once", header + once)).toThrow("cannot be broken off");
  }
});
