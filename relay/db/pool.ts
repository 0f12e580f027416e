import type { Duplex } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import pg from "pg";

/** What one statement needs: `Database` itself, or the connection of an open transaction. */
export interface Queries {
  query<Row extends pg.QueryResultRow>(
    statement: string | pg.QueryConfig,
    values?: unknown[],
  ): Promise<pg.QueryResult<Row>>;
}

/** One connection, for somebody alone. */
export interface Connection extends Queries {
  /** It is of no more use: the pool makes another. */
  end(): Promise<void>;
}

/** `began`: by `performance.now()`. Without a statement it was the connection that failed. */
export type OnStatement = (
  statement: string | pg.QueryConfig | undefined,
  began: number,
  failure?: { readonly error: unknown },
) => void;

export interface DatabaseOptions {
  readonly connection: pg.ClientConfig;
  /** Connections at most. */
  readonly size: number;
  /** Hears what went wrong on an idle connection; such a connection is replaced by itself. */
  readonly onError: (error: Error) => void;
  /** Hears of each statement when it is over, and of connections that could not be made. Must not throw. */
  readonly onStatement?: OnStatement;
  /** How long a statement may take, for work that nobody waits for; else as long as clients wait. */
  readonly patienceMs?: number;
  /** What PostgreSQL shows of who is connected. */
  readonly application?: string;
}

/** By connections of this name a relay is known that works on the database, or is about to. */
export const RELAY_APPLICATION = "sotto-relay";

const CONNECT_TIMEOUT_MS = 5_000;
const STATEMENT_TIMEOUT_MS = 10_000;
/** More, for a server that no longer answers at all, where the statement timeout cannot help. */
const ANSWER_TIMEOUT_MS = 5_000;
/** PostgreSQL has read the largest of ours long before, unless it stands still: then nobody is to wait for that. */
const SENDING_MS = 100;
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 10_000;
const IDLE_CONNECTION_MS = 30_000;
const MAX_ATTEMPTS = 3;

/** `int8` becomes a bigint: exact, and what protobuf's uint64 is. `bytea` becomes a Buffer, which is a Uint8Array. */
const types: pg.CustomTypesConfig = {
  getTypeParser: (type, format) => {
    if (type !== pg.types.builtins.INT8) return pg.types.getTypeParser(type, format);
    return format === "binary" ? (bytes: Buffer) => bytes.readBigInt64BE() : BigInt;
  },
};

/** PostgreSQL behind a bounded pool. Every statement has a time limit. */
export class Database implements Queries {
  readonly #pool: pg.Pool;
  readonly #onError: (error: Error) => void;
  readonly #onStatement: OnStatement;
  readonly #answerTimeoutMs: number;
  readonly #busy = new Set<pg.PoolClient>();
  /** Resolves when the newest work has its connection, and has asked for the first time. */
  #begun: Promise<void> = Promise.resolve();

  constructor({
    connection,
    size,
    onError,
    onStatement = () => undefined,
    patienceMs = STATEMENT_TIMEOUT_MS,
    application = RELAY_APPLICATION,
  }: DatabaseOptions) {
    this.#pool = new pg.Pool({
      ...connection,
      max: size,
      types,
      application_name: application,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      statement_timeout: patienceMs,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
      idleTimeoutMillis: IDLE_CONNECTION_MS,
      keepAlive: true,
      // Else each statement over few rows is planned anew each time, which costs twice what it does. And a plan that was
      // made when a table had no rows must not read the whole of it when it has many. No plan knows the values: where a
      // limit decides how rows are found, the number stands in the text. To PostgreSQL before 18, reading a whole table
      // costs so much now that it would compile the statement first, each time.
      onConnect: (client) =>
        ask(
          client,
          "set plan_cache_mode = force_generic_plan; set enable_seqscan = off; set jit = off",
          undefined,
          this.#answerTimeoutMs,
        ).then(() => undefined),
    });
    this.#answerTimeoutMs = patienceMs + ANSWER_TIMEOUT_MS;
    this.#onError = onError;
    this.#onStatement = onStatement;
    this.#pool.on("error", onError);
    // One that breaks between the pool's hands and ours would end the process; the next statement says that it is broken.
    this.#pool.on("connect", (client) => client.on("error", () => undefined));
  }

  query<Row extends pg.QueryResultRow>(
    statement: string | pg.QueryConfig,
    values?: unknown[],
  ): Promise<pg.QueryResult<Row>> {
    return this.withClient((connection) => connection.query<Row>(statement, values));
  }

  /**
   * All of `work` or nothing of it; done anew when PostgreSQL breaks it off because it waits in a circle with others.
   * When the connection breaks in the last step, the outcome is unknown.
   */
  async transaction<Result>(work: (connection: Queries) => Promise<Result>): Promise<Result> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#attempt(work);
      } catch (error) {
        if (attempt >= MAX_ATTEMPTS || !isDeadlock(error)) throw error;
      }
    }
  }

  #attempt<Result>(work: (connection: Queries) => Promise<Result>): Promise<Result> {
    return this.withClient(async (connection) => {
      await connection.query("begin");
      try {
        const result = await work(connection);
        const { command } = await connection.query("commit");
        // So answers PostgreSQL to a commit after a statement that failed and whose error was caught.
        if (command !== "COMMIT") throw new Error("a statement of the transaction had failed");
        return result;
      } catch (error) {
        if (!isBroken(error)) await connection.query("rollback");
        throw error;
      }
    });
  }

  /** A connection for `work` alone; it must not keep it. */
  async withClient<Result>(work: (connection: Connection) => Promise<Result>): Promise<Result> {
    const begun = Promise.withResolvers<void>();
    this.#begun = begun.promise;
    const client = await this.#connect();
    let broken = false;
    const noticeBreak = (error: Error): void => {
      broken = true;
      this.#onError(error);
    };
    client.on("error", noticeBreak);
    this.#busy.add(client);
    try {
      const working = work(this.#observed(client));
      begun.resolve();
      return await working;
    } catch (error) {
      broken ||= isBroken(error);
      throw error;
    } finally {
      this.#busy.delete(client);
      client.off("error", noticeBreak);
      client.release(broken);
    }
  }

  async #connect(): Promise<pg.PoolClient> {
    const began = performance.now();
    try {
      return await this.#pool.connect();
    } catch (error) {
      this.#onStatement(undefined, began, { error });
      throw error;
    }
  }

  #observed(client: pg.PoolClient): Connection {
    const query = async <Row extends pg.QueryResultRow>(
      statement: string | pg.QueryConfig,
      values?: unknown[],
    ): Promise<pg.QueryResult<Row>> => {
      const began = performance.now();
      try {
        const result = await ask<Row>(client, statement, values, this.#answerTimeoutMs);
        this.#onStatement(statement, began);
        return result;
      } catch (error) {
        this.#onStatement(statement, began, { error });
        throw error;
      }
    };
    return { query, end: () => client.end() };
  }

  /**
   * Resolves when no statement that is under way still waits to be sent, or has for a while. A large one goes out in
   * pieces, as PostgreSQL reads them, and only while the event loop turns: whoever works for long now would keep
   * PostgreSQL waiting.
   */
  async sent(): Promise<void> {
    // An idle connection is had within a turn; when all are taken, nobody knows how long it takes.
    await Promise.race([this.#begun, turn()]);
    await Promise.all([...this.#busy].map(({ connection }) => drained(connection.stream)));
  }

  /** How its connections are now. */
  get connections(): {
    readonly open: number;
    readonly idle: number;
    readonly max: number;
    readonly waiting: number;
  } {
    const { totalCount, idleCount, waitingCount, options } = this.#pool;
    return { open: totalCount, idle: idleCount, max: options.max, waiting: waitingCount };
  }

  /** Waits for statements that are running. */
  async close(): Promise<void> {
    await this.#pool.end();
  }
}

/**
 * pg's own promise and its own `query_timeout` put a function into a field of each query after it was made, and V8 then
 * keeps what such a query holds, rows and parameters, until the next full collection: a tenth of all that a busy relay
 * allocates, and the reason for most of those collections. With a callback from the start, nothing outlives its use.
 */
function ask<Row extends pg.QueryResultRow>(
  client: pg.ClientBase,
  statement: string | pg.QueryConfig,
  values: unknown[] | undefined,
  timeoutMs: number,
): Promise<pg.QueryResult<Row>> {
  return new Promise((resolve, reject) => {
    const tooLate = setTimeout(() => reject(new Error(NO_ANSWER)), timeoutMs);
    const config = typeof statement === "string" ? { text: statement } : statement;
    client.query<Row>(values === undefined ? config : { ...config, values }, (error, result) => {
      clearTimeout(tooLate);
      if (error) reject(error);
      else resolve(result);
    });
  });
}

/** Resolves also when nothing more can be sent, or is. */
function drained(stream: Duplex): Promise<void> {
  if (!stream.writableNeedDrain || stream.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const over = (): void => {
      clearTimeout(tooLong);
      stream.off("drain", over);
      stream.off("close", over);
      resolve();
    };
    const tooLong = setTimeout(over, SENDING_MS);
    stream.on("drain", over);
    stream.on("close", over);
  });
}

const NO_ANSWER = "no answer: timeout";

/** It is there already, says a unique key. */
export function isDuplicate(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code === "23505";
}

function isDeadlock(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code === "40P01";
}

/** Whether the connection that gave this error is of no more use. */
function isBroken(error: unknown): boolean {
  // A server that takes no writes any more is another one now: the next connection finds the one that does.
  if (error instanceof pg.DatabaseError) return error.severity !== "ERROR" || error.code === READ_ONLY;
  return isUnavailable(error);
}

const READ_ONLY = "25006";

/**
 * SQLSTATE: connection, resources, shutting down or starting up, system; and what another try may get past: a time
 * limit of ours, a deadlock, a server that only reads.
 */
const unavailableStates = /^(?:08|53|57P|57014|58|25006|25P03|40P01|40001)/;
const unavailableSystemCodes = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ENOENT",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
]);
/** pg gives these no code. */
const unavailableMessages =
  /^(?:Connection terminated|timeout e\w+|Client has encountered a connection error|Client was closed|Cannot use a pool after calling end)/;

/** What kind of trouble it is, for those who watch the relay. */
export const failureKinds = ["away", "timeout", "full", "read_only", "limit", "conflict", "other"] as const;
export type FailureKind = (typeof failureKinds)[number];

const kindsOfStates: readonly (readonly [RegExp, FailureKind])[] = [
  [/^53100/, "full"],
  [/^25006/, "read_only"],
  [/^53/, "limit"],
  [/^(?:57014|55P03|25P03)/, "timeout"],
  [/^(?:40|23)/, "conflict"],
];

export function failureKind(error: unknown): FailureKind {
  if (error instanceof pg.DatabaseError) {
    const kind = kindsOfStates.find(([states]) => states.test(error.code ?? ""))?.[1];
    if (kind !== undefined) return kind;
  }
  if (error instanceof Error && /timeout/.test(error.message)) return "timeout";
  return isUnavailable(error) ? "away" : "other";
}

/** Whether the database is away, so that the same may work later. */
export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof AggregateError) return error.errors.some(isUnavailable);
  if (error instanceof pg.DatabaseError) return unavailableStates.test(error.code ?? "");
  if ("syscall" in error && "code" in error) return unavailableSystemCodes.has(String(error.code));
  return error.message === NO_ANSWER || unavailableMessages.test(error.message);
}
