import { connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { silent } from "../../test/support/log.ts";
import { Readiness } from "../health/readiness.ts";
import { createMetrics } from "./metrics.ts";
import { type MetricsServer, startMetricsServer } from "./server.ts";

let server: MetricsServer;
let port: number;

beforeEach(async () => {
  const metrics = createMetrics();
  const readiness = new Readiness({ log: silent, metrics });
  const setup = { host: "127.0.0.1", port: 0, metrics, readiness, requestMs: 300 };
  server = await startMetricsServer(setup);
  port = Number(new URL(server.url).port);
});

afterEach(() => server.close());

/** All that comes back until the server closes the connection. */
async function send(...pieces: string[]): Promise<string> {
  const socket = open();
  for (const piece of pieces) socket.write(piece);
  return text(socket);
}

function open(): Socket {
  return connect(port, "127.0.0.1").on("error", () => undefined);
}

const get = (path: string, init: RequestInit = {}) => fetch(`${server.url}${path}`, init);

test("there are three paths, and a relay that is starting is alive and not ready", async () => {
  const alive = await get("/livez");
  expect([alive.status, await alive.text()]).toEqual([200, "alive\n"]);
  const notReady = await get("/readyz");
  expect([notReady.status, await notReady.text()]).toEqual([
    503,
    expect.stringMatching(/^not ready: starting\n.+\n$/),
  ]);
  const metrics = await get("/metrics?name=x");
  expect(metrics.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
  expect(await metrics.text()).toMatch(/\nsotto_relay_not_ready\{reason="starting"\} 1\n/);
  for (const path of ["/", "/metrics/", "/toString", "/__proto__", "/../metrics"]) {
    expect((await get(path)).status, path).toBe(path === "/../metrics" ? 200 : 404);
  }
});

test("HEAD is answered without a body, and what is no reading not at all", async () => {
  const head = await get("/metrics", { method: "HEAD" });
  expect([head.status, await head.text()]).toEqual([200, ""]);
  for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) {
    const answer = await get("/metrics", { method });
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
  }
});

test("a body is not read, and what follows it is no request", async () => {
  const said = await send(
    "GET /livez HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\n",
    "helloGET /livez HTTP/1.1\r\nhost: x\r\n\r\n",
  );
  expect(said).toMatch(/^HTTP\/1\.1 400 /);
  expect(said.match(/HTTP\/1\.1/g)).toHaveLength(1);
});

test("garbage, and headers without end, are refused and the connection is closed", async () => {
  expect(await send("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03garbage\r\n\r\n")).toMatch(
    /^HTTP\/1\.1 400 /,
  );
  expect(await send(`GET /livez HTTP/1.1\r\nhost: x\r\nx: ${"y".repeat(20_000)}\r\n\r\n`)).toMatch(
    /^HTTP\/1\.1 431 /,
  );
});

test("whoever does not come to the end of his request is cut off", async () => {
  expect(await send("GET /livez HTTP/1.1\r\nhost:")).toMatch(/^HTTP\/1\.1 408 /);
});

test("more connections than there is use for are closed", async () => {
  const many = Array.from({ length: 100 }, open);
  const closed = new Set<Socket>();
  for (const socket of many) socket.on("close", () => closed.add(socket));
  await expect.poll(() => closed.size, { timeout: 5_000 }).toBeGreaterThanOrEqual(36);
  for (const socket of many) socket.destroy();
  await expect.poll(async () => (await get("/livez").catch(() => undefined))?.status).toBe(200);
});

test("it ends although somebody keeps his connection", async () => {
  const socket = open();
  socket.write("GET /livez HTTP/1.1\r\nhost: x\r\n\r\n");
  await new Promise((resolve) => socket.once("data", resolve));
  const gone = new Promise((resolve) => socket.once("close", resolve));
  await server.close();
  await gone;
});

test("a port in use is a clear refusal to start", async () => {
  const metrics = createMetrics();
  const readiness = new Readiness({ log: silent, metrics });
  await expect(startMetricsServer({ host: "127.0.0.1", port, metrics, readiness })).rejects.toMatchObject({
    code: "port_in_use",
    message: expect.stringContaining("for metrics"),
  });
});
