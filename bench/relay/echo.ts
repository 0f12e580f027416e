// Round trips of 512 bytes over streams, by the load's own HTTP/2 and by the client of grpc-js.
import type { ClientHttp2Session } from "node:http2";
import { setTimeout as pause } from "node:timers/promises";
import { Client, credentials } from "@grpc/grpc-js";
import { openConnection, openStream } from "./connection.ts";
import { framed } from "./wire.ts";

const PATH = "/bench.Echo/Echo";
const BYTES = 512;
const WARM_UP_MS = 1_000;
/** Handshakes take their time. */
const LONGEST_START_MS = 30_000;
const DIALLED_AT_ONCE = 64;

export interface EchoSetup {
  readonly url: string;
  readonly client: "http2" | "grpc-js";
  readonly streams: number;
  readonly inFlight: number;
  /** 0: each stream has its own. */
  readonly connections: number;
  readonly window: number;
  readonly seconds: number;
}

/** Round trips a second. */
export async function roundTrips(setup: EchoSetup): Promise<number> {
  let count = 0;
  const answered = new Set<number>();
  const open = setup.client === "http2" ? byHttp2 : byGrpc;
  const close = await open(setup, (stream) => {
    count += 1;
    if (answered.size < setup.streams) answered.add(stream);
  });
  const latest = performance.now() + LONGEST_START_MS;
  while (answered.size < setup.streams && performance.now() < latest) await pause(10);
  await pause(WARM_UP_MS);
  const [before, began] = [count, performance.now()];
  await pause(setup.seconds * 1_000);
  const rate = ((count - before) * 1_000) / (performance.now() - began);
  close();
  return rate;
}

export interface HoldSetup extends Pick<EchoSetup, "url" | "streams" | "connections" | "window"> {}

/** Opens streams that say one thing and then nothing any more. They stay until this process ends. */
export async function hold({ url, streams, connections, window }: HoldSetup): Promise<null> {
  const count = connections || streams;
  const message = framed(Buffer.alloc(BYTES, 7));
  const waiting = Array.from({ length: count }, (_, at) => at);
  const worker = async (): Promise<void> => {
    while (waiting.pop() !== undefined) {
      const session = await openConnection({ url, window });
      await Promise.all(Array.from({ length: streams / count }, () => saidOnce(session, message)));
    }
  };
  await Promise.all(Array.from({ length: DIALLED_AT_ONCE }, worker));
  return null;
}

function saidOnce(session: ClientHttp2Session, message: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const onEnd = (why: string): void => reject(new Error(why));
    openStream(session, { path: PATH, onMessage: () => resolve(), onEnd }).write(message);
  });
}

type Open = (setup: EchoSetup, onAnswer: (stream: number) => void) => Promise<() => void>;

const byHttp2: Open = async ({ url, streams, inFlight, connections, window }, onAnswer) => {
  const sessions = await Promise.all(
    Array.from({ length: connections || streams }, () => openConnection({ url, window })),
  );
  const message = framed(Buffer.alloc(BYTES, 7));
  for (let at = 0; at < streams; at += 1) {
    const session = sessions[at % sessions.length];
    if (session === undefined) break;
    const stream = openStream(session, {
      path: PATH,
      onMessage: () => {
        onAnswer(at);
        stream.write(message);
      },
      onEnd: () => undefined,
    });
    for (let sent = 0; sent < inFlight; sent += 1) stream.write(message);
  }
  return () => {
    for (const session of sessions) session.destroy();
  };
};

const byGrpc: Open = async ({ url, streams, inFlight, connections, window }, onAnswer) => {
  const { protocol, host } = new URL(url);
  const same = (bytes: Buffer): Buffer => bytes;
  const clients = Array.from({ length: connections || streams }, () => {
    const trusted =
      protocol === "https:"
        ? credentials.createSsl(null, null, null, { rejectUnauthorized: false })
        : credentials.createInsecure();
    return new Client(host, trusted, {
      "grpc.enable_http_proxy": 0,
      "grpc.use_local_subchannel_pool": 1,
      "grpc-node.flow_control_window": window,
      "grpc.ssl_target_name_override": "localhost",
    });
  });
  const message = Buffer.alloc(BYTES, 7);
  for (let at = 0; at < streams; at += 1) {
    const stream = clients[at % clients.length]?.makeBidiStreamRequest(PATH, same, same);
    stream?.on("error", () => undefined);
    stream?.on("data", () => {
      onAnswer(at);
      stream.write(message);
    });
    for (let sent = 0; sent < inFlight; sent += 1) stream?.write(message);
  }
  return () => {
    for (const client of clients) client.close();
  };
};
