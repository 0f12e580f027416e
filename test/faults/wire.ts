import { createServer, connect as dialSocket, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

/** What the network is like; may be changed at any time, for connections that are open too. */
interface Weather {
  /** Milliseconds that each piece of bytes takes in each direction. */
  delay: number;
  bytesPerSecond: number;
  /** Nothing passes, and nobody is told. */
  isFrozen: boolean;
  /** New connections are reset. */
  isRefusing: boolean;
}

const FINE: Weather = {
  delay: 0,
  bytesPerSecond: Number.POSITIVE_INFINITY,
  isFrozen: false,
  isRefusing: false,
};
const LOOK_AGAIN_MS = 25;

/** A network between two programs, those who dial and those who listen, that can be bad. */
export interface Wire {
  /** On this machine. */
  readonly port: number;
  readonly weather: Weather;
  /** Open connections. */
  connections(): number;
  /** Ends connections without a word: each with this chance, in the middle of what it carries. */
  cut(happens: () => boolean): number;
  heal(): void;
  stop(): void;
}

interface Pair {
  readonly near: Socket;
  readonly far: Socket;
  /** The next piece of bytes passes by half, then both ends are reset. */
  isDoomed: boolean;
}

/** Where a wire may lead: a port of this machine, or the path of a Unix socket. */
export type Target = number | string;

/** Each connection leads to one of the targets, in turn; where that one listens no more, to the next that does. */
export async function layWire(...targets: readonly Target[]): Promise<Wire> {
  const weather: Weather = { ...FINE };
  const pairs = new Set<Pair>();
  let turn = 0;
  const server = createServer((near) => {
    near.setNoDelay(true).on("error", () => undefined);
    if (weather.isRefusing) {
      near.resetAndDestroy();
      return;
    }
    turn += 1;
    const order = targets.map((_, place) => targets[(turn + place) % targets.length] ?? 0);
    void dial(order).then((far) => {
      if (far === undefined || near.destroyed) {
        far?.destroy();
        near.resetAndDestroy();
        return;
      }
      const pair: Pair = { near, far, isDoomed: false };
      pairs.add(pair);
      for (const socket of [near, far]) {
        socket.on("close", () => {
          pairs.delete(pair);
          end(pair);
        });
      }
      carry(pair, near, far, weather);
      carry(pair, far, near, weather);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    port: address.port,
    weather,
    connections: () => pairs.size,
    cut: (happens) => {
      const victims = [...pairs].filter(() => happens());
      for (const pair of victims) {
        pair.isDoomed = true;
        // One that carries nothing just then is ended all the same.
        setTimeout(() => end(pair), 200).unref();
      }
      return victims.length;
    },
    heal: () => Object.assign(weather, FINE),
    stop: () => {
      server.close();
      for (const pair of pairs) end(pair);
    },
  };
}

/** The first of the targets that takes a connection; undefined: none does. */
async function dial([first, ...others]: readonly Target[]): Promise<Socket | undefined> {
  if (first === undefined) return undefined;
  const socket = typeof first === "string" ? dialSocket(first) : dialSocket(first, "127.0.0.1");
  socket.on("error", () => undefined);
  const isOpen = await new Promise<boolean>((resolve) => {
    socket.once("connect", () => resolve(true));
    socket.once("close", () => resolve(false));
  });
  if (!isOpen) return dial(others);
  if (typeof first === "number") socket.setNoDelay(true);
  return socket;
}

function end({ near, far }: Pair): void {
  for (const socket of [near, far]) if (!socket.destroyed) destroy(socket);
}

/** A Unix socket knows no reset. */
function destroy(socket: Socket): void {
  if (socket.remoteFamily === undefined) socket.destroy();
  else socket.resetAndDestroy();
}

function carry(pair: Pair, from: Socket, to: Socket, weather: Weather): void {
  from.on("data", (bytes: Buffer) => {
    from.pause();
    void pass(pair, to, bytes, weather).finally(() => from.resume());
  });
  from.on("end", () => to.end());
}

async function pass(pair: Pair, to: Socket, bytes: Buffer, weather: Weather): Promise<void> {
  const wait = weather.delay + (1_000 * bytes.length) / weather.bytesPerSecond;
  if (wait > 0) await pause(wait);
  while (weather.isFrozen && !to.destroyed && !pair.isDoomed) await pause(LOOK_AGAIN_MS);
  if (to.destroyed) return;
  if (pair.isDoomed) {
    to.write(bytes.subarray(0, bytes.length >> 1), () => end(pair));
    return;
  }
  to.write(bytes);
}
