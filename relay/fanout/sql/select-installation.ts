import type { Queries } from "../../db/pool.ts";

/** Names this database among all that there are. */
export async function selectInstallation(db: Queries): Promise<string> {
  const { rows } = await db.query<{ installation: string }>(
    `select to_hex(system_identifier) || '-' || pg_database.oid as installation
    from pg_control_system(), pg_database
    where datname = current_database()`,
  );
  const [row] = rows;
  if (row === undefined) throw new Error("no row");
  return row.installation;
}
