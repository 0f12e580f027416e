// HTTP/2 without grpc-js on the load's side, for it costs more than all else there. Each frame is a write of its own, as
// grpc-js writes them: the relay sees what a client sends.
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from "node:http2";
import { connect as dial, type Socket } from "node:net";
import { connect as dialTls } from "node:tls";
import { Unframer } from "./wire.ts";

export interface ConnectionOptions {
  readonly url: string;
  /** Bytes that the relay may send ahead, on each stream and on the connection. */
  readonly window: number;
  /** The loopback address that it comes from, as if from another machine. */
  readonly localAddress?: string;
}

/** Resolves when the relay has sent its settings. */
export function openConnection({
  url,
  window,
  localAddress,
}: ConnectionOptions): Promise<ClientHttp2Session> {
  const { protocol, hostname, port, host } = new URL(url);
  const place = { host: hostname, port: Number(port), ...(localAddress && { localAddress }) };
  const createConnection = (): Socket =>
    protocol === "https:"
      ? // Whose certificate it is is not what is measured.
        dialTls({ ...place, ALPNProtocols: ["h2"], rejectUnauthorized: false })
      : dial(place);
  return new Promise((resolve, reject) => {
    const session = connect(`${protocol}//${host}`, {
      createConnection: () => createConnection().setNoDelay(true),
      settings: { initialWindowSize: window, enablePush: false },
      maxSessionMemory: Number.MAX_SAFE_INTEGER,
    });
    session.once("error", reject);
    session.once("close", () => reject(new Error("the connection was closed")));
    session.once("remoteSettings", () => {
      session.setLocalWindowSize(window);
      session.off("error", reject).on("error", () => undefined);
      resolve(session);
    });
  });
}

export interface StreamSetup {
  readonly token?: string;
  readonly path: string;
  readonly onMessage: (bytes: Buffer, from: number, end: number) => void;
  /** Once, with the gRPC status, or what else broke it. */
  readonly onEnd: (why: string) => void;
}

export function openStream(session: ClientHttp2Session, setup: StreamSetup): ClientHttp2Stream {
  const stream = session.request(
    {
      [constants.HTTP2_HEADER_METHOD]: "POST",
      [constants.HTTP2_HEADER_PATH]: setup.path,
      [constants.HTTP2_HEADER_TE]: "trailers",
      [constants.HTTP2_HEADER_CONTENT_TYPE]: "application/grpc",
      ...(setup.token === undefined ? {} : { authorization: `Bearer ${setup.token}` }),
    },
    { endStream: false },
  );
  let why: string | undefined;
  const status = (headers: Record<string, unknown>): void => {
    if (headers["grpc-status"] !== undefined) {
      why ??= `status ${headers["grpc-status"]} ${headers["sotto-error"] ?? headers["grpc-message"] ?? ""}`;
    }
  };
  stream.on("response", status);
  stream.on("trailers", status);
  stream.on("error", (error) => {
    why ??= error.message;
  });
  // The relay has ended its side: ours would stay open.
  stream.on("end", () => stream.close());
  stream.on("close", () => setup.onEnd(why ?? "closed"));
  const unframer = new Unframer(setup.onMessage);
  stream.on("data", (chunk: Buffer) => unframer.take(chunk));
  return stream;
}
