// Puts a relay together and takes it apart again, in the opposite order.
import { setTimeout as pause } from "node:timers/promises";
import { ready } from "../keys/public.ts";
import { authenticator } from "./auth/authenticate.ts";
import { opaqueReady } from "./auth/opaque.ts";
import type { RelayConfig } from "./config.ts";
import { lockFolder, prepareDataFolder } from "./data-folder.ts";
import { startEmbedded } from "./db/embedded.ts";
import { Database } from "./db/pool.ts";
import { startBus } from "./fanout/start-bus.ts";
import type { GuardLimits } from "./guard/limits.ts";
import { Readiness } from "./health/readiness.ts";
import { DATABASE_CONNECTIONS, DRAIN_MS, defaultRates, type Rates, READINESS_CONNECTIONS } from "./limits.ts";
import { liveSecrets } from "./live-secrets.ts";
import { describeError, type Logger } from "./logger.ts";
import { createMetrics } from "./metrics/metrics.ts";
import { startMetricsServer } from "./metrics/server.ts";
import { observeStatements, watchPool } from "./metrics/watch-database.ts";
import type { Parts } from "./parts.ts";
import { startServer } from "./server.ts";
import { serviceNames } from "./service-names.ts";
import { offeredServices } from "./services.ts";
import { StartupError } from "./startup-error.ts";
import { prepareTls } from "./tls.ts";
import { updateSchema } from "./update-schema.ts";
import { RETENTION_MS } from "./upkeep/limits.ts";
import { keepMark } from "./upkeep/notice-restore.ts";
import { startUpkeep } from "./upkeep/upkeep.ts";

export interface Surroundings {
  readonly log: Logger;
  /** Milliseconds since 1970. */
  readonly clock?: () => number;
  readonly rates?: Partial<Rates>;
  readonly guard?: Partial<GuardLimits>;
}

export interface Relay {
  /** `http://HOST:PORT`, or https; with `#sha256=…` where clients verify the certificate by that. */
  readonly url: string;
  /** Where it tells how it is, if anywhere. */
  readonly metricsUrl: string | undefined;
  readonly database: Database;
  /** Process id of the embedded PostgreSQL, while it runs. */
  readonly postgresPid: () => number | undefined;
  /** Drains: streams are told, calls under way end well, everything is closed. */
  stop(): Promise<void>;
}

/** Throws StartupError for everything that is not a bug; nothing is left running then. */
export async function startRelay(config: RelayConfig, surroundings: Surroundings): Promise<Relay> {
  const { log, clock = Date.now, rates } = surroundings;
  const undo: (() => unknown)[] = [];
  const takeApart = async (): Promise<void> => {
    for (let step = undo.pop(); step !== undefined; step = undo.pop()) {
      try {
        await step();
      } catch (error) {
        log.error(describeError(error), "could not end in order");
      }
    }
  };
  try {
    const folder = await prepareDataFolder(config.dataFolder);
    const metrics = createMetrics();
    const readiness = new Readiness({ log, metrics });
    let metricsUrl: Relay["metricsUrl"];
    if (config.metricsListen !== undefined) {
      const watched = await startMetricsServer({ ...config.metricsListen, metrics, readiness });
      undo.push(() => watched.close());
      metricsUrl = watched.url;
      log.info({ url: metricsUrl }, "metrics are served");
    }
    const { credentials, pin, expiresAt } = await prepareTls(config.tls, folder, clock());
    if (expiresAt !== undefined) metrics.certificateExpiry.set(expiresAt / 1_000);
    await Promise.all([ready(), opaqueReady]);

    let postgresPid: Relay["postgresPid"] = () => undefined;
    let connection = config.database;
    if (connection === undefined) {
      undo.push(lockFolder(folder));
      const embedded = await startEmbedded(folder, log);
      undo.push(() => embedded.stop());
      connection = embedded.connection;
      postgresPid = embedded.pid;
    }
    const { secrets, close } = await liveSecrets(folder, log);
    undo.push(close);
    await updateSchema(connection, config.database);
    const onStatement = observeStatements(metrics, readiness);
    const open = (size: number): Database => {
      const opened = new Database({
        connection,
        size,
        onError: (error) => log.warn(describeError(error), "lost a database connection"),
        onStatement,
      });
      undo.push(() => Promise.race([opened.close(), pause(DRAIN_MS, undefined, { ref: false })]));
      return opened;
    };
    const database = open(DATABASE_CONNECTIONS);
    watchPool(metrics, database);

    const services = config.services ?? new Set(serviceNames);
    // What is kept and cleared away is messaging's; one of its processes does it.
    const keepsLogs = services.has("messaging");
    if (keepsLogs) undo.push(await keepMark({ database, folder, clock, log, metrics }));
    const parts: Parts = {
      database,
      clock,
      log,
      secrets,
      rates: { ...defaultRates, ...rates },
      retentionMs: config.retentionMs ?? RETENTION_MS,
      doors: config.doors,
      metrics,
      readiness,
    };
    const isOwnDatabase = config.database === undefined;
    const joined = await startBus({ ...parts, connection, isOwnDatabase, nats: config.nats });
    const { bus } = joined;
    undo.push(joined.close);
    if (keepsLogs) undo.push(startUpkeep({ ...parts, bus }));
    const server = await startServer({
      services: offeredServices(parts, bus, services),
      host: config.host,
      port: config.port,
      credentials,
      behindProxy: config.behindProxy,
      authenticate: authenticator(parts),
      log,
      metrics,
      guard: surroundings.guard,
      callRates: parts.rates,
    }).catch((error: unknown) => {
      throw cannotListen(config, error);
    });
    undo.push(() => server.drain(DRAIN_MS));
    // In a queue behind a busy relay's own statements it would call the database away.
    readiness.serve(open(READINESS_CONNECTIONS));
    undo.push(() => readiness.drain());

    const host = config.host.includes(":") ? `[${config.host}]` : config.host;
    const origin = `${config.tls === undefined ? "http" : "https"}://${host}:${server.port}`;
    const url = pin === undefined ? origin : `${origin}#sha256=${pin}`;
    return { url, metricsUrl, database, postgresPid, stop: takeApart };
  } catch (error) {
    await takeApart();
    throw error;
  }
}

/** grpc-js packs the system's error into its message. */
function cannotListen({ host, port }: RelayConfig, cause: unknown): StartupError {
  const code = cause instanceof Error ? /\bE[A-Z]{4,}\b/.exec(cause.message)?.[0] : undefined;
  if (code === "EADDRINUSE") {
    return new StartupError(
      "port_in_use",
      `Port ${port} on ${host} is in use by another program.`,
      "Stop that one, or choose another port with --listen HOST:PORT (port 0: any free one).",
      cause,
    );
  }
  return new StartupError(
    "cannot_listen",
    `Cannot listen on ${host}:${port} (${code ?? "unknown reason"}).`,
    code === "EACCES" ? "Ports below 1024 are for root: choose a higher one." : "Check --listen HOST:PORT.",
    cause,
  );
}
