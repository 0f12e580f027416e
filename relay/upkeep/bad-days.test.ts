// The database is away, slow, or full, and comes back: seen through a proxy of its socket.

import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ClientConfig } from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ready } from "../../keys/index.ts";
import { DirectoryService } from "../../proto/gen/sotto/relay/v1/directory_pb.ts";
import { callUnary } from "../../proto/grpc.ts";
import { keptLog } from "../../test/support/log.ts";
import { joinRelay, reasonOf } from "../../test/support/member.ts";
import { type FreshDatabase, freshDatabase } from "../../test/support/postgres.ts";
import { type Relay, startRelay } from "../start-relay.ts";

/** PostgreSQL's Unix socket, in another place, and as good as one likes. */
class Wire {
  readonly connection: ClientConfig;
  readonly #folder: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Milliseconds by which everything that PostgreSQL says comes later. */
  delay = 0;
  /** Nothing gets in. */
  isCut = false;

  private constructor(folder: string, connection: ClientConfig) {
    this.#folder = folder;
    this.connection = { ...connection, host: folder };
    const path = (at: string) => join(at, ".s.PGSQL.5432");
    this.#server = createServer((near) => {
      if (this.isCut) {
        near.destroy();
        return;
      }
      const far = connect(path(String(connection.host)));
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(from);
        from.on("error", () => to.destroy());
        from.on("close", () => {
          this.#sockets.delete(from);
          to.destroy();
        });
      }
      near.on("data", (bytes) => far.write(bytes));
      far.on("data", (bytes) => {
        if (this.delay === 0) near.write(bytes);
        else setTimeout(() => near.write(bytes), this.delay);
      });
    }).listen(path(folder));
  }

  static async over(connection: ClientConfig): Promise<Wire> {
    return new Wire(await mkdtemp(join(tmpdir(), "sotto-wire-")), connection);
  }

  cut(): void {
    this.isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  async end(): Promise<void> {
    this.cut();
    this.#server.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

let fresh: FreshDatabase;
let wire: Wire;
let folder: string;
let relay: Relay;
let lines: () => string;

beforeEach(async () => {
  await ready();
  fresh = await freshDatabase();
  wire = await Wire.over(fresh.connection);
  folder = await mkdtemp(join(tmpdir(), "sotto-bad-"));
  const kept = keptLog();
  lines = kept.lines;
  relay = await startRelay(
    {
      host: "127.0.0.1",
      port: 0,
      dataFolder: folder,
      database: wire.connection,
      tls: undefined,
      behindProxy: false,
      doors: { directory: "open", registration: "open" },
    },
    { log: kept.log },
  );
});

afterEach(async () => {
  await relay.stop();
  await wire.end();
  await fresh.drop();
  await rm(folder, { recursive: true, force: true });
});

async function someone(name: string) {
  const { client, metadata } = await joinRelay(relay.url, name);
  const list = () => callUnary(client, DirectoryService.method.listPeople, {}, metadata());
  return { client, list };
}

test("a database that is cut off is a reason to come again, and is used again when it is back", async () => {
  const { client, list } = await someone("alice");
  wire.cut();
  expect(await reasonOf(list())).toBe("relay_unavailable");
  expect(await reasonOf(list())).toBe("relay_unavailable");
  wire.isCut = false;
  await expect.poll(async () => (await list()).people.length, { timeout: 10_000 }).toBe(1);
  expect(lines()).not.toContain("unforeseen");
  client.close();
});

test("a database that is slow is waited for", async () => {
  const { client, list } = await someone("alice");
  wire.delay = 300;
  const calls = await Promise.all(Array.from({ length: 20 }, list));
  expect(calls.map(({ people }) => people.length)).toEqual(Array(20).fill(1));
  client.close();
});

test("a relay ends in time while its database is away", async () => {
  const { client } = await someone("alice");
  wire.cut();
  const began = performance.now();
  await relay.stop();
  expect(performance.now() - began).toBeLessThan(5_000);
  client.close();
});
