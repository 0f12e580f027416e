import type { RelayConfig } from "../config.ts";
import { readAboutRelay } from "../db/about-relay.ts";
import type { Queries } from "../db/pool.ts";
import { version } from "../version.ts";
import { bad, type Check, count, good } from "./check.ts";
import { selectRelays } from "./sql/select-relays.ts";

/** Who serves the database now, and whether they can tell each other what is new. */
export async function checkRelays(db: Queries, { nats }: Pick<RelayConfig, "nats">): Promise<Check> {
  const running = (await selectRelays(db)).map(({ said }) => readAboutRelay(said));
  if (running.length === 0) return good("relays", "none runs on this database");
  const versions = [...new Set(running.map((one) => one?.version ?? "unknown"))].sort();
  const detail = `${count(running.length, "relay runs", "relays run")} on this database, ${versionsIn(versions)}`;
  const without = running.filter((one) => one?.overNats === false).length;
  if (running.length > 1 && without > 0) {
    const who =
      without === running.length ? "they have" : `${without} of them ${without === 1 ? "has" : "have"}`;
    const hint =
      "Start all of them with --nats and the same servers. Until then mail between them takes up to two seconds.";
    return bad("relays", null, `${detail}; ${who} no NATS`, hint);
  }
  if (nats !== undefined && without > 0) {
    return bad(
      "relays",
      null,
      `${detail}; it has no NATS, and this configuration has`,
      "Restart it with the same options.",
    );
  }
  if (versions.some((one) => one !== version && one !== "unknown")) {
    return bad(
      "relays",
      null,
      `${detail}; this is ${version}`,
      "Bring all of them to one version before long.",
    );
  }
  return good("relays", detail);
}

function versionsIn(versions: readonly string[]): string {
  return `${versions.length === 1 ? "version" : "versions"} ${versions.join(" and ")}`;
}
