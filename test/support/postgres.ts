import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { Client, type ClientConfig } from "pg";
import { inject } from "vitest";
import { Database } from "../../relay/db/pool.ts";
import { copyPostgres, TEMPLATE } from "./postgres-for-tests.ts";

export interface FreshDatabase {
  readonly connection: ClientConfig;
  readonly database: Database;
  /** Closes the pool and drops the database. */
  drop(): Promise<void>;
}

/** A database of one's own with the whole schema, in the PostgreSQL that all tests share. `drop` it at the end. */
export async function freshDatabase({ empty = false }: { empty?: boolean } = {}): Promise<FreshDatabase> {
  const { connection: shared } = await sharedPostgres();
  const name = `test_${randomBytes(6).toString("hex")}`;
  await once(shared, `create database ${name} template ${empty ? "template1" : TEMPLATE}`);
  const connection = { ...shared, database: name };
  const database = new Database({ connection, size: 5, onError: () => undefined });
  return {
    connection,
    database,
    drop: async () => {
      await database.close();
      await once(shared, `drop database ${name} with (force)`);
    },
  };
}

/** For --database-url. */
export function urlOf({ user, password, host = "", port, database }: ClientConfig): string {
  return `postgres://${user}:${password}@${encodeURIComponent(host)}:${port}/${database}`;
}

/** Gives a relay's new data folder the PostgreSQL that a first start would make, which takes as long as ten starts. */
export async function bringPostgres(folder: string): Promise<void> {
  const { prepared } = await sharedPostgres();
  await copyPostgres(prepared, folder);
}

interface SharedPostgres {
  readonly connection: ClientConfig;
  readonly prepared: string;
}

async function sharedPostgres(): Promise<SharedPostgres> {
  const answer = await text(connect(inject("postgresSocket")));
  const { error, ...shared } = JSON.parse(answer) as SharedPostgres & { error?: string };
  if (error !== undefined) throw new Error(error);
  return shared;
}

async function once(connection: ClientConfig, statement: string): Promise<void> {
  const client = new Client(connection);
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
