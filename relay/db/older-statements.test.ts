// A relay of the version before goes on beside a newer one: whatever it says to the database must mean the same on the
// newer schema. older-statements.json has it as it was then. To be written anew, from a checkout of that version, when the
// oldest version that is supported moves on: `FREEZE=1 vitest run relay/db/older-statements.test.ts`, and formatted.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type pg from "pg";
import { expect, test } from "vitest";
import { statements } from "../../test/support/hot-statements.ts";
import { freshDatabase } from "../../test/support/postgres.ts";
import type { Queries } from "./pool.ts";

/** What is said, and of which types what comes back is; null: nothing does. */
interface Said {
  readonly text: string;
  readonly results: readonly string[] | null;
}

const file = fileURLToPath(new URL("./older-statements.json", import.meta.url));
const { database, drop } = await freshDatabase();

/** Prepared, a statement has been understood: each table, column, function and type in it is there. */
async function typesOf(text: string): Promise<readonly string[] | null> {
  return database.withClient(async (client) => {
    await client.query(`prepare older as ${text}`);
    const { rows } = await client.query<{ results: string[] | null }>(
      "select result_types::text[] as results from pg_prepared_statements where name = 'older'",
    );
    await client.query("deallocate older");
    return rows[0]?.results ?? null;
  });
}

async function freeze(): Promise<void> {
  const texts = new Set<string>();
  const listening: Queries = {
    query: async <Row extends pg.QueryResultRow>(said: string | pg.QueryConfig) => {
      texts.add(typeof said === "string" ? said : said.text);
      return { rows: [], rowCount: 0 } as unknown as pg.QueryResult<Row>;
    },
  };
  // Nothing comes back: what a statement goes on to do with that does not matter.
  for (const [, , run] of statements) await run(listening).catch(() => undefined);
  const frozen: Said[] = [];
  for (const text of texts) frozen.push({ text, results: await typesOf(text) });
  writeFileSync(file, `${JSON.stringify(frozen, undefined, 2)}\n`);
}

test("all that an older relay says means the same on this schema", async () => {
  if (process.env["FREEZE"] !== undefined) await freeze();
  const frozen = JSON.parse(readFileSync(file, "utf8")) as Said[];
  expect(frozen.length).toBeGreaterThan(30);
  for (const { text, results } of frozen) expect(await typesOf(text), text).toEqual(results);
  await drop();
});
