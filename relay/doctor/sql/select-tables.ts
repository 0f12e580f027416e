import type { Queries } from "../../db/pool.ts";

export type TableRow = {
  readonly name: string;
  /** With indexes and what is kept apart, over all partitions. */
  readonly bytes: bigint;
};

/** The biggest of our tables. */
export async function selectTables(db: Queries, limit: number): Promise<TableRow[]> {
  const { rows } = await db.query<TableRow>(
    `select relname as name,
      (select sum(pg_total_relation_size(part))::int8
        from (select pg_class.oid as part union select relid from pg_partition_tree(pg_class.oid)) as parts) as bytes
    from pg_class
    where relnamespace = current_schema()::regnamespace
      and relkind in ('r', 'p')
      and not relispartition
    order by bytes desc, name
    limit $1::int4`,
    [limit],
  );
  return rows;
}
