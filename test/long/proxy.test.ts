// Clients of one relay behind the proxy of deploy/nginx.conf.
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from "node:http2";
import { setTimeout as pause } from "node:timers/promises";
import { Client, credentials, status } from "@grpc/grpc-js";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { Health } from "../../proto/gen/grpc/health/v1/health_pb.ts";
import { callUnary } from "../../proto/grpc.ts";
import { newcomer, type Person, registered } from "../support/chat.ts";
import { describeWith } from "../support/debian-programs.ts";
import { follow } from "../support/follow.ts";
import { startProxy, type TestProxy } from "../support/proxy.ts";
import { type SpawnedRelay, spawnRelay } from "../support/relay.ts";

/** In deploy/upstreams/single.conf. */
const RELAY = "127.0.0.1:7444";

const portOf = ({ url }: { url: string }): number => Number(new URL(url).port);

function dial(proxy: TestProxy): Client {
  const client = new Client(`127.0.0.1:${proxy.port}`, credentials.createSsl(readFileSync(proxy.certPath)), {
    "grpc.enable_http_proxy": 0,
    "grpc.use_local_subchannel_pool": 1,
  });
  onTestFinished(() => client.close());
  return client;
}

describeWith(["nginx"], "a relay behind the proxy", ({ nginx }) => {
  let relay: SpawnedRelay;
  let proxy: TestProxy;
  let alice: Person;
  let bob: Person;

  beforeAll(async () => {
    relay = await spawnRelay({ parameters: ["--behind-proxy"] });
    proxy = await startProxy(nginx, "single", { [RELAY]: portOf(relay) });
    [alice, bob] = await Promise.all([registered("alice", proxy.url), registered("bob", proxy.url)]);
  }, 120_000);
  afterAll(async () => {
    await Promise.all([alice?.leave(), bob?.leave()]);
    await proxy?.stop();
    await relay?.stop();
  });

  test("a certificate by an authority that the machine knows needs no fingerprint in the address", async () => {
    const trusting = { env: { CHAT_RELAY: `https://127.0.0.1:${proxy.port}` } };
    const carol = await newcomer("carol", trusting.env.CHAT_RELAY);
    onTestFinished(() => carol.leave());
    await writeFile(carol.passwordFile, "correct horse carol\n");
    const files = ["--password-file", carol.passwordFile, "--recovery-file", carol.recoveryFile];
    expect(await carol.chat(["register", "carol", ...files])).toMatchObject({ code: 76 });
    const authority = { env: { NODE_EXTRA_CA_CERTS: proxy.certPath } };
    await carol.ok(["register", "carol", ...files], authority);
    await carol.ok(["send", "bob", "over the usual authorities"], authority);
  });

  test("while the relay is away a client waits, and is back by itself", async () => {
    const follower = await follow(bob, alice);
    await relay.kill("relay");
    const kept = await alice.chat(["send", "bob", "meanwhile"]);
    expect(kept.code, kept.stderr).toBe(69);
    await relay.startAgain();
    await alice.ok(["send", "bob", "after"]);
    await follower.shows(2);
    await follower.end();
    expect(follower.texts()).toEqual(["meanwhile", "after"]);
  }, 120_000);

  test("health is that of the relay, what is not a service of it is unimplemented, reflection stays inside", async () => {
    const client = dial(proxy);
    expect(await proxy.status("/healthz")).toBe("200 ok\n");
    expect(await callUnary(client, Health.method.check, {})).toMatchObject({ status: 1 });
    const call = (path: string) =>
      new Promise<number>((resolve) => {
        const same = (bytes: Buffer) => bytes;
        client.makeUnaryRequest(path, same, same, Buffer.alloc(0), (error) => resolve(error?.code ?? 0));
      });
    expect(await call("/somebody.Elses/Service")).toBe(status.UNIMPLEMENTED);
    expect(await call("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo")).toBe(
      status.UNIMPLEMENTED,
    );
  });
});

describeWith(["nginx"], "what the proxy passes on", ({ nginx }) => {
  /** The header of each call that came through. */
  const seen: IncomingHttpHeaders[] = [];
  let upstream: Http2Server;
  let proxy: TestProxy;
  let session: ClientHttp2Session;

  beforeAll(async () => {
    upstream = createServer();
    upstream.on("stream", (stream, headers) => {
      seen.push(headers);
      stream.respond({ ":status": 200, "content-type": "application/grpc" });
      stream.on("error", () => undefined).pipe(stream);
    });
    await new Promise<void>((resolve) => upstream.listen(0, "127.0.0.1", resolve));
    const address = upstream.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    proxy = await startProxy(nginx, "single", { [RELAY]: port });
    session = open();
  });
  afterAll(async () => {
    session?.destroy();
    await proxy?.stop();
    upstream?.close();
  });

  function open(): ClientHttp2Session {
    const options = { rejectUnauthorized: false, localAddress: "127.0.0.2" };
    return connect(`https://127.0.0.1:${proxy.port}`, options);
  }

  /** A call that comes back byte for byte, for as long as it is open. */
  const call = (headers: OutgoingHttpHeaders = {}): ClientHttp2Stream =>
    session.request({
      ":method": "POST",
      ":path": "/sotto.relay.v1.MessagingService/Connect",
      "content-type": "application/grpc",
      te: "trailers",
      ...headers,
    });

  test("the client's address is that of its connection, whatever the client says", async () => {
    const stream = call({ "x-forwarded-for": "192.0.2.66, 192.0.2.67" });
    stream.end().resume();
    await once(stream, "close");
    expect(seen.map((headers) => headers["x-forwarded-for"])).toEqual(["127.0.0.2"]);
  });

  test("a stream on which nobody says a word for longer than nginx would wait by itself is not cut", async () => {
    const stream = call().setEncoding("utf8");
    stream.write("before");
    expect(await once(stream, "data")).toEqual(["before"]);
    await pause(65_000);
    stream.write("after");
    expect(await once(stream, "data")).toEqual(["after"]);
    stream.destroy();
  }, 120_000);

  test("a new certificate cuts nobody: streams that are open go on, newcomers are shown the new one", async () => {
    const stream = call().setEncoding("utf8");
    stream.write("before");
    expect(await once(stream, "data")).toEqual(["before"]);
    const renewed = await proxy.renewCertificate();
    expect(renewed).not.toBe(proxy.url);
    stream.write("after");
    expect(await once(stream, "data")).toEqual(["after"]);
    stream.destroy();
    session.destroy();
    session = open();
  });

  test("a stream may carry far more than a message may be long", async () => {
    const stream = call();
    const sent = 64 * 1024 * 1024;
    const part = Buffer.alloc(1024 * 1024);
    let received = 0;
    stream.on("data", (bytes: Buffer) => {
      received += bytes.length;
    });
    for (let n = 0; n < sent; n += part.length) if (!stream.write(part)) await once(stream, "drain");
    stream.end();
    await once(stream, "close");
    expect(received).toBe(sent);
  });
});
