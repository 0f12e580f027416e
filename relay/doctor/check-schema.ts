import { migrationsFolder, readMigrations } from "../db/migration-files.ts";
import type { Queries } from "../db/pool.ts";
import { bad, type Check, count, good } from "./check.ts";
import { selectMigrations, selectOldestLevel } from "./sql/select-migrations.ts";

/** Whether a relay of this version can run on the schema, and what its start would change. */
export async function checkSchema(db: Queries): Promise<{ check: Check; isComplete: boolean }> {
  const done = await selectMigrations(db);
  if (done === undefined) {
    return { check: good("schema", "none yet: the first start makes it"), isComplete: false };
  }
  const files = await readMigrations(migrationsFolder());
  const missing = files.filter(({ name }) => !done.includes(name));
  const newer = done.filter((name) => files.every((file) => file.name !== name)).at(-1);
  const newest = files.at(-1);
  if (newer !== undefined) {
    if (missing.length === 0 && (newest?.level ?? 0) >= (await selectOldestLevel(db))) {
      const detail = `a newer Sotto has been there (it has ${newer}); this one may go on beside it`;
      return {
        check: bad("schema", null, detail, "Bring this relay to that version, too."),
        isComplete: true,
      };
    }
    const detail = `a newer Sotto has been there (it has ${newer}), and this one cannot run on it`;
    const hint = "Run that version or a newer one.";
    return { check: bad("schema", "database_newer", detail, hint), isComplete: missing.length === 0 };
  }
  if (missing.length === 0)
    return { check: good("schema", `up to date (${newest?.name})`), isComplete: true };
  const offline = missing.find(({ isOnline }) => !isOnline);
  const detail = `older than this version: ${count(missing.length, "migration is", "migrations are")} missing`;
  const hint =
    offline === undefined
      ? "The next start of this version brings it up to date, while relays of the older one go on."
      : `The next start of this version brings it up to date; stop every relay before (${offline.name}).`;
  return { check: bad("schema", null, detail, hint), isComplete: false };
}
