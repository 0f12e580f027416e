// A relay in this process that can be asked how it is, on a database that can be taken away from it.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { openDoors } from "../../relay/doors.ts";
import { type Relay, startRelay } from "../../relay/start-relay.ts";
import { keptLog } from "./log.ts";
import { joinRelay, type Member } from "./member.ts";
import { freshDatabase } from "./postgres.ts";
import type { openDirect } from "./raw-stream.ts";

export interface WatchedRelay extends Relay {
  readonly metricsUrl: string;
  /** What it has logged so far. */
  log(): string;
  get(path: string): Promise<{ readonly status: number; readonly text: string }>;
  /** Alters the database by `alter database … WHAT`, and cuts all connections to it. */
  alterDatabase(what: string): Promise<void>;
}

export async function startWatchedRelay(tls?: "self-signed"): Promise<WatchedRelay> {
  const folder = await mkdtemp(join(tmpdir(), "sotto-watched-"));
  const fresh = await freshDatabase();
  const { log, lines } = keptLog();
  const here = { host: "127.0.0.1", port: 0 };
  const config = { ...here, metricsListen: here, dataFolder: folder, database: fresh.connection };
  const relay = await startRelay({ ...config, tls, behindProxy: false, doors: openDoors }, { log });
  const { metricsUrl = "" } = relay;
  return {
    ...relay,
    metricsUrl,
    log: lines,
    get: async (path) => {
      const answer = await fetch(`${metricsUrl}${path}`);
      return { status: answer.status, text: await answer.text() };
    },
    alterDatabase: async (what) => {
      const { database } = fresh.connection;
      const other = new pg.Client({ ...fresh.connection, database: "postgres" });
      await other.connect();
      await other.query(`alter database ${database} ${what}`);
      await other.query("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", [
        database,
      ]);
      await other.end();
    },
    stop: async () => {
      await relay.stop();
      await fresh.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Joins, and is what the raw stream takes for a device. */
export async function joinAsDevice(
  url: string,
  name: string,
): Promise<Member & Parameters<typeof openDirect>[0]> {
  const member = await joinRelay(url, name);
  const person = {
    name,
    accountId: member.chain.accountId,
    accountKey: member.accountKey,
    chain: member.chain,
  };
  const metadata = member.metadata();
  const device = { keys: member.device, client: member.client };
  return { ...member, ...device, person: { ...person, devices: [] }, metadata } as never;
}
