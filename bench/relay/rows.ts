// What a message costs when much is stored already.

import { randomBytes } from "../../keys/index.ts";
import type { Database } from "../../relay/db/pool.ts";
import { Installation } from "./installation.ts";
import { type Figure, faultsIn, progress, type Result } from "./results.ts";
import { type Settings, SHARED_CONNECTIONS, SHARED_WINDOW } from "./settings.ts";
import { stretch } from "./throughput.ts";

const PEOPLE = 200;
/** The same for all, so that batches are alike. */
const RATE = 2_000;
const FILLS = [1e3, 1e4, 1e5, 1e6];
const MANY = 1e7;
/** In a statement. */
const CHUNK = 50_000;
/** Over which what is stored is spread. */
const CONVERSATIONS = 10_000;
const GROWTH_LIMIT = 1.25;

export async function* rows(settings: Settings): AsyncGenerator<Result> {
  const installation = await Installation.start(settings);
  try {
    const { load, relay, database } = installation;
    const devices = await installation.pairs(await installation.people(PEOPLE));
    await load.ask("open", {
      urls: [relay.url],
      devices,
      connections: SHARED_CONNECTIONS,
      window: SHARED_WINDOW,
    });
    await load.ask("prime");
    // What runs for the first time is compiled first: that is not what the first size costs.
    await stretch(installation, { rate: RATE }, settings.seconds);
    const figures: Figure[] = [];
    const notes = new Set<string>();
    const costs: { relay: number; postgres: number }[] = [];
    let filled = 0;
    for (const size of settings.manyRows ? [...FILLS, MANY] : FILLS) {
      progress(`filling to ${size} rows`);
      await fill(database, filled, size);
      await installation.tidyUp();
      filled = size;
      const { counted, used, verdict } = await stretch(installation, { rate: RATE }, settings.seconds);
      for (const note of faultsIn(verdict)) notes.add(note);
      const each = (spent: number) => (spent / counted.delivered) * 1e6;
      const cost = { relay: each(used.relay), postgres: each(used.postgres) };
      costs.push(cost);
      const at = `at ${size.toExponential(0).replace("+", "")} rows:`;
      figures.push(
        { name: `${at} the relay, a message`, value: cost.relay, unit: "µs" },
        { name: `${at} PostgreSQL, a message`, value: cost.postgres, unit: "µs" },
        { name: `${at} until delivered, p50`, value: counted.delivery.p50, unit: "ms" },
      );
    }
    await load.ask("close");
    const [first, last] = [costs[0], costs.at(-1)];
    if (first !== undefined && last !== undefined) {
      figures.push(
        { name: "last × first, the relay", value: last.relay / first.relay, unit: "", most: GROWTH_LIMIT },
        {
          name: "last × first, PostgreSQL",
          value: last.postgres / first.postgres,
          unit: "",
          most: GROWTH_LIMIT,
        },
      );
    }
    yield { title: `${RATE} messages a second beside what is stored already`, figures, notes: [...notes] };
  } finally {
    await installation.end();
  }
}

/** Rows of conversations that nobody is in. */
async function fill(database: Database, from: number, to: number): Promise<void> {
  const [envelope, wraps] = [randomBytes(512), randomBytes(123)];
  for (let at = from; at < to; at += CHUNK) {
    await database.query(
      `insert into log (
        conversation_id, sequence, message_id, sender_account, sender_device, envelope_hash, row_hash, log_hash,
        roster_version, stored_at, expires_at, envelope, wraps
      )
      select
        sha256(int8send(n % $5::int8)), n / $5::int8 + 1, decode(md5(n::text), 'hex'), sha256(int8send(n % $5::int8)),
        substring(sha256(int8send(n % $5::int8)), 1, 16), sha256(int8send(n)), sha256(int8send(n)),
        sha256(int8send(n)), 1, $6::int8, 0, $3::bytea, $4::bytea
      from generate_series($1::int8, $2::int8 - 1) as n`,
      [at, Math.min(at + CHUNK, to), envelope, wraps, CONVERSATIONS, Date.now()],
    );
  }
}
