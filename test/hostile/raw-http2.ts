// HTTP/2 by hand (RFC 9113), for what no library would send.
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";

export const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
export const Type = {
  data: 0,
  headers: 1,
  reset: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  continuation: 9,
} as const;
export const Flag = { none: 0, end: 1, acknowledge: 1, endHeaders: 4 } as const;

export function frame(
  type: number,
  flags: number,
  stream: number,
  payload: Buffer = Buffer.alloc(0),
): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** HPACK without tables and without Huffman; names and values below 127 bytes. */
export function headerBlock(headers: Record<string, string>): Buffer {
  const word = (text: string) => Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]);
  return Buffer.concat(
    Object.entries(headers).flatMap(([name, value]) => [Buffer.from([0]), word(name), word(value)]),
  );
}

export function callHeaders(path: string, more: Record<string, string> = {}): Buffer {
  return headerBlock({
    ":method": "POST",
    ":scheme": "http",
    ":path": path,
    ":authority": "relay",
    "content-type": "application/grpc",
    te: "trailers",
    ...more,
  });
}

export const DESCRIBE = "/sotto.relay.v1.AuthService/DescribeRelay";
export const START_LOGIN = "/sotto.relay.v1.AuthService/StartLogin";

/** A gRPC message, or as much of it as `given`. */
export function message(length: number, given = length): Buffer {
  const bytes = Buffer.alloc(5 + given);
  bytes.writeUInt32BE(length, 1);
  return bytes;
}

export interface Line {
  readonly socket: Socket;
  /** The error code of the relay's GOAWAY, if it said one; otherwise how the line ended. */
  readonly ended: Promise<number | "closed">;
  /** Resolves when the relay's side takes it, or the line is over. */
  write(bytes: Buffer): Promise<void>;
}

export interface LineOptions {
  readonly tls?: boolean;
  /** Without this nothing of what the relay says is read. */
  readonly reads?: boolean;
}

export function line(url: string, { tls = false, reads = true }: LineOptions = {}): Line {
  const { hostname, port } = new URL(url);
  const to = { host: hostname, port: Number(port) };
  const socket = tls ? connectTls({ ...to, rejectUnauthorized: false, ALPNProtocols: ["h2"] }) : connect(to);
  socket.on("error", () => undefined);
  let said: number | undefined;
  let rest = Buffer.alloc(0);
  if (reads) {
    socket.on("data", (bytes) => {
      rest = Buffer.concat([rest, bytes]);
      while (rest.length >= 9 && rest.length >= 9 + rest.readUIntBE(0, 3)) {
        if (rest[3] === Type.goaway) said = rest.readUInt32BE(9 + 4);
        rest = rest.subarray(9 + rest.readUIntBE(0, 3));
      }
    });
  }
  const ended = new Promise<number | "closed">((resolve) =>
    socket.once("close", () => resolve(said ?? "closed")),
  );
  const write = (bytes: Buffer): Promise<void> =>
    new Promise((resolve) => {
      if (socket.destroyed || socket.write(bytes)) {
        setImmediate(resolve);
        return;
      }
      const done = (): void => {
        socket.off("drain", done);
        socket.off("close", done);
        resolve();
      };
      socket.once("drain", done);
      socket.once("close", done);
    });
  return { socket, ended, write };
}

/** A line that has said what every HTTP/2 client says first. */
export function greetedLine(url: string, options: LineOptions = {}): Line {
  const one = line(url, options);
  one.socket.write(Buffer.concat([PREFACE, frame(Type.settings, Flag.none, 0)]));
  return one;
}
