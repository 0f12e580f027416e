import { randomBytes } from "node:crypto";
import { connect as connectHttp2 } from "node:http2";
import { setTimeout as pause } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { type Client, ServerCredentials } from "@grpc/grpc-js";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { accountId, deviceId, KeysError } from "../keys/public.ts";
import {
  type CountPrekeysResponseSchema,
  DirectoryService,
} from "../proto/gen/sotto/relay/v1/directory_pb.ts";
import {
  ConnectRequestSchema,
  type ConnectResponse,
  ConnectResponseSchema,
  MessagingService,
} from "../proto/gen/sotto/relay/v1/messaging_pb.ts";
import { callUnary, ERROR_REASON_KEY, openStream } from "../proto/grpc.ts";
import { dial, failureOf, reasonOf } from "../test/support/member.ts";
import { Database } from "./db/pool.ts";
import { ErrorReason, RelayError, relayUnavailable } from "./errors.ts";
import { createMetrics } from "./metrics/metrics.ts";
import { type RunningServer, startServer } from "./server.ts";
import { type Caller, type Handlers, service } from "./service.ts";

const directory = DirectoryService.method;
const caller: Caller = {
  accountId: accountId(randomBytes(32)),
  deviceId: deviceId(randomBytes(16)),
  tokenExpiresAt: 0,
};

/** What `countPrekeys` and `connect` do in a test; the server around them is the real one. */
let answer: (request: unknown, who: Caller) => Promise<MessageInitShape<typeof CountPrekeysResponseSchema>>;
let stream: Extract<Handlers<typeof MessagingService>["connect"], { access: "devices" }>["handle"];
let authenticated: () => Promise<Caller>;

let log: string;
let server: RunningServer;
let client: Client;
let url: string;

beforeEach(async () => {
  log = "";
  authenticated = async () => caller;
  const unused = { access: "devices", handle: () => Promise.reject(new Error("unused")) } as const;
  server = await startServer({
    services: [
      service(DirectoryService, {
        lookUpPeople: { access: "devices", handle: async () => ({}) },
        listPeople: unused,
        watchPeople: unused,
        getAccountChains: unused,
        appendAccountEntry: unused,
        publishPrekeys: unused,
        countPrekeys: { access: "devices", handle: (request, who) => answer(request, who) },
        takePrekeyBundles: unused,
      }),
      service(MessagingService, {
        openDirect: unused,
        getRoster: unused,
        eraseRow: unused,
        connect: { access: "devices", handle: (call, who) => stream(call, who) },
      }),
    ],
    host: "127.0.0.1",
    port: 0,
    credentials: ServerCredentials.createInsecure(),
    behindProxy: false,
    authenticate: () => authenticated(),
    metrics: createMetrics(),
    callRates: { opensPerAccount: { count: 1, seconds: 60 }, callsPerAddress: { count: 100, seconds: 60 } },
    log: pino(
      {},
      {
        write: (line: string) => {
          log += line;
        },
      },
    ),
  });
  url = `http://127.0.0.1:${server.port}`;
  client = dial(url);
});

afterEach(async () => {
  client.close();
  await server.drain(100);
});

const call = () => callUnary(client, directory.countPrekeys, {});
const open = () => openStream(client, MessagingService.method.connect);

const ping = (nonce: bigint) => create(ConnectRequestSchema, { frame: { case: "ping", value: { nonce } } });

/** Every frame, and how it ended. */
async function listen(
  opened: ReturnType<typeof open>,
): Promise<{ frames: ConnectResponse[]; reason: string }> {
  const frames: ConnectResponse[] = [];
  opened.on("data", (frame: ConnectResponse) => frames.push(frame));
  const reason = await new Promise<string>((resolve) => {
    opened.on("error", () => undefined);
    opened.on("status", ({ code, metadata }) => {
      resolve(metadata.get(ERROR_REASON_KEY)[0]?.toString() ?? `gRPC ${code}`);
    });
  });
  return { frames, reason };
}

describe("a call", () => {
  test("reaches its handler with the caller, and gives the answer back", async () => {
    answer = async (_request, who) => ({ oneTimeLeft: who === caller ? 7 : 0 });
    expect((await call()).oneTimeLeft).toBe(7);
  });

  test("of somebody who is not let in never reaches its handler", async () => {
    let reached = false;
    answer = async () => {
      reached = true;
      return {};
    };
    authenticated = () => Promise.reject(new RelayError(ErrorReason.TOKEN_EXPIRED, "over"));
    expect(await reasonOf(call())).toBe("token_expired");
    stream = () => {
      reached = true;
    };
    expect((await listen(open())).reason).toBe("token_expired");
    expect(reached).toBe(false);
  });

  test("that comes too often is told how long to wait", async () => {
    const openDirect = () => callUnary(client, MessagingService.method.openDirect, {});
    expect(await reasonOf(openDirect())).toBe("internal");
    const { reason, retryAfter } = await failureOf(openDirect());
    expect(reason).toBe("rate_limited");
    expect(retryAfter).toBeGreaterThan(50_000);
    answer = async () => ({});
    await call();
    // Nobody is asked who he is any more.
    let asked = 0;
    authenticated = async () => {
      asked += 1;
      return caller;
    };
    const reasons = await Promise.all(Array.from({ length: 120 }, () => reasonOf(openDirect())));
    expect(new Set(reasons)).toEqual(new Set(["rate_limited"]));
    expect(asked).toBeLessThan(100);
  });

  test("that fails by a bug tells a number, under which the log knows more, and no word of the error", async () => {
    answer = () => Promise.reject(new Error("the canary of alice", { cause: new TypeError("canary too") }));
    const { reason, details } = await failureOf(call());
    expect(reason).toBe("internal");
    const [, incident] = /^internal error, incident ([0-9a-f]{8})$/.exec(details) ?? [];
    const line = JSON.parse(log.trim()) as Record<string, unknown>;
    expect(line).toMatchObject({ incident, method: "CountPrekeys", error: "Error" });
    expect(JSON.stringify(line)).toContain("server.test.ts");
    expect(log + details).not.toContain("canary");
    answer = async () => ({});
    await call();
  });

  test("that throws at once, or answers what cannot be encoded, kills nothing", async () => {
    answer = () => {
      throw new Error("at once");
    };
    expect(await reasonOf(call())).toBe("internal");
    answer = async () => ({ oneTimeLeft: -1 });
    expect(await reasonOf(call())).toMatch(/internal|gRPC 13/);
    answer = async () => ({});
    await call();
  });

  test("whose input does not stand a check of keys/ is told so", async () => {
    for (const [code, reason] of [
      ["malformed", "malformed"],
      ["unsupported_version", "malformed"],
      ["bad_key", "malformed"],
      ["bad_signature", "bad_signature"],
      ["not_permitted", "bad_signature"],
      ["fork", "head_moved"],
    ] as const) {
      answer = () => Promise.reject(new KeysError(code, "no"));
      expect(await reasonOf(call())).toBe(reason);
    }
    expect(log).toBe("");
  });

  test("while the database is away is told to come again", async () => {
    const connection = { host: "127.0.0.1", port: 1, user: "u", database: "d" };
    const database = new Database({ connection, size: 1, onError: () => undefined });
    answer = async () => {
      await database.query("select 1");
      return {};
    };
    const { reason, code, retryAfter } = await failureOf(call());
    expect({ reason, code, retryAfter }).toEqual({
      reason: "relay_unavailable",
      code: 14,
      retryAfter: 1_000,
    });
    await database.close();
  });

  test("with bytes that are no request is malformed", async () => {
    const raw = (bytes: Buffer) =>
      new Promise((resolve, reject) => {
        const path = "/sotto.relay.v1.DirectoryService/LookUpPeople";
        const same = (value: Buffer) => value;
        client.makeUnaryRequest(path, same, same, bytes, (error, value) =>
          error ? reject(error) : resolve(value),
        );
      });
    expect(await reasonOf(raw(Buffer.from([0xff, 0xff, 0xff])))).toBe("malformed");
    expect(await reasonOf(raw(Buffer.from([0x0a, 0x02, 0xff, 0xfe])))).toBe("malformed"); // a name that is not UTF-8
    expect(await reasonOf(raw(randomBytes(1_000)))).toBe("malformed");
    await raw(Buffer.alloc(0));
  });

  test("with more fields than any request has is malformed, and takes no time", async () => {
    const names = Array.from({ length: 5_000 }, () => "");
    expect(await reasonOf(callUnary(client, directory.lookUpPeople, { names }))).toBe("malformed");
  });

  test("above 2 MiB is refused", async () => {
    const names = Array.from({ length: 3 }, () => "a".repeat(1024 * 1024));
    expect(await reasonOf(callUnary(client, directory.lookUpPeople, { names }))).toBe("gRPC 8");
    await callUnary(client, directory.lookUpPeople, {});
  });

  test("that is compressed is refused, and never unpacked", async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
    const frame = Buffer.concat([Buffer.from([1, 0, 0, 0, 0]), bomb]);
    frame.writeUInt32BE(bomb.length, 1);
    const session = connectHttp2(url);
    const request = session.request({
      ":method": "POST",
      ":path": "/sotto.relay.v1.DirectoryService/LookUpPeople",
      "content-type": "application/grpc",
      "grpc-encoding": "gzip",
      te: "trailers",
    });
    const status = new Promise((resolve) => {
      request.on("response", (headers) => headers["grpc-status"] && resolve(headers["grpc-status"]));
      request.on("trailers", (trailers) => resolve(trailers["grpc-status"]));
    });
    request.end(frame);
    request.resume();
    expect(await status).toBe("12");
    session.close();
  });
});

describe("a stream", () => {
  test("is handed over with nothing of it read, and ends well", async () => {
    stream = ({ stream: opened, end }) => {
      opened.on("data", ({ frame }) => {
        if (frame.case === "ping")
          opened.write(create(ConnectResponseSchema, { pong: { nonce: frame.value.nonce } }));
      });
      opened.on("end", () => end());
    };
    // Frames that come before the caller is known wait.
    authenticated = async () => {
      await pause(30);
      return caller;
    };
    const opened = open();
    opened.write(ping(5n));
    opened.end();
    const { frames, reason } = await listen(opened);
    expect(frames.map((frame) => frame.pong?.nonce)).toEqual([5n]);
    expect(reason).toBe("gRPC 0");
  });

  test("ends behind what was written, with its reason", async () => {
    stream = ({ stream: opened, end }) => {
      opened.write(create(ConnectResponseSchema, { resync: true }));
      end(new RelayError(ErrorReason.SUPERSEDED, "another process"));
      end(new Error("only the first counts"));
    };
    const { frames, reason } = await listen(open());
    expect(frames).toHaveLength(1);
    expect(reason).toBe("superseded");
    expect(log).toBe("");
  });

  test("whose handler fails by a bug ends as an incident", async () => {
    stream = () => Promise.reject(new Error("canary"));
    expect((await listen(open())).reason).toBe("internal");
    stream = () => {
      throw new Error("canary");
    };
    expect((await listen(open())).reason).toBe("internal");
    expect(log).toContain("incident");
    expect(log).not.toContain("canary");
  });

  test("that the client drops is over for its handler", async () => {
    const over = new Promise<void>((resolve) => {
      stream = (opened) => opened.over.whenItComes(resolve);
    });
    const opened = open();
    const ended = listen(opened);
    opened.write(ping(1n));
    await pause(50);
    opened.cancel();
    await over;
    await ended;
  });
});

describe("draining", () => {
  test("lets calls under way finish, tells streams, and takes no new ones", async () => {
    let finish: () => void = () => undefined;
    answer = async () => {
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
      return { oneTimeLeft: 3 };
    };
    stream = ({ draining, stream: opened, end }) => {
      opened.write(create(ConnectResponseSchema, { resync: true }));
      draining.whenItComes(() => end(relayUnavailable()));
    };
    const underWay = call();
    const opened = open();
    const welcomed = new Promise((resolve) => opened.once("data", resolve));
    const listening = listen(opened);
    await welcomed;
    const drained = server.drain(5_000);
    expect((await listening).reason).toBe("relay_unavailable");
    expect(await reasonOf(call())).toMatch(/relay_unavailable|gRPC 14/);
    finish();
    expect((await underWay).oneTimeLeft).toBe(3);
    await drained;
  });

  test("cuts what does not end in time", async () => {
    stream = ({ stream: opened }) => {
      opened.write(create(ConnectResponseSchema, { resync: true }));
    };
    const opened = open();
    const welcomed = new Promise((resolve) => opened.once("data", resolve));
    const listening = listen(opened);
    await welcomed;
    const start = Date.now();
    await server.drain(200);
    expect(Date.now() - start).toBeLessThan(2_000);
    await listening;
  });
});
