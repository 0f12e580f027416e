// What nothing can be faster than: rows like the log's into PostgreSQL, and round trips through grpc-js.
import { randomBytes } from "node:crypto";
import { byteaArray, int8Array } from "../../relay/db/binary-arrays.ts";
import type { Database } from "../../relay/db/pool.ts";
import { median } from "./percentiles.ts";

/** Milliseconds in the middle of one durable row, one at a time. */
export async function rawInsert(database: Database, count: number): Promise<number> {
  await makeTable(database);
  const times: number[] = [];
  for (let at = 0; at < count; at += 1) {
    const began = performance.now();
    await insert(database, 1);
    times.push(performance.now() - began);
  }
  return median(times);
}

/** Columns and indexes as the log's. */
async function makeTable(database: Database): Promise<void> {
  await database.query("create table if not exists bench_log (like log including all)");
}

let rowsMade = 0;

async function insert(database: Database, rows: number): Promise<void> {
  const many = (bytes: number) => byteaArray(Array.from({ length: rows }, () => randomBytes(bytes)));
  const first = rowsMade;
  rowsMade += rows;
  await database.query({
    name: `bench-insert`,
    text: `insert into bench_log (
      conversation_id, sequence, message_id, sender_account, sender_device, envelope_hash, row_hash, log_hash,
      roster_version, stored_at, expires_at, envelope, wraps
    )
    select *
    from unnest(
      $1::bytea[], $2::int8[], $3::bytea[], $4::bytea[], $5::bytea[], $6::bytea[], $7::bytea[], $8::bytea[],
      $9::int8[], $10::int8[], $11::int8[], $12::bytea[], $13::bytea[]
    )`,
    values: [
      many(32),
      int8Array(Array.from({ length: rows }, (_, at) => first + at + 1)),
      many(16),
      many(32),
      many(16),
      many(32),
      many(32),
      many(32),
      int8Array(Array.from({ length: rows }, () => 1)),
      int8Array(Array.from({ length: rows }, () => Date.now())),
      int8Array(Array.from({ length: rows }, () => 0)),
      many(512),
      many(123),
    ],
  });
}
