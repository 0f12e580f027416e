import { size } from "../admin/output.ts";
import type { Queries } from "../db/pool.ts";
import { type Check, good } from "./check.ts";
import { selectTables } from "./sql/select-tables.ts";

const BIGGEST = 5;

/** What takes the room. */
export async function checkTables(db: Queries): Promise<Check> {
  const biggest = await selectTables(db, BIGGEST);
  return good("tables", biggest.map(({ name, bytes }) => `${name} ${size(bytes)}`).join(", "));
}
