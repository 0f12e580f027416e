import { RELAYS_LOCK } from "../../db/carry-events.ts";
import type { Queries } from "../../db/pool.ts";

export interface RelaysNow {
  /** Those that serve this database. */
  readonly relays: readonly number[];
  /** Whatever is committed later was changed by a transaction that is not before this one: see select-moved.ts. */
  readonly mark: string;
}

export async function selectRelays(db: Queries): Promise<RelaysNow> {
  const { rows } = await db.query<{ relays: number[]; mark: string }>({
    name: "select-relays",
    text: `select
      array(
        select distinct objid::int4
        from pg_locks
        where locktype = 'advisory'
          and database = (select oid from pg_database where datname = current_database())
          and classid = $1::int4::oid
          and objsubid = 2
          and granted
      ) as relays,
      pg_snapshot_xmin(pg_current_snapshot())::text as mark`,
    values: [RELAYS_LOCK],
  });
  const [row] = rows;
  if (row === undefined) throw new Error("no row");
  return row;
}
