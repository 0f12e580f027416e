import type { Socket } from "node:net";
import { peerAddress } from "../peer-address.ts";
import type { GuardLimits } from "./limits.ts";

export interface Connection {
  /** As rate limits count; of the proxy, where there is one. */
  readonly address: string;
  readonly socket: Socket;
  /** By the monotonic clock. */
  readonly since: number;
  /** Calls and streams that are open on it. */
  requests: number;
}

export type ConnectionRefusal = "too_many" | "too_many_of_address" | "no_call" | "idle";

/** Counts connections from before TLS on, and ends those of which nothing comes. */
export class Connections {
  readonly #limits: GuardLimits;
  readonly #byAddress: Map<string, number> | undefined;
  readonly #onRefused: (reason: ConnectionRefusal) => void;
  /** By both ends, which is all that TLS leaves of a socket. */
  readonly #open = new Map<string, Connection>();
  /** Without a call so far, the oldest first. */
  readonly #silent = new Set<Connection>();

  constructor(
    limits: GuardLimits,
    {
      countAddresses,
      onRefused,
    }: { countAddresses: boolean; onRefused: (reason: ConnectionRefusal) => void },
  ) {
    this.#limits = limits;
    this.#byAddress = countAddresses ? new Map() : undefined;
    this.#onRefused = onRefused;
  }

  get count(): number {
    return this.#open.size;
  }

  /** False: the socket is closed, forget it. */
  admit(socket: Socket): boolean {
    const key = endsOf(socket);
    const address = peerAddress(socket.remoteAddress ?? "", []);
    const ofAddress = this.#byAddress?.get(address) ?? 0;
    const refusal =
      this.#open.size >= this.#limits.connections && !this.#makeRoom()
        ? "too_many"
        : ofAddress >= this.#limits.connectionsPerAddress
          ? "too_many_of_address"
          : undefined;
    if (refusal !== undefined) {
      this.#onRefused(refusal);
      socket.resetAndDestroy();
      return false;
    }
    const connection = { address, socket, since: performance.now(), requests: 0 };
    this.#open.set(key, connection);
    this.#silent.add(connection);
    this.#byAddress?.set(address, ofAddress + 1);
    socket.once("close", () => {
      if (this.#open.get(key) === connection) this.#open.delete(key);
      this.#silent.delete(connection);
      const left = (this.#byAddress?.get(address) ?? 1) - 1;
      if (left > 0) this.#byAddress?.set(address, left);
      else this.#byAddress?.delete(address);
    });
    return true;
  }

  /** Whoever needs a connection goes before whoever only has one. False: all are in use, or have just come. */
  #makeRoom(): boolean {
    const before = performance.now() - this.#limits.firstCallMs;
    for (const [key, { since, requests, socket }] of this.#open) {
      if (since > before) return false;
      if (requests > 0) continue;
      this.#onRefused("idle");
      socket.resetAndDestroy();
      this.#open.delete(key);
      return true;
    }
    return false;
  }

  /** `socket` may be the one that TLS has put around it. */
  find(socket: Pick<Socket, "remoteAddress" | "remotePort" | "localAddress" | "localPort">) {
    return this.#open.get(endsOf(socket));
  }

  /** Its first call has come. */
  speaks(connection: Connection): void {
    this.#silent.delete(connection);
  }

  cutAll(): void {
    for (const { socket } of this.#open.values()) socket.destroy();
  }

  sweep(now: number): void {
    for (const connection of this.#silent) {
      if (now - connection.since < this.#limits.firstCallMs) return;
      this.#onRefused("no_call");
      connection.socket.resetAndDestroy();
      this.#silent.delete(connection);
    }
  }
}

function endsOf({
  remoteAddress,
  remotePort,
  localAddress,
  localPort,
}: Pick<Socket, "remoteAddress" | "remotePort" | "localAddress" | "localPort">): string {
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;
}
