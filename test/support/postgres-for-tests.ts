// Runs in vitest's own process, once for each project: keeps one PostgreSQL for all test files of all projects, started when
// the first of them asks (over a Unix socket), stopped at the end. Each file makes databases of its own in it.
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
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

interface Keeper {
  /** Projects that still run. */
  projects: number;
  readonly begun: Promise<{ readonly path: string; readonly end: () => Promise<void> }>;
}

/** Each project loads this module anew; this is theirs together. */
const shared = globalThis as { sottoPostgres?: Keeper | undefined };

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  shared.sottoPostgres ??= { projects: 0, begun: begin() };
  const keeper = shared.sottoPostgres;
  keeper.projects += 1;
  const { path, end } = await keeper.begun;
  project.provide("postgresSocket", path);
  return async () => {
    keeper.projects -= 1;
    if (keeper.projects > 0) return;
    shared.sottoPostgres = undefined;
    await end();
  };
}

async function begin(): Promise<{ path: string; end: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "sotto-pg-"));
  let started: ReturnType<typeof start> | undefined;
  const server = createServer((socket) => {
    started ??= start(folder);
    started.then(
      ({ connection, prepared }) => socket.end(JSON.stringify({ connection, prepared })),
      (error: Error) => socket.end(JSON.stringify({ error: error.message })),
    );
    socket.on("error", () => undefined);
  });
  const path = join(folder, "ask");
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const end = async () => {
    server.close();
    await (await started)?.stop();
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  };
  return { path, end };
}

interface Started {
  readonly connection: ClientConfig;
  /** A relay's data folder whose PostgreSQL has the whole schema and does not run. */
  readonly prepared: string;
  stop(): Promise<void>;
}

async function start(folder: string): Promise<Started> {
  const prepared = join(folder, "prepared");
  await mkdir(prepared);
  const first = await startEmbedded(prepared, silent);
  await migrate(first.connection);
  await first.stop();
  await copyPostgres(prepared, folder);
  const { connection, stop } = await startEmbedded(folder, silent);
  const client = new Client({ ...connection, database: "template1" });
  await client.connect();
  await client.query(`create database ${TEMPLATE} template postgres`);
  await client.end();
  return { connection, prepared, stop };
}

/** From one relay's data folder to another's, and whose it is with it, which Node's own copying forgets. */
export async function copyPostgres(from: string, to: string): Promise<void> {
  await promisify(execFile)("cp", ["-Rp", join(from, "postgres"), to]);
}
