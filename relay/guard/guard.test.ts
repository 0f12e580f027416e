import { spawnSync } from "node:child_process";
import { type ClientHttp2Session, connect, constants } from "node:http2";
import { connect as connectTcp, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { type Client, ServerCredentials } from "@grpc/grpc-js";
import { afterEach, expect, test, vi } from "vitest";
import { Health } from "../../proto/gen/grpc/health/v1/health_pb.ts";
import { callUnary, ERROR_REASON_KEY } from "../../proto/grpc.ts";
import { silent } from "../../test/support/log.ts";
import { dial, reasonOf } from "../../test/support/member.ts";
import { healthService } from "../health/service.ts";
import { createMetrics } from "../metrics/metrics.ts";
import { reflectionService } from "../reflection/service.ts";
import { startServer } from "../server.ts";
import type { GuardLimits } from "./limits.ts";

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function start(guard: Partial<GuardLimits>, { behindProxy = false } = {}) {
  const metrics = createMetrics();
  const readiness = { isReady: async () => true, watch: () => () => undefined };
  const server = await startServer({
    services: [healthService(readiness as never, []), reflectionService([])],
    host: "127.0.0.1",
    port: 0,
    credentials: ServerCredentials.createInsecure(),
    behindProxy,
    authenticate: () => Promise.reject(new Error("unused")),
    log: silent,
    metrics,
    guard,
  });
  undo.push(() => server.drain(100));
  const url = `http://127.0.0.1:${server.port}`;
  const refused = (reason: string): number => metrics.connectionsRefused.of(reason).count;
  return { url, port: server.port, refused, metrics };
}

function client(url: string): Client {
  const one = dial(url);
  undo.push(() => one.close());
  return one;
}

const check = (one: Client) => callUnary(one, Health.method.check, { service: "" });

function tcp(port: number): Socket & { ended: Promise<void> } {
  const socket = connectTcp(port, "127.0.0.1");
  undo.push(() => socket.destroy());
  socket.on("error", () => undefined);
  const ended = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  return Object.assign(socket, { ended });
}

function session(url: string): ClientHttp2Session {
  const one = connect(url);
  undo.push(() => one.destroy());
  one.on("error", () => undefined);
  return one;
}

const paths = {
  check: "/grpc.health.v1.Health/Check",
  reflect: "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
};

/** A request whose body the test writes; how it ends: the gRPC status and its reason, or the code of the reset. */
function request(one: ClientHttp2Session, path: string, headers: Record<string, string> = {}) {
  const stream = one.request({
    ":method": "POST",
    ":path": path,
    "content-type": "application/grpc",
    te: "trailers",
    ...headers,
  });
  let said: unknown;
  stream.on("error", () => undefined);
  const note = (trailers: Record<string, unknown>): void => {
    if (trailers["grpc-status"] !== undefined) {
      said = [Number(trailers["grpc-status"]), trailers[ERROR_REASON_KEY]].filter(
        (word) => word !== undefined,
      );
    }
  };
  stream.on("response", note);
  stream.on("trailers", note);
  stream.resume();
  const ended = new Promise((resolve) =>
    stream.on("close", () => resolve(said ?? `reset ${stream.rstCode}`)),
  );
  return { stream, ended };
}

function frame(length: number): Buffer {
  const bytes = Buffer.alloc(5 + length);
  bytes.writeUInt32BE(length, 1);
  return bytes;
}

test("connections are counted, in total and for each address, and given back", async () => {
  for (const [limits, reason] of [
    [{ connections: 3 }, "too_many"],
    [{ connectionsPerAddress: 3 }, "too_many_of_address"],
  ] as const) {
    const { url, port, refused, metrics } = await start(limits);
    const sockets = Array.from({ length: 3 }, () => tcp(port));
    await vi.waitFor(() => expect(metrics.connectionsOpen.value).toBe(3));
    await tcp(port).ended;
    expect(refused(reason)).toBe(1);
    sockets[0]?.destroy();
    await vi.waitFor(() => expect(metrics.connectionsOpen.value).toBe(2));
    await check(client(url));
  }
});

test("when there are as many as may be, those of which nobody makes use give way", async () => {
  const { url, refused } = await start({ connections: 2, firstCallMs: 1_000 });
  const inUse = session(url);
  request(inUse, paths.reflect);
  const idle = session(url);
  const gone = new Promise((resolve) => idle.on("close", resolve));
  const once = request(idle, paths.check);
  once.stream.end(frame(0));
  await once.ended;
  await pause(1_050);
  await check(client(url));
  await gone;
  expect(refused("idle")).toBe(1);
  expect(inUse.closed || inUse.destroyed).toBe(false);
  // Now all are in use, or have just come.
  const late = session(url);
  await new Promise((resolve) => late.on("close", resolve));
  expect(refused("too_many")).toBe(1);
});

test("behind a proxy the address is that of its header, and connections are the proxy's", async () => {
  const { url, port, metrics } = await start(
    { connectionsPerAddress: 1, streamsPerAddress: 1 },
    { behindProxy: true },
  );
  tcp(port);
  tcp(port);
  await vi.waitFor(() => expect(metrics.connectionsOpen.value).toBe(2));
  const one = session(url);
  request(one, paths.reflect, { "x-forwarded-for": "192.0.2.1" });
  const again = request(one, paths.reflect, { "x-forwarded-for": "192.0.2.1" });
  expect(await again.ended).toEqual([8, "rate_limited"]);
  const other = request(one, paths.check, { "x-forwarded-for": "192.0.2.2" });
  other.stream.end(frame(0));
  expect(await other.ended).toEqual([0]);
});

test("a connection of which no call comes is closed, however far it got; one with a call stays", async () => {
  const { url, port, refused } = await start({ firstCallMs: 1_000 });
  const silentOne = tcp(port);
  const half = tcp(port);
  half.write("PRI * HTTP/2.0\r\n\r\nSM");
  const greeted = session(url);
  const calling = session(url);
  request(calling, paths.reflect);
  await Promise.all([silentOne.ended, half.ended, new Promise((resolve) => greeted.on("close", resolve))]);
  expect(refused("no_call")).toBe(3);
  await pause(200);
  expect(calling.closed || calling.destroyed).toBe(false);
});

test("calls and streams open at once are counted, in total and for each address, and given back", async () => {
  for (const limits of [{ streams: 2 }, { streamsPerAddress: 2 }]) {
    const { url } = await start(limits);
    const one = session(url);
    const first = request(one, paths.reflect);
    const second = request(one, paths.reflect);
    expect(await request(one, paths.reflect).ended).toEqual([8, "rate_limited"]);
    first.stream.end();
    expect(await first.ended).toEqual([0]);
    second.stream.close(constants.NGHTTP2_CANCEL);
    await second.ended;
    await check(client(url));
  }
});

test("what is compressed is refused before a byte of it is read", async () => {
  const { url, refused } = await start({});
  const one = request(session(url), paths.check, { "grpc-encoding": "gzip" });
  one.stream.end(frame(10));
  expect(await one.ended).toEqual([12]);
  expect(refused("compressed")).toBe(1);
});

test("unfinished messages are cut when they hold too much, and when they take too long", async () => {
  const { url, refused } = await start({ unfinishedBytesPerAddress: 100_000, messageMs: 150 });
  const one = session(url);
  const big = [1, 2, 3].map(() => request(one, paths.check));
  for (const { stream } of big) stream.write(frame(60_000).subarray(0, 40_000));
  await vi.waitFor(() => expect(refused("unfinished_bytes")).toBeGreaterThan(0));
  expect(await Promise.all(big.map(({ ended }) => ended))).toContain("reset 11");
  const slow = request(one, paths.check);
  slow.stream.write(frame(100).subarray(0, 3));
  expect(await slow.ended).toBe("reset 11");
  expect(refused("slow_message")).toBeGreaterThan(0);
  const again = request(one, paths.check);
  again.stream.end(frame(0));
  expect(await again.ended).toEqual([0]);
});

test("a call that neither asks nor ends is cut; a stream may stay", async () => {
  const { url, refused } = await start({ callMs: 150 });
  const one = session(url);
  const stays = request(one, paths.reflect);
  const call = request(one, paths.check);
  call.stream.write(frame(0));
  expect(await call.ended).toBe("reset 11");
  expect(refused("slow_call")).toBe(1);
  expect(stays.stream.closed).toBe(false);
});

test("headers are bounded", async () => {
  const { url, refused } = await start({});
  const many = Object.fromEntries(Array.from({ length: 80 }, (_, index) => [`x-${index}`, "1"]));
  expect(await request(session(url), paths.check, many).ended).toMatch(/reset/);
  expect(await request(session(url), paths.check, { "x-long": "a".repeat(40_000) }).ended).toEqual([8]);
  expect(refused("long_headers")).toBe(1);
  await check(client(url));
});

test("an endless body is read no further once it has its answer", async () => {
  const { url } = await start({ afterAnswerMs: 100 });
  const one = request(session(url), paths.check);
  const more = setInterval(() => one.stream.write(frame(1_000)), 5);
  undo.push(() => clearInterval(more));
  expect(await one.ended).toEqual([12]);
});

test("of strangers nothing is read that is larger than any of their requests", async () => {
  const { url } = await start({});
  const ask = (length: number) =>
    reasonOf(callUnary(client(url), Health.method.check, { service: "a".repeat(length) }));
  expect(await ask(60_000)).toBe("gRPC 5");
  expect(await ask(70_000)).toBe("malformed");
});

test("more connections wait while the relay is busy than Node would let wait", async () => {
  const { port } = await start({});
  const count = 700;
  const dialler = `
    let open = 0;
    for (let at = 0; at < ${count}; at += 1) {
      require("node:net").connect(${port}, "127.0.0.1", () => { open += 1; if (open === ${count}) process.exit(0); });
    }`;
  // Meanwhile nothing is accepted here.
  expect(spawnSync(process.execPath, ["-e", dialler], { timeout: 20_000 }).status).toBe(0);
});
