import type { Queries } from "../../db/pool.ts";

/** Of devices that are out: how far they had read, and from where on. Returns how many devices, at most `limit`. */
export async function clearDevices(db: Queries, limit: number): Promise<number> {
  const { rowCount } = await db.query(
    `with former as materialized (
      select account_id, device_id
      from devices
      where not active
        and not cleared
      -- by the index: the planner takes the two for independent, and would look for few among all
      order by account_id, device_id
      limit ${limit}
      for no key update skip locked
    ),
    cursors_gone as (
      delete from cursors
      using former
      where cursors.account_id = former.account_id
        and cursors.device_id = former.device_id
    ),
    starts_gone as (
      delete from device_starts
      using former
      where device_starts.account_id = former.account_id
        and device_starts.device_id = former.device_id
    )
    update devices
    set cleared = true
    from former
    where devices.account_id = former.account_id
      and devices.device_id = former.device_id`,
  );
  return rowCount ?? 0;
}
