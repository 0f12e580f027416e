// Plain HTTP for who watches the relay: /metrics for Prometheus, /livez and /readyz for orchestrators. It takes nothing
// but short GETs, and tells how much traffic there is: for the operator's own network only.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { collectDefaultMetrics } from "prom-client";
import { notReady, type Readiness } from "../health/readiness.ts";
import { StartupError, systemCode } from "../startup-error.ts";
import { version } from "../version.ts";
import type { Metrics } from "./metrics.ts";

export interface MetricsServerSetup {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly metrics: Metrics;
  readonly readiness: Readiness;
  /** How long a request may take to come. */
  readonly requestMs?: number;
}

export interface MetricsServer {
  readonly url: string;
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly type?: string;
}

/** A request has no body and few headers: longer than this is no honest one. */
const REQUEST_MS = 5_000;
const MAX_HEADER_BYTES = 8 * 1024;
const MAX_HEADERS = 64;
/** Prometheus asks every 15 s or so and keeps its connection. */
const KEEP_ALIVE_MS = 65_000;
const MAX_CONNECTIONS = 64;
const CHECK_EVERY_MS = 1_000;

/** Throws StartupError when it cannot listen. */
export async function startMetricsServer(setup: MetricsServerSetup): Promise<MetricsServer> {
  const { host, port, metrics, requestMs = REQUEST_MS } = setup;
  watchProcess(metrics);
  const answer = answers(setup);
  const server = createServer(
    {
      headersTimeout: requestMs,
      requestTimeout: requestMs,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: CHECK_EVERY_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
    },
    (request, response) => void respond(answer, request, response),
  );
  server.maxHeadersCount = MAX_HEADERS;
  server.maxConnections = MAX_CONNECTIONS;
  // Whoever does not read what he asked for; longer than a connection that is kept.
  server.setTimeout(KEEP_ALIVE_MS + REQUEST_MS);
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) => reject(cannotListen(host, port, cause)));
    server.listen(port, host, resolve);
  });
  // That a client has gone or spoken nonsense concerns nobody.
  server.on("error", () => undefined);
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${bound}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Of the process: memory, CPU, file descriptors, and how long the event loop keeps others waiting. */
function watchProcess({ registry, build }: Metrics): void {
  build.of(version, process.version).set(1);
  collectDefaultMetrics({ register: registry });
}

function answers({ metrics, readiness }: MetricsServerSetup): (path: string) => Promise<Answer> | undefined {
  let scrape: Promise<Answer> | undefined;
  const paths: Readonly<Record<string, () => Promise<Answer>>> = {
    // That there is an answer says it all.
    "/livez": async () => ({ status: 200, text: "alive\n" }),
    "/readyz": async () => {
      const state = await readiness.state();
      return state === "ready"
        ? { status: 200, text: "ready\n" }
        : { status: 503, text: `not ready: ${state}\n${notReady[state]}\n` };
    },
    // However many ask, the text is made once at a time.
    "/metrics": () => {
      scrape ??= metrics.registry
        .metrics()
        .then((text) => ({ status: 200, text, type: metrics.registry.contentType }))
        .finally(() => {
          scrape = undefined;
        });
      return scrape;
    },
  };
  return (path) => (Object.hasOwn(paths, path) ? paths[path]?.() : undefined);
}

async function respond(
  answer: (path: string) => Promise<Answer> | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method, url = "" } = request;
  const isRead = method === "GET" || method === "HEAD";
  const hasBody =
    "transfer-encoding" in request.headers || Number(request.headers["content-length"] ?? 0) !== 0;
  let found: Answer = { status: 404, text: "There are /metrics, /livez and /readyz.\n" };
  try {
    if (!isRead) found = { status: 405, text: "GET and HEAD only.\n" };
    else if (hasBody) found = { status: 400, text: "No body, please.\n" };
    else found = (await answer(url.split("?", 1)[0] ?? "")) ?? found;
  } catch {
    found = { status: 500, text: "That could not be told.\n" };
  }
  response.writeHead(found.status, {
    "content-type": found.type ?? "text/plain; charset=utf-8",
    "content-length": Buffer.byteLength(found.text),
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    ...(!isRead && { allow: "GET, HEAD" }),
    // Of a body nothing is read: what follows on the connection is no request.
    ...((hasBody || !isRead) && { connection: "close" }),
  });
  response.end(method === "HEAD" ? undefined : found.text);
}

function cannotListen(host: string, port: number, cause: unknown): StartupError {
  const code = systemCode(cause);
  if (code === "EADDRINUSE") {
    return new StartupError(
      "port_in_use",
      `Port ${port} on ${host}, for metrics, is in use by another program.`,
      "Stop that one, or choose another port with --metrics-listen HOST:PORT (port 0: any free one).",
      cause,
    );
  }
  return new StartupError(
    "cannot_listen",
    `Cannot listen on ${host}:${port} for metrics (${code ?? "unknown reason"}).`,
    "Check --metrics-listen HOST:PORT.",
    cause,
  );
}
