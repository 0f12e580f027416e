// What PostgreSQL does for a statement: which parts of which tables it reads, by its own account of running it.
import type pg from "pg";
import type { Queries } from "../../relay/db/pool.ts";

/** How a statement is planned: for its values, or once for all. */
type Planning = "force_custom_plan" | "force_generic_plan";

export interface Plan {
  readonly statement: string;
  readonly planning: Planning;
  /** Tables and parts of tables of which something was read. */
  readonly read: ReadonlySet<string>;
  /** Those that were made ready to be read, too: for each of them that costs time. */
  readonly opened: ReadonlySet<string>;
  /** How many rows of each were looked at, those that it did not want included. */
  readonly rows: ReadonlyMap<string, number>;
}

interface Node {
  readonly "Node Type": string;
  readonly "Relation Name"?: string;
  readonly "Actual Loops": number;
  /** Of one loop. */
  readonly "Actual Rows": number;
  readonly "Rows Removed by Filter"?: number;
  readonly Plans?: readonly Node[];
}

/** Explains each statement that comes by, in a transaction, and then lets the database do it. */
export class Plans implements Queries {
  readonly seen: Plan[] = [];
  readonly #client: Queries;

  constructor(client: Queries) {
    this.#client = client;
  }

  async query<Row extends pg.QueryResultRow>(
    statement: string | pg.QueryConfig,
    values?: unknown[],
  ): Promise<pg.QueryResult<Row>> {
    const { text, values: given = values ?? [] } =
      typeof statement === "string" ? { text: statement } : statement;
    for (const planning of ["force_custom_plan", "force_generic_plan"] as const) {
      this.seen.push(await this.#explain(text, given as unknown[], planning));
    }
    return this.#client.query<Row>(text, given as unknown[]);
  }

  async #explain(text: string, values: readonly unknown[], planning: Planning): Promise<Plan> {
    const client = this.#client;
    await client.query("savepoint before");
    try {
      await client.query(`set local plan_cache_mode = ${planning}`);
      await client.query(`prepare explained as ${text}`);
      const { rows: types } = await client.query<{ type: string }>(
        "select unnest(parameter_types)::text as type from pg_prepared_statements where name = 'explained'",
      );
      const given = types.map(({ type }, place) => literal(values[place], type));
      const execute = given.length === 0 ? "explained" : `explained (${given.join(", ")})`;
      const { rows } = await client.query<{ "QUERY PLAN": [{ Plan: Node }] }>(
        `explain (analyze, timing off, costs off, summary off, format json) execute ${execute}`,
      );
      const nodes = rows.flatMap((row) => row["QUERY PLAN"].flatMap((one) => all(one.Plan)));
      const named = (found: readonly Node[]) => new Set(found.flatMap((node) => node["Relation Name"] ?? []));
      const scans = nodes.filter((node) => node["Node Type"] !== "ModifyTable");
      const read = scans.filter((node) => node["Actual Loops"] > 0);
      return {
        statement: text,
        planning,
        read: named(read),
        opened: named(scans),
        rows: rowsOf(read),
      };
    } finally {
      await client.query("rollback to savepoint before");
      await client.query("deallocate explained");
    }
  }
}

function all(node: Node): Node[] {
  return [node, ...(node.Plans ?? []).flatMap(all)];
}

function rowsOf(nodes: readonly Node[]): Map<string, number> {
  const rows = new Map<string, number>();
  for (const node of nodes) {
    const name = node["Relation Name"];
    if (name === undefined) continue;
    const looked = (node["Actual Rows"] + (node["Rows Removed by Filter"] ?? 0)) * node["Actual Loops"];
    rows.set(name, (rows.get(name) ?? 0) + looked);
  }
  return rows;
}

/** As SQL text; arrays come as the bytes of relay/db/binary-arrays.ts. */
function literal(value: unknown, type: string): string {
  if (value === null || value === undefined) return "null";
  if (value instanceof Uint8Array) {
    if (type.endsWith("[]")) return `array[${elements(Buffer.from(value), type)}]::${type}`;
    return `'\\x${Buffer.from(value).toString("hex")}'`;
  }
  if (Array.isArray(value)) return `array[${value.map((item) => literal(item, "")).join(", ")}]::${type}`;
  return `'${String(value).replaceAll("'", "''")}'`;
}

function elements(array: Buffer, type: string): string {
  const found: string[] = [];
  for (let at = array.readInt32BE(0) === 0 ? array.length : 20; at < array.length; ) {
    const length = array.readInt32BE(at);
    const bytes = array.subarray(at + 4, at + 4 + length);
    if (type === "bytea[]") found.push(`'\\x${bytes.toString("hex")}'`);
    else if (type === "bigint[]") found.push(String(bytes.readBigInt64BE()));
    else found.push(bytes[0] === 1 ? "true" : "false");
    at += 4 + length;
  }
  return found.join(", ");
}
