import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** The way to a relay, which can go silent as a dead network does, or break. */
export interface BadLine {
  readonly url: string;
  /** Nothing gets through any more, in either direction, and nobody is told. */
  silence(): void;
  /** What was held back gets through, and what comes then. */
  speak(): void;
  /** Ends all connections; new ones are made as before. */
  cut(): void;
  close(): void;
}

export async function badLine(to: string): Promise<BadLine> {
  const { hostname, port } = new URL(to);
  const sockets = new Set<Socket>();
  let isSilent = false;
  const forward = (from: Socket, onto: Socket) => {
    sockets.add(from);
    from.on("data", (bytes) => onto.write(bytes));
    from.on("error", () => undefined);
    from.on("close", () => {
      sockets.delete(from);
      onto.destroy();
    });
    if (isSilent) from.pause();
  };
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    forward(near, far);
    forward(far, near);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    silence: () => {
      isSilent = true;
      for (const socket of sockets) socket.pause();
    },
    speak: () => {
      isSilent = false;
      for (const socket of sockets) socket.resume();
    },
    cut,
    close: () => {
      cut();
      server.close();
    },
  };
}
