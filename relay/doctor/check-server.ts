// What the database says of itself, and what follows from it for a relay.

import { size } from "../admin/output.ts";
import type { RelayConfig } from "../config.ts";
import { EVENTS_APPLICATION } from "../db/carry-events.ts";
import { type Queries, RELAY_APPLICATION } from "../db/pool.ts";
import { DATABASE_CONNECTIONS, READINESS_CONNECTIONS } from "../limits.ts";
import { bad, type Check, count, good, span } from "./check.ts";
import { selectConnections } from "./sql/select-connections.ts";
import type { ServerRow } from "./sql/select-server.ts";

/** The oldest that the relay's tests run on is what Debian 12 has. */
const OLDEST_VERSION = 15;
/** Tokens, retention and typing go by clocks. */
const CLOCK_OFF_MS = 60_000;
/** The pool, the connection for events, and the one that looks: at the schema at the start, then whether it answers. */
const CONNECTIONS_A_RELAY = DATABASE_CONNECTIONS + 1 + READINESS_CONNECTIONS;

export function checkServer(server: ServerRow, about: string): Check {
  const { version, version_number, read_only, database_bytes } = server;
  const detail = `PostgreSQL ${version.split(" ")[0]}${about}, ${size(database_bytes)} of database`;
  if (version_number < OLDEST_VERSION * 10_000) {
    const hint = `Bring it to version ${OLDEST_VERSION} or a newer one.`;
    return bad("database", "database_unsuitable", `${detail}: too old`, hint);
  }
  if (read_only) {
    const hint = "Name the primary in --database-url, or end the setting that makes it read only.";
    return bad("database", "database_unsuitable", `${detail}: it takes no writes`, hint);
  }
  return good("database", detail);
}

/** What the relay has acknowledged, it must not lose. */
export function checkDurability({ fsync, full_page_writes, synchronous_commit }: ServerRow): Check {
  const off = [
    ...(fsync ? [] : ["fsync"]),
    ...(full_page_writes ? [] : ["full_page_writes"]),
    ...(synchronous_commit === "off" ? ["synchronous_commit"] : []),
  ];
  if (off.length === 0) return good("durability", "what is committed is on the disk");
  const detail = `${off.join(" and ")} off: messages that were acknowledged can be lost`;
  const hint = `Set ${off.map((name) => `${name} = on`).join(", ")} in PostgreSQL, for this role and database too.`;
  return bad("durability", "database_unsuitable", detail, hint);
}

export function checkClock({ now: theirs }: ServerRow, now: number): Check {
  const ahead = now - Number(theirs);
  if (Math.abs(ahead) < CLOCK_OFF_MS) return good("clock", "agrees with the database's");
  const detail = `this machine's clock is ${span(Math.abs(ahead))} ${ahead > 0 ? "ahead of" : "behind"} the database's`;
  const hint = "Set the one that is wrong: by the clock tokens end and messages are cleared away.";
  return bad("clock", "clock_wrong", detail, hint);
}

/** Whether all relays, and one more while they are replaced, get the connections that they may take. */
export async function checkConnections(
  db: Queries,
  server: ServerRow,
  { database }: Pick<RelayConfig, "database">,
): Promise<Check> {
  const used = await selectConnections(db, [EVENTS_APPLICATION, RELAY_APPLICATION]);
  const relays = Math.max(used.relays, 1);
  // The embedded one is for its own relay.
  const most = (database === undefined ? 1 : relays) * CONNECTIONS_A_RELAY;
  const [left, limit] = [
    [server.max_connections - used.others, "the server's max_connections"],
    ...(server.database_limit < 0
      ? []
      : [[server.database_limit - used.others_here, "the database's connection limit"] as const]),
    ...(server.role_limit < 0
      ? []
      : [[server.role_limit - used.others_of_role, "the role's connection limit"] as const]),
  ].reduce((least, each) => (each[0] < least[0] ? each : least)) as [number, string];
  const need = `${count(relays, "relay")} ${relays === 1 ? "takes" : "take"} up to ${most} connections`;
  if (left < most) {
    const detail = `${need}, and ${limit} leaves ${Math.max(left, 0)}`;
    return bad(
      "connections",
      "database_unsuitable",
      detail,
      "Raise that limit, or run fewer relays on this database.",
    );
  }
  return good("connections", `${need}, ${left} are there`);
}
