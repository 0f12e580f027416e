// What those who send notice of the relay's clean-up: submits one after the other while 1,000,000 messages that are too
// old become stubs, beside the same without, in one run: `npm run bench:upkeep`. A relay of this process with its own
// PostgreSQL. Exits with 1 when the median of submits is more than LIMIT times what it is without.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { randomBytes, ready } from "../keys/index.ts";
import type { Database } from "../relay/db/pool.ts";
import { openDoors } from "../relay/doors.ts";
import { LocalBus } from "../relay/fanout/local.ts";
import { createMetrics } from "../relay/metrics/metrics.ts";
import { type Relay, startRelay } from "../relay/start-relay.ts";
import { upkeep } from "../relay/upkeep/upkeep.ts";
import { silent } from "../test/support/log.ts";
import { joinRelay } from "../test/support/member.ts";
import { envelopeBy, openDirect, RawStream, wrapsBy } from "../test/support/raw-stream.ts";

const randomId = randomBytes(32);
const OLD_ROWS = 1_000_000;
const ROWS_A_STATEMENT = 10_000;
const SUBMITS = 1_000;
const WARM_UP = 100;
const LIMIT = 2;
const DAY_MS = 86_400_000;

await ready();
const folder = mkdtempSync(join(tmpdir(), "sotto-bench-"));
const relay = await startRelay(
  {
    host: "127.0.0.1",
    port: 0,
    dataFolder: folder,
    database: undefined,
    tls: undefined,
    behindProxy: false,
    doors: openDoors,
    retentionMs: 10_000 * DAY_MS, // its own clean-up finds nothing
  },
  { log: silent },
);
try {
  process.exitCode = await run(relay);
} finally {
  await relay.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function run({ url, database }: Relay): Promise<number> {
  const submit = await submitter(url);
  await addOldRows(database);
  for (let i = 0; i < WARM_UP; i += 1) await submit();
  const without = await times(submit);

  const stopping = new AbortController();
  const metrics = createMetrics();
  const setup = { database, bus: new LocalBus(), clock: Date.now, log: silent, metrics };
  const began = performance.now();
  let took: number | undefined;
  const cleaning = upkeep(setup, stopping.signal).then(() => {
    took = performance.now() - began;
  });
  const during = await times(submit);
  const left = await oldRowsLeft(database);
  const isWholly = took === undefined;
  stopping.abort();
  await cleaning;
  return report(without, during, OLD_ROWS - left, isWholly);
}

async function submitter(url: string): Promise<() => Promise<void>> {
  const alice = await joinRelay(url, "alice");
  const device = {
    person: { name: "alice", accountId: alice.chain.accountId },
    keys: alice.device,
    client: alice.client,
    metadata: alice.metadata(),
  } as unknown as Parameters<typeof openDirect>[0];
  const { roster } = await openDirect(device, { accountId: alice.chain.accountId });
  const stream = await RawStream.open(device);
  return async () => {
    const answer = await stream.submit(envelopeBy(device, roster), wrapsBy(device, roster));
    if (typeof answer === "string") throw new Error(answer);
  };
}

/** Of a conversation that nobody is in: nothing but the clean-up ever looks at them. */
async function addOldRows(database: Database): Promise<void> {
  const storedAt = Date.now() - 60 * DAY_MS;
  for (let from = 1; from <= OLD_ROWS; from += ROWS_A_STATEMENT) {
    await database.query(
      `insert into log (
        conversation_id, sequence, message_id, sender_account, sender_device, envelope_hash, row_hash, log_hash,
        roster_version, stored_at, expires_at, envelope, wraps
      )
      select $1::bytea, n, decode(lpad(to_hex(n), 32, '0'), 'hex'), $1::bytea, substring($1::bytea, 1, 16), $1::bytea,
        $1::bytea, $1::bytea, 1, $2::int8, 0, $3::bytea, $3::bytea
      from generate_series($4::int8, $5::int8) as n`,
      [randomId, storedAt, randomBytes(200), from, from + ROWS_A_STATEMENT - 1],
    );
  }
  await database.query("analyze log");
}

async function oldRowsLeft(database: Database): Promise<number> {
  const { rows } = await database.query<{ n: number }>(
    "select count(*)::int4 as n from log where conversation_id = $1::bytea and stub = 0",
    [randomId],
  );
  return rows[0]?.n ?? 0;
}

async function times(submit: () => Promise<void>): Promise<number[]> {
  const taken: number[] = [];
  for (let i = 0; i < SUBMITS; i += 1) {
    const began = performance.now();
    await submit();
    taken.push(performance.now() - began);
  }
  return taken.toSorted((a, b) => a - b);
}

function report(without: number[], during: number[], cleaned: number, isWholly: boolean): number {
  const at = (taken: number[], part: number) => taken[Math.floor(taken.length * part)] ?? Number.NaN;
  const row = (name: string, part: number) => {
    const [floor, now] = [at(without, part), at(during, part)];
    return `${name.padEnd(8)}${floor.toFixed(2).padStart(12)}${now.toFixed(2).padStart(12)}${(now / floor).toFixed(2).padStart(8)}`;
  };
  console.log(
    `${"submit".padEnd(8)}${"without, ms".padStart(12)}${"during, ms".padStart(12)}${"ratio".padStart(8)}`,
  );
  for (const [name, part] of [
    ["median", 0.5],
    ["p95", 0.95],
    ["p99", 0.99],
  ] as const)
    console.log(row(name, part));
  console.log(`${cleaned} old messages were emptied meanwhile.`);
  if (!isWholly) console.log("The clean-up was done before the submits were: not all of them count.");
  return at(during, 0.5) / at(without, 0.5) > LIMIT ? 1 : 0;
}
