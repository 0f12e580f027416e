import { createServer as createHttp2, type IncomingHttpHeaders, type ServerHttp2Session } from "node:http2";
import { createServer, connect as dialSocket, type Socket } from "node:net";
import { Duplex } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";

const LARGEST_WINDOW = 2 ** 31 - 1;

/** Stands between clients and a relay and keeps every byte that passes. */
export interface Recorder {
  readonly url: string;
  /** All that clients said, a connection after the other; and all that they were told. */
  said(): Buffer;
  told(): Buffer;
  /** What clients said once more, as HTTP/2 means it: names and values of headers, which are packed on the wire, and bodies. */
  meant(): Promise<Buffer>;
  stop(): void;
}

export async function recordTo(url: string): Promise<Recorder> {
  const { hostname, port } = new URL(url);
  const connections: { said: Buffer[]; told: Buffer[] }[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const kept = { said: [] as Buffer[], told: [] as Buffer[] };
    connections.push(kept);
    const relay = dialSocket(Number(port), hostname);
    for (const socket of [client, relay]) {
      sockets.add(socket.setNoDelay(true));
      socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
    }
    client.on("data", (bytes: Buffer) => kept.said.push(bytes));
    relay.on("data", (bytes: Buffer) => kept.told.push(bytes));
    client.pipe(relay).pipe(client);
    client.on("close", () => relay.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    said: () => Buffer.concat(connections.flatMap(({ said }) => said)),
    told: () => Buffer.concat(connections.flatMap(({ told }) => told)),
    meant: async () =>
      Buffer.concat(await Promise.all(connections.map(({ said }) => meaningOf(Buffer.concat(said))))),
    stop: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** A frame of HTTP/2 that asks for an answer: whoever sees it has seen all before it. */
const PING = Buffer.from("0000080600000000000000000000000000", "hex");
/** For what was cut in the middle of a frame. */
const PATIENCE_MS = 500;

/** Plays one side of a connection to a server that only listens. */
async function meaningOf(said: Buffer): Promise<Buffer> {
  const streams: Buffer[][] = [];
  // The relay let them go on while it took in what they said; here all of it comes at once.
  const server = createHttp2({ settings: { initialWindowSize: LARGEST_WINDOW } });
  const played = new Duplex({ read: () => undefined, write: (_bytes, _encoding, done) => done() });
  const heard = new Promise<ServerHttp2Session>((resolve) => {
    server.on("session", (session) => {
      session.setLocalWindowSize(LARGEST_WINDOW);
      session.on("ping", (payload: Buffer) => {
        if (payload.every((byte) => byte === 0)) resolve(session);
      });
    });
  });
  server.on("stream", (stream, headers: IncomingHttpHeaders) => {
    const found: Buffer[] = [];
    streams.push(found);
    for (const [name, value] of Object.entries(headers)) {
      found.push(Buffer.from(`\n${name}: ${String(value)}\n`));
      if (name.endsWith("-bin")) found.push(Buffer.from(String(value), "base64"));
    }
    stream.on("data", (bytes: Buffer) => found.push(bytes)).on("error", () => undefined);
  });
  server.on("sessionError", () => undefined);
  server.emit("connection", played);
  played.push(Buffer.concat([said, PING]));
  await Promise.race([heard, pause(PATIENCE_MS)]);
  // Bodies are handed on a little later.
  await pause(20);
  played.destroy();
  server.close();
  return Buffer.concat(streams.flat());
}
