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

/** A network between clients and relay that can be bad. */
export interface Wire {
  readonly url: string;
  readonly weather: Weather;
  /** Open connections. */
  connections(): number;
  /** Ends connections without a word: each with this chance, in the middle of what it carries. */
  cut(happens: () => boolean): number;
  heal(): void;
  stop(): void;
}

interface Pair {
  readonly client: Socket;
  readonly relay: Socket;
  /** The next piece of bytes passes by half, then both ends are reset. */
  isDoomed: boolean;
}

export async function layWire(url: string): Promise<Wire> {
  const { hostname, port } = new URL(url);
  const weather: Weather = { ...FINE };
  const pairs = new Set<Pair>();
  const server = createServer((client) => {
    if (weather.isRefusing) {
      client.resetAndDestroy();
      return;
    }
    const pair: Pair = { client, relay: dialSocket(Number(port), hostname), isDoomed: false };
    pairs.add(pair);
    for (const socket of [pair.client, pair.relay]) {
      socket.setNoDelay(true).on("error", () => undefined);
      socket.on("close", () => {
        pairs.delete(pair);
        end(pair);
      });
    }
    carry(pair, pair.client, pair.relay, weather);
    carry(pair, pair.relay, pair.client, weather);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
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

function end({ client, relay }: Pair): void {
  for (const socket of [client, relay]) if (!socket.destroyed) socket.resetAndDestroy();
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
