import { migrationsFolder, readMigrations } from "./migration-files.ts";
import type { Queries } from "./pool.ts";

/**
 * Whether the schema is still one for this program: another program may have gone on, and a backup may have been put back
 * under a relay that runs.
 */
export class SchemaFits {
  readonly #db: Queries;
  #known: { readonly names: readonly string[]; readonly level: number } | undefined;

  constructor(db: Queries) {
    this.#db = db;
  }

  async ask(): Promise<boolean> {
    this.#known ??= await known();
    const { names, level } = this.#known;
    const { rows } = await this.#db.query<{ fits: boolean }>({
      name: "schema-fits",
      text: `select (select count(*) from migrations where name = any($1::text[])) = $2::int8
        and (select oldest from schema_support) <= $3::int4 as fits`,
      values: [names, names.length, level],
    });
    return rows[0]?.fits === true;
  }
}

async function known() {
  const files = await readMigrations(migrationsFolder());
  return { names: files.map(({ name }) => name), level: files.at(-1)?.level ?? 0 };
}
