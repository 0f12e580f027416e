// What nothing can be faster than: rows like the log's into PostgreSQL, and round trips through grpc-js.
import { fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { byteaArray, int8Array } from "../../relay/db/binary-arrays.ts";
import type { Database } from "../../relay/db/pool.ts";
import { askedRegularly } from "./asked-regularly.ts";
import { insertBareRows, makeBareTable } from "./bare-rows.ts";
import { countProcessors } from "./cpu.ts";
import type { EchoSetup } from "./echo.ts";
import { Installation } from "./installation.ts";
import { LoadProcess } from "./load-process.ts";
import { median } from "./percentiles.ts";
import type { Figure, Result } from "./results.ts";
import { type Floors, OWN_WINDOW, type Settings, SHARED_CONNECTIONS, SHARED_WINDOW } from "./settings.ts";

const STREAMS = 200;
const IN_FLIGHT = 8;
const BATCHES = [1, 16, 64, 256];
const MOST_SECONDS = 3;

export async function measureFloors(settings: Settings): Promise<{ floors: Floors; results: Result[] }> {
  const seconds = Math.min(settings.seconds, MOST_SECONDS);
  const plain = await echoes(seconds, false);
  const tls = await echoes(seconds, true);
  const rows = await inserts(settings, seconds);
  const at256 = rows.at(-1)?.value ?? Number.NaN;
  return {
    floors: { shared: plain.best, own: tls.best, rows: at256 },
    results: [
      {
        title: `F1, round trips of 512 bytes, ${STREAMS} streams × ${IN_FLIGHT} under way`,
        figures: [...plain.figures, ...tls.figures],
        notes: [],
      },
      { title: "F2, durable rows like the log's, one connection", figures: rows, notes: [] },
    ],
  };
}

async function echoes(seconds: number, tls: boolean): Promise<{ best: number; figures: Figure[] }> {
  const folder = mkdtempSync(join(tmpdir(), "sotto-echo-"));
  const server = fork(new URL("./echo-server.ts", import.meta.url), tls ? [folder] : []);
  const load = new LoadProcess();
  try {
    const [port] = await once(server, "message");
    const figures: Figure[] = [];
    let best = 0;
    for (const client of ["http2", "grpc-js"] as const) {
      const setup: EchoSetup = {
        url: `${tls ? "https" : "http"}://127.0.0.1:${port}`,
        client,
        streams: STREAMS,
        inFlight: IN_FLIGHT,
        connections: tls ? 0 : SHARED_CONNECTIONS,
        window: tls ? OWN_WINDOW : SHARED_WINDOW,
        seconds,
      };
      const count = countProcessors({ relays: [server.pid ?? 0], postgres: 0, load: load.pid });
      const began = performance.now();
      const rate = await load.ask("echo", setup);
      const used = count();
      const wall = (performance.now() - began) / 1_000;
      const how = `${tls ? "connection and TLS each" : `${SHARED_CONNECTIONS} connections`}, ${client} client`;
      best = Math.max(best, rate);
      figures.push({ name: how, value: rate, unit: "/s" });
      figures.push({
        name: "  processor of the server, a round trip",
        value: ((used.relay / wall) * 1e6) / rate,
        unit: "µs",
      });
    }
    return { best, figures };
  } finally {
    await load.end();
    server.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  }
}

async function inserts(settings: Settings, seconds: number): Promise<Figure[]> {
  const installation = await Installation.start(settings);
  try {
    const { database } = installation;
    const figures: Figure[] = [];
    for (const batch of BATCHES) {
      const insert = await inserter(database, batch);
      await insert();
      const began = performance.now();
      let rows = 0;
      while (performance.now() - began < seconds * 1_000) {
        await insert();
        rows += batch;
      }
      const rate = (rows * 1_000) / (performance.now() - began);
      figures.push({ name: `${batch} in a statement`, value: rate, unit: "/s" });
    }
    return figures;
  } finally {
    await installation.end();
  }
}

/** Milliseconds in the middle of one durable row, one at a time. */
export async function rawInsert(database: Database, count: number): Promise<number> {
  const insert = await inserter(database, 1);
  const times: number[] = [];
  for (let at = 0; at < count; at += 1) {
    const began = performance.now();
    await insert();
    times.push(performance.now() - began);
  }
  return median(times);
}

/** The same for so long, by whoever comes at any moment, while something else goes on. */
export async function rawInserts(database: Database, milliseconds: number): Promise<number[]> {
  return askedRegularly(await inserter(database, 1), milliseconds);
}

/** Adds so many rows. */
async function inserter(database: Database, batch: number): Promise<() => Promise<void>> {
  await makeBareTable(database);
  const all = <T>(value: (at: number) => T) => Array.from({ length: batch }, (_, at) => value(at));
  const bytes = (length: number) => byteaArray(all(() => randomBytes(length)));
  const same = {
    ...{ conversationIds: bytes(32), senders: bytes(32), senderDevices: bytes(16) },
    ...{ envelopeHashes: bytes(32), rowHashes: bytes(32), logHashes: bytes(32) },
    rosterVersions: int8Array(all(() => 1)),
    storedAt: int8Array(all(Date.now)),
    expiresAt: int8Array(all(() => 0)),
    ...{ envelopes: bytes(512), wraps: bytes(123) },
  };
  let sequence = 0;
  return async () => {
    sequence += 1;
    const sequences = int8Array(all(() => sequence));
    await insertBareRows(database, { ...same, sequences, messageIds: bytes(16) });
  };
}
