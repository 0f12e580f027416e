// What somebody gets who wants to bring a relay down, and that two people go on writing to each other meanwhile. A real
// relay process with the limits that everybody has.
import { randomBytes } from "node:crypto";
import { type ClientHttp2Session, connect } from "node:http2";
import { setTimeout as pause } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AuthService } from "../../proto/gen/sotto/relay/v1/auth_pb.ts";
import { callUnary, ERROR_REASON_KEY } from "../../proto/grpc.ts";
import { dial, newAccount, reasonOf, register, startLogin } from "../support/member.ts";
import { envelopeBy, openDirect, RawStream, wrapsBy } from "../support/raw-stream.ts";
import { spawnRelay } from "../support/relay.ts";
import {
  callHeaders,
  DESCRIBE,
  Flag,
  frame,
  greetedLine,
  headerBlock,
  type Line,
  line,
  message,
  PREFACE,
  START_LOGIN,
  Type,
} from "./raw-http2.ts";
import { type RelayInUse, relayInUse, someone } from "./relay-in-use.ts";

let one: RelayInUse;
beforeAll(async () => {
  one = await relayInUse();
});
afterAll(async () => {
  await one?.stop();
});

/** Which reasons the relay counts more of after `attack`. */
async function newRefusals(
  reason: string,
  attack: () => Promise<unknown>,
  metric = "connections_refused_total",
) {
  const label = metric === "rate_limited_total" ? "limit" : "reason";
  const count = () => one.counted(metric, `{${label}="${reason}"}`);
  const before = await count();
  await attack();
  return (await count()) - before;
}

function session(url = one.url): ClientHttp2Session {
  const opened = connect(url);
  opened.on("error", () => undefined);
  return opened;
}

/** How a call ends whose body is `write`n by the test: its gRPC status and reason, or its reset. */
function call(on: ClientHttp2Session, path: string, headers: Record<string, string> = {}) {
  const stream = on.request({
    ":method": "POST",
    ":path": path,
    "content-type": "application/grpc",
    te: "trailers",
    ...headers,
  });
  let said: string | undefined;
  const note = (trailers: Record<string, unknown>): void => {
    const status = trailers["grpc-status"];
    if (status !== undefined) said = String(trailers[ERROR_REASON_KEY] ?? `gRPC ${String(status)}`);
  };
  stream.on("error", () => undefined);
  stream.on("response", note);
  stream.on("trailers", note);
  stream.resume();
  const ended = new Promise<string>((resolve) => {
    stream.on("close", () => resolve(said ?? `reset ${stream.rstCode}`));
  });
  return { stream, ended };
}

/** Writes for as long as the relay takes it; how many rounds that were. */
async function pour(into: Line, next: (round: number) => Buffer, rounds: number): Promise<number> {
  let round = 0;
  for (; round < rounds && !into.socket.destroyed; round++) await into.write(next(round));
  return round;
}

describe("connections of which nothing comes", () => {
  test("are closed, a thousand of one address too, however far they got", { timeout: 180_000 }, async () => {
    const starts: (() => Line)[] = [
      () => line(one.url),
      () => {
        const half = line(one.url);
        half.socket.write(PREFACE.subarray(0, 20));
        return half;
      },
      () => greetedLine(one.url),
      () => {
        // Headers that never end.
        const headers = greetedLine(one.url);
        headers.socket.write(frame(Type.headers, Flag.none, 1, callHeaders(DESCRIBE).subarray(0, 20)));
        return headers;
      },
      () => {
        // Half-open: the other side has gone, and says nothing of it.
        const gone = line(one.url);
        gone.socket.pause();
        return gone;
      },
    ];
    const lines: Line[] = [];
    const refused = await newRefusals("no_call", () =>
      one.under(async () => {
        for (let index = 0; index < 1_000; index++) {
          const start = starts[index % starts.length];
          if (start !== undefined) lines.push(start());
          if (index % 100 === 0) await pause(20);
        }
        await Promise.all(lines.map(({ ended }) => ended));
      }),
    );
    // The relay ends some of them by itself.
    expect(refused).toBeGreaterThan(700);
    expect(await one.counted("connections_open")).toBeLessThan(10);
  });

  test("that drip a byte at a time are closed all the same", { timeout: 180_000 }, async () => {
    const drips = Array.from({ length: 20 }, () => line(one.url));
    await one.under(async () => {
      for (let at = 0; at < PREFACE.length; at++) {
        for (const { socket } of drips) socket.write(PREFACE.subarray(at, at + 1));
        await pause(1_000);
      }
      await Promise.all(drips.map(({ ended }) => ended));
    });
  });
});

test("a TLS handshake that never ends costs a connection for some seconds", {
  timeout: 180_000,
}, async () => {
  const relay = await spawnRelay({ sources: true, parameters: ["--tls", "self-signed"] });
  try {
    const { host } = new URL(relay.url);
    const silent = Array.from({ length: 50 }, () => line(relay.url));
    // The head of a ClientHello of 512 bytes that do not come.
    const begun = Array.from({ length: 50 }, () => line(relay.url));
    for (const { socket } of begun) socket.write(Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc]));
    const shaken = Array.from({ length: 20 }, () => line(relay.url, { tls: true }));
    const honest = connect(`https://${host}`, { rejectUnauthorized: false });
    const describing = call(honest, DESCRIBE);
    describing.stream.end(message(0));
    expect(await describing.ended).toBe("gRPC 0");
    honest.close();
    await Promise.all([...silent, ...begun, ...shaken].map(({ ended }) => ended));
  } finally {
    await relay.stop();
  }
});

describe("one connection that floods", () => {
  test("with calls that it takes back is told to go", async () => {
    const most = 200_000;
    const flood = async (): Promise<number | "closed"> => {
      const into = greetedLine(one.url);
      const rounds = await pour(
        into,
        (round) => {
          const id = 2 * round + 1;
          return Buffer.concat([
            frame(Type.headers, Flag.endHeaders, id, callHeaders(DESCRIBE)),
            frame(Type.reset, Flag.none, id, Buffer.from([0, 0, 0, 8])),
          ]);
        },
        most,
      );
      expect(rounds).toBeLessThan(most);
      return into.ended;
    };
    const ended = await one.under(async () => {
      // A write that finds the line reset ends it before the GOAWAY is read: then once more.
      for (let tries = 0; tries < 5; tries++) {
        const said = await flood();
        if (said !== "closed") return said;
      }
      return "closed";
    });
    // Of a GOAWAY; which one is nghttp2's affair.
    expect(ended).toBeTypeOf("number");
  });

  test.each([
    ["pings", frame(Type.ping, Flag.none, 0, Buffer.alloc(8))],
    ["settings", frame(Type.settings, Flag.none, 0)],
  ])("with %s whose answers it does not read is cut", async (_what, flooding) => {
    const flood = greetedLine(one.url, { reads: false });
    const many = Buffer.concat(Array(1_000).fill(flooding));
    let wrote = 0;
    await one.under(async () => {
      await Promise.race([
        pour(
          flood,
          () => {
            wrote += 1_000;
            return many;
          },
          20_000,
        ),
        pause(20_000),
      ]);
    });
    flood.socket.destroy();
    // It was cut, or not read: it did not get rid of all of them.
    expect(wrote).toBeLessThan(20_000_000);
  });

  test("with headers without end, or with many that stand for more, gets nothing by it", async () => {
    const endless = greetedLine(one.url);
    const bomb = greetedLine(one.url);
    await one.under(async () => {
      endless.socket.write(frame(Type.headers, Flag.none, 1, callHeaders(DESCRIBE)));
      const more = headerBlock({ "x-more": "a".repeat(100) });
      await pour(endless, () => frame(Type.continuation, Flag.none, 1, more), 100_000);
      expect(await endless.ended).not.toBe("gRPC 0");
      // One entry of 4 KiB in HPACK's table, which every further byte stands for.
      const name = Buffer.from("x-bomb");
      const entry = Buffer.concat([
        Buffer.from([0x40, name.length]),
        name,
        Buffer.from([0x7f, 0x81, 0x1e]), // 4,000 bytes
        Buffer.alloc(4_000, "b"),
      ]);
      const block = Buffer.concat([callHeaders(DESCRIBE), entry, Buffer.alloc(8_000, 0xbe)]);
      await pour(bomb, (round) => frame(Type.headers, Flag.endHeaders | Flag.end, 2 * round + 1, block), 200);
      await Promise.race([bomb.ended, pause(3_000)]);
    });
    bomb.socket.destroy();
  });

  test("with garbage is closed", async () => {
    const bytes = randomBytes(64 * 1024);
    const garbage = [line(one.url), greetedLine(one.url), line(one.url)];
    garbage[2]?.socket.write("GET / HTTP/1.1\r\nHost: relay\r\n\r\n");
    await one.under(async () => {
      for (const { socket } of garbage) socket.write(bytes);
      await Promise.all(garbage.map(({ ended }) => ended));
    });
  });
});

describe("requests", () => {
  test("that are too large, compressed, garbage or nothing but fields are refused", async () => {
    const on = session();
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
    const packed = message(bomb.length);
    packed[0] = 1;
    bomb.copy(packed, 5);
    await one.under(async () => {
      const tooLarge = call(on, START_LOGIN);
      tooLarge.stream.end(message(3 * 1024 * 1024, 1_000));
      expect(await tooLarge.ended).toBe("gRPC 8");
      const large = call(on, START_LOGIN);
      large.stream.end(message(1024 * 1024));
      expect(await large.ended).toBe("malformed");

      const compressed = call(on, START_LOGIN, { "grpc-encoding": "gzip" });
      compressed.stream.end(packed);
      expect(await compressed.ended).toBe("gRPC 12");
      // Not announced, so not unpacked.
      const unannounced = call(on, START_LOGIN);
      unannounced.stream.end(packed);
      expect(await unannounced.ended).toBe("malformed");

      for (let round = 0; round < 100; round++) {
        const garbage = call(on, START_LOGIN);
        const bytes = message(500);
        randomBytes(500).copy(bytes, 5);
        garbage.stream.end(bytes);
        expect(await garbage.ended).toBe("malformed");
      }
      // A megabyte of empty names, of somebody who has logged in.
      const token = String(one.alice.metadata.get("authorization")[0]);
      const fields = call(on, "/sotto.relay.v1.DirectoryService/LookUpPeople", { authorization: token });
      const bytes = message(1024 * 1024);
      for (let at = 5; at < bytes.length; at += 2) bytes[at] = 0x0a;
      fields.stream.end(bytes);
      expect(await fields.ended).toBe("malformed");
    });
    on.close();
  });

  test("whose bodies never end hold no more than an address may", async () => {
    const attackers = Array.from({ length: 8 }, () => session());
    const refused = await newRefusals("unfinished_bytes", () =>
      one.under(async () => {
        const calls = attackers.flatMap((on) => Array.from({ length: 200 }, () => call(on, START_LOGIN)));
        // Together 3 GiB; each waits for its last byte.
        const body = message(2 * 1024 * 1024 - 10, 2 * 1024 * 1024 - 11);
        for (const { stream } of calls) stream.write(body);
        await Promise.race([Promise.all(calls.map(({ ended }) => ended)), pause(15_000)]);
      }, 300),
    );
    expect(refused).toBeGreaterThan(100);
    for (const on of attackers) on.destroy();
  });

  test("with a body that goes on after the answer are cut", async () => {
    const on = session();
    await one.under(async () => {
      const endless = call(on, DESCRIBE);
      const more = setInterval(() => endless.stream.write(message(10_000)), 1);
      expect(await endless.ended).toBe("gRPC 12");
      clearInterval(more);
    });
    on.close();
  });
});

describe("somebody who has an account", () => {
  test("floods with messages, and others' messages still get through", { timeout: 240_000 }, async () => {
    const flooder = await someone(one.url, "flooder");
    const room = await openDirect(flooder, { accountId: flooder.person.accountId });
    const streams = await Promise.all(Array.from({ length: 8 }, () => RawStream.open(flooder)));
    const body = randomBytes(400);
    const COUNT = 4_000;
    for (const stream of streams) {
      for (let tag = 1; tag <= COUNT; tag++) {
        const envelope = envelopeBy(flooder, room.roster, { body });
        stream.send({
          case: "submit",
          value: { tag: BigInt(tag), envelope, wraps: wrapsBy(flooder, room.roster) },
        });
      }
    }
    const answered = () =>
      streams.reduce(
        (sum, { frames }) =>
          sum +
          frames.reduce((inFrame, { accepted, refused }) => inFrame + accepted.length + refused.length, 0),
        0,
      );
    const all = streams.length * COUNT;
    // Ten messages, one after the other, while thousands of his are in line.
    for (let sent = 0; sent < 10; sent++) await one.exchange();
    expect(answered()).toBeLessThan(all / 2);
    await one.under(async () => {
      while (answered() < all) await pause(100);
    });
    for (const { call: opened } of streams) opened.cancel();
    flooder.client.close();
  });

  test("does not read what others write to him", { timeout: 240_000 }, async () => {
    const slow = await someone(one.url, "slow");
    const room = await openDirect(slow, { accountId: one.alice.person.accountId });
    const reading = await RawStream.open(slow, { live: true });
    expect(await reading.submit(envelopeBy(slow, room.roster), wrapsBy(slow, room.roster))).toBe(1n);
    reading.call.pause();
    const writer = await RawStream.open(one.alice);
    const write = () => {
      const envelope = envelopeBy(one.alice, room.roster, { body: randomBytes(60_000) });
      return writer.submit(envelope, wrapsBy(one.alice, room.roster));
    };
    // Together 120 MB.
    await one.under(async () => {
      for (let sent = 0; sent < 2_000; sent += 20) {
        for (const sequence of await Promise.all(Array.from({ length: 20 }, write))) {
          expect(sequence).toBeTypeOf("bigint");
        }
      }
    }, 100);
    reading.call.resume();
    const rows = await reading.pullAll(room.conversation.conversationId);
    expect(rows).toHaveLength(2_001);
    for (const { call: opened } of [reading, writer]) opened.cancel();
    slow.client.close();
  });

  test("sends frames that consist of fields only, and loses the stream", { timeout: 240_000 }, async () => {
    const sender = await someone(one.url, "fields");
    const on = session();
    const token = String(sender.metadata.get("authorization")[0]);
    await one.under(async () => {
      for (let round = 0; round < 20; round++) {
        const stream = call(on, "/sotto.relay.v1.MessagingService/Connect", { authorization: token });
        const cursors = Buffer.alloc(2_000_000);
        for (let at = 0; at < cursors.length; at += 2) cursors[at] = 0x0a;
        const bytes = Buffer.concat([
          message(cursors.length + 4, 0),
          Buffer.from([0x22, 0x80, 0x89, 0x7a]),
          cursors,
        ]);
        stream.stream.end(bytes);
        expect(await stream.ended).toBe("gRPC 13");
      }
    });
    on.close();
    sender.client.close();
  });
});

test("floods of registrations and logins are told to wait, each address by itself", {
  timeout: 240_000,
}, async () => {
  const proxied = await relayInUse(["--behind-proxy"]);
  try {
    const from = (address: string) => {
      const on = session(proxied.url);
      return { on, headers: { "x-forwarded-for": address } };
    };
    const attacker = from("192.0.2.1");
    const flood = async (path: string, body: Buffer, count: number): Promise<Map<string, number>> => {
      const ends = new Map<string, number>();
      for (let at = 0; at < count; at += 100) {
        const calls = Array.from({ length: 100 }, () => {
          const begun = call(attacker.on, path, attacker.headers);
          begun.stream.end(body);
          return begun.ended;
        });
        for (const end of await Promise.all(calls)) ends.set(end, (ends.get(end) ?? 0) + 1);
      }
      return ends;
    };
    await proxied.under(async () => {
      for (const path of ["/sotto.relay.v1.AuthService/StartRegistration", START_LOGIN]) {
        const ends = await flood(path, message(0), 2_500);
        expect(ends).toEqual(
          new Map([
            ["malformed", 2_000],
            ["rate_limited", 500],
          ]),
        );
      }
    });
    attacker.on.close();
    // Somebody else's address is not concerned.
    const client = dial(proxied.url);
    const newcomer = await newAccount("newcomer");
    await register(client, newcomer, "pass word");
    // Nor is a login of his, until too many were begun for his name.
    const begin = () => reasonOf(startLogin(client, "newcomer", "wrong").then(() => Promise.reject(begun)));
    const begun = Object.assign(new Error("begun"), { metadata: { get: () => ["begun"] } });
    const reasons = [];
    for (let tries = 0; tries < 25; tries++) reasons.push(await begin());
    expect(reasons.filter((reason) => reason === "begun")).toHaveLength(20);
    expect(reasons.filter((reason) => reason === "rate_limited")).toHaveLength(5);
    await callUnary(client, AuthService.method.describeRelay, {});
    client.close();
  } finally {
    await proxied.stop();
  }
});
