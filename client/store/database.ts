import { chmodSync, closeSync, existsSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import Sqlite from "better-sqlite3";
import { toHex } from "../../keys/bytes.ts";
import { migrations } from "./migrations/index.ts";
import { StoreError } from "./store-error.ts";

export type Database = Sqlite.Database;

/** How long one process waits for another's transaction. Transactions are short; longer means that one hangs. */
const BUSY_TIMEOUT_MS = 30_000;

/**
 * Opens the profile's encrypted file with its raw 32-byte key; makes file (0600) and folder (0700) when `create` is
 * set. The cipher is AEGIS-256 over every page, write-ahead log included: no name, no text, no key is on the disk in
 * the clear. Throws StoreError.
 */
export function openDatabase(path: string, key: Uint8Array, options: { create?: boolean } = {}): Database {
  if (key.length !== 32) throw new StoreError("wrong_key", "a profile key has 32 bytes");
  let db: Database | undefined;
  try {
    if (options.create === true) createFile(path);
    else if (!existsSync(path)) throw new StoreError("missing", `no profile at ${path}`);
    db = new Sqlite(path, { timeout: BUSY_TIMEOUT_MS, fileMustExist: true });
    db.pragma("cipher = 'aegis'");
    db.pragma(`key = 'raw:${toHex(key)}'`);
    // A migration that makes a table anew drops the old one, which others refer to.
    db.exec("pragma foreign_keys = off");
    migrate(db);
    // FULL: what was acknowledged to the relay or reported to the user survives a power cut.
    db.exec(
      "pragma synchronous = full; pragma secure_delete = on; pragma temp_store = memory; pragma foreign_keys = on",
    );
    return db;
  } catch (error) {
    db?.close();
    const isForeign = error instanceof Sqlite.SqliteError && error.code === "SQLITE_NOTADB";
    throw isForeign ? new StoreError("wrong_key", error.message, { cause: error }) : StoreError.from(error);
  }
}

/** SQLite gives the write-ahead log and its index the mode of the database file. */
function createFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  chmodSync(dirname(path), 0o700);
  if (!existsSync(path)) closeSync(openSync(path, "a", 0o600));
}

/** Up to date costs one pragma. Many processes may come here at once: the exclusive transaction lets one do it. */
function migrate(db: Database): void {
  checkVersion(db);
  if (userVersion(db) === migrations.length) return;
  db.pragma("journal_mode = wal");
  db.transaction(() => {
    checkVersion(db);
    for (const sql of migrations.slice(userVersion(db))) db.exec(sql);
    db.pragma(`user_version = ${migrations.length}`);
  }).exclusive();
}

function userVersion(db: Database): number {
  return statement<[], { user_version: number }>(db, "pragma user_version").get()?.user_version ?? 0;
}

/** An older program must not touch what a newer one has brought up to date, not even while it runs. */
function checkVersion(db: Database): void {
  if (userVersion(db) > migrations.length) {
    throw new StoreError("newer", "a newer version of Sotto wrote this profile");
  }
}

/** Nothing is read or written but in the form that this program knows. */
function checked<T>(db: Database, work: () => T): () => T {
  return () => {
    checkVersion(db);
    return work();
  };
}

/**
 * One BEGIN IMMEDIATE transaction: the write lock is taken before the first read, so that what is read cannot change
 * before it is written. All or nothing; `work` is synchronous. Inside another transaction it joins that one.
 */
export function transact<T>(db: Database, work: () => T): T {
  if (db.inTransaction) return work();
  return db.transaction(checked(db, work)).immediate();
}

/** Several reads of one state: what another process commits in between is not seen. */
export function snapshot<T>(db: Database, work: () => T): T {
  if (db.inTransaction) return work();
  return db.transaction(checked(db, work)).deferred();
}

/** A value that changes with every commit, whether of this connection or of another process. */
export function changeMarker(db: Database): string {
  const own = statement<[], { count: number }>(db, "select total_changes() as count").get();
  return `${db.pragma("data_version", { simple: true })}:${own?.count}`;
}

const prepared = new WeakMap<Database, Map<string, Sqlite.Statement<unknown[], unknown>>>();

/** The prepared form of a statement, made when it is first needed. Statements are constants: the cache stays small. */
export function statement<Parameters extends unknown[], Row>(
  db: Database,
  sql: string,
): Sqlite.Statement<Parameters, Row> {
  let known = prepared.get(db);
  if (known === undefined) {
    known = new Map();
    prepared.set(db, known);
  }
  let found = known.get(sql);
  if (found === undefined) {
    found = db.prepare<unknown[], unknown>(sql);
    known.set(sql, found);
  }
  return found as Sqlite.Statement<Parameters, Row>;
}
