// What a migration's file says of itself. Its first line is one of
//   -- offline                          no relay may run on the database meanwhile
//   -- online                           relays of the versions before go on beside it, and after it
//   -- online, outside a transaction    the same, for what PostgreSQL does in no transaction: each statement by itself
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export interface MigrationFile {
  /** Without `.sql`. */
  readonly name: string;
  /** The number that it begins with. A program is at the level of its newest file. */
  readonly level: number;
  readonly isOnline: boolean;
  readonly inTransaction: boolean;
  /** All of the file, or each of its statements. */
  readonly statements: readonly string[];
  /** The indexes that it makes outside a transaction: broken off, they are left behind and of no use. */
  readonly indexes: readonly string[];
}

const header = /^-- (offline|online)(, outside a transaction)?\n/;
const concurrentIndex = /^create (?:unique )?index concurrently if not exists (\w+) on /;
/** What can be said again after it was broken off, wherever that was. */
const repeatable = [
  concurrentIndex,
  /^drop index concurrently if exists \w+$/,
  /^alter table \w+ validate constraint \w+$/,
];

/** Beside this file in the sources, beside the bundle in `dist/`. */
export function migrationsFolder(): string {
  return fileURLToPath(new URL("./migrations", import.meta.url));
}

/** In the order in which they are run. */
export async function readMigrations(folder: string): Promise<readonly MigrationFile[]> {
  if (!existsSync(folder)) throw new Error(`no migrations in ${folder}`);
  const names = (await readdir(folder)).filter((name) => name.endsWith(".sql")).sort();
  return Promise.all(
    names.map(async (name) => parseMigration(name.slice(0, -4), await readFile(join(folder, name), "utf8"))),
  );
}

/** Throws for a file that does not say how it is run, or cannot be run so. */
export function parseMigration(name: string, text: string): MigrationFile {
  const [, when, outside] = header.exec(text) ?? [];
  if (when === undefined) throw new Error(`${name} does not say in its first line whether it is online`);
  const inTransaction = outside === undefined;
  const statements = inTransaction ? [text] : statementsOf(text);
  const indexes = inTransaction ? [] : statements.flatMap((said) => concurrentIndex.exec(said)?.[1] ?? []);
  for (const statement of inTransaction ? [] : statements) {
    if (!repeatable.some((form) => form.test(statement))) {
      throw new Error(`${name} cannot be broken off and said again: ${statement}`);
    }
  }
  const level = Number.parseInt(name, 10);
  return { name, level, isOnline: when === "online", inTransaction, statements, indexes };
}

function statementsOf(text: string): string[] {
  return text
    .replaceAll(/--.*$/gm, "")
    .split(";")
    .map((statement) => statement.trim().replaceAll(/\s+/g, " "))
    .filter((statement) => statement !== "");
}
