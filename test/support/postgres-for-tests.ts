// Runs once for each vitest project, in vitest's own process: keeps one PostgreSQL for all test files, started when the
// first of them asks (over a Unix socket), stopped at the end. Each file makes databases of its own in it.
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client, type ClientConfig } from "pg";
import type { TestProject } from "vitest/node";
import { startEmbedded } from "../../relay/db/embedded.ts";
import { migrate } from "../../relay/db/migrate.ts";
import { silent } from "./log.ts";

declare module "vitest" {
  interface ProvidedContext {
    postgresSocket: string;
  }
}

/** A migrated database that others are copied from. */
export const TEMPLATE = "template_sotto";

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), "sotto-pg-"));
  let started: ReturnType<typeof start> | undefined;
  const server = createServer((socket) => {
    started ??= start(folder);
    started.then(
      ({ connection }) => socket.end(JSON.stringify({ connection })),
      (error: Error) => socket.end(JSON.stringify({ error: error.message })),
    );
    socket.on("error", () => undefined);
  });
  const path = join(folder, "ask");
  await new Promise<void>((resolve) => server.listen(path, resolve));
  project.provide("postgresSocket", path);
  return async () => {
    server.close();
    await (await started)?.stop();
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  };
}

async function start(folder: string): Promise<{ connection: ClientConfig; stop(): Promise<void> }> {
  const { connection, stop } = await startEmbedded(folder, silent);
  const client = new Client(connection);
  await client.connect();
  await client.query(`create database ${TEMPLATE}`);
  await client.end();
  await migrate({ ...connection, database: TEMPLATE });
  return { connection, stop };
}
