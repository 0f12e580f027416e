// A stretch of load, and what it cost whom.
import { setTimeout as pause } from "node:timers/promises";
import { bareWrites } from "./bare-disk.ts";
import type { Processors } from "./cpu.ts";
import { rawInserts } from "./floors.ts";
import type { Installation } from "./installation.ts";
import type { LoadProcess } from "./load-process.ts";
import type { Counted, Pace, Verdict } from "./load-protocol.ts";
import { percentile } from "./percentiles.ts";
import type { RelayCounts } from "./relay-metrics.ts";
import { type Figure, faultsIn, progress, type Result } from "./results.ts";

const WARM_UP_MS = 2_000;
const DISK_TOO_SLOW = "p99: the disk by itself took longer than that";

export interface Stretch {
  readonly counted: Counted;
  readonly used: Processors;
  readonly relays: RelayCounts;
  readonly verdict: Verdict;
  /** Milliseconds of the durable rows that somebody else added meanwhile. */
  readonly inserts: readonly number[];
  /** Milliseconds of pages that were written beside PostgreSQL meanwhile, on its disk (F3). */
  readonly disk: readonly number[];
  /** Seconds of a processor that PostgreSQL works on these rows once they are stored. */
  readonly afterwards: number;
}

/** What is under load: the relays of an installation, or something else on its PostgreSQL. */
export interface Subject {
  readonly load: LoadProcess;
  countProcessors(): () => Processors;
  countRelays(): Promise<() => Promise<RelayCounts>>;
}

/** Leaves nothing for PostgreSQL to do when it ends. */
export async function stretch(
  installation: Installation,
  pace: Pace,
  seconds: number,
  subject: Subject = installation,
): Promise<Stretch> {
  const { load } = subject;
  const { inFlight, rate = 0 } = pace;
  progress(inFlight === undefined ? `${rate.toFixed(0)} a second` : `${inFlight} under way each`);
  await load.ask("start", pace);
  await pause(WARM_UP_MS);
  await load.ask("mark");
  const count = subject.countProcessors();
  const countRelays = await subject.countRelays();
  const [inserts, disk] = await Promise.all([
    rawInserts(installation.database, seconds * 1_000),
    bareWrites(installation.relay.spawned.folder, seconds * 1_000),
  ]);
  const used = count();
  const counted = await load.ask("take");
  const relays = await countRelays();
  const verdict = await load.ask("stop");
  return { counted, used, relays, verdict, inserts, disk, afterwards: await installation.tidyUp() };
}

/** Rows delivered to others, a second. */
export function deliveredRate({ counted }: Stretch): number {
  return counted.delivered / counted.seconds;
}

/** For one like it at the machine's best. */
interface Floor {
  readonly roundTrips?: number | undefined;
  readonly rows?: number | undefined;
  /** A bare relay at the same pace. */
  readonly bare?: Stretch;
}

export interface Limits extends Floor {
  readonly rate?: number;
  readonly p50?: number;
  readonly p99?: number;
}

export function resultOf(title: string, run: Stretch, limits: Limits = {}): Result {
  const { counted, used, relays, verdict, inserts, disk, afterwards } = run;
  const { accepted, delivered, seconds, delivery, acceptance, latest } = counted;
  const each = (spent: number, name: string): Figure => ({
    name: `processor of ${name}, a delivery`,
    value: (spent / delivered) * 1e6,
    unit: "µs",
  });
  const most = (limit: number | undefined) => (limit === undefined ? {} : { most: limit });
  const cores = (spent: number) => (spent / seconds).toFixed(2);
  return {
    title,
    figures: [
      { name: "stored", value: accepted / seconds, unit: "/s" },
      {
        name: "delivered to others",
        value: delivered / seconds,
        unit: "/s",
        ...(limits.rate !== undefined && { least: limits.rate }),
      },
      ...beside("round trips (F1)", delivered / seconds, limits.roundTrips),
      ...beside("rows in statements of 256 (F2)", accepted / seconds, limits.rows),
      { name: "until delivered, p50", value: delivery.p50, unit: "ms", ...most(limits.p50) },
      { name: "until delivered, p99", value: delivery.p99, unit: "ms", ...most(limits.p99) },
      { name: "until accepted, p50", value: acceptance.p50, unit: "ms" },
      { name: "until accepted, p99", value: acceptance.p99, unit: "ms" },
      ...besideBare(run, limits.bare),
      { name: "a raw durable insert meanwhile, p50", value: percentile(inserts, 0.5), unit: "ms" },
      { name: "a raw durable insert meanwhile, p99", value: percentile(inserts, 0.99), unit: "ms" },
      { name: "the disk itself meanwhile (F3), p50", value: percentile(disk, 0.5), unit: "ms" },
      { name: "the disk itself meanwhile (F3), p99", value: percentile(disk, 0.99), unit: "ms" },
      each(used.relay, "the relay"),
      each(used.postgres, "PostgreSQL"),
      each(afterwards, "PostgreSQL afterwards"),
      each(used.load, "the load"),
      { name: "statements a message", value: relays.statements / relays.rowsStored, unit: "" },
      { name: "messages a batch", value: relays.rowsStored / relays.batches, unit: "" },
      ...(latest > 0 ? [{ name: "latest that the load has sent", value: latest, unit: "ms" }] : []),
    ],
    notes: [
      `cores: relay ${cores(used.relay)}, PostgreSQL ${cores(used.postgres)}, load ${cores(used.load)}, others on this machine ${cores(used.others)}`,
      ...(percentile(disk, 0.99) > (limits.p99 ?? Number.POSITIVE_INFINITY) ? [DISK_TOO_SLOW] : []),
      ...faultsIn(verdict),
      ...(limits.bare === undefined
        ? []
        : faultsIn(limits.bare.verdict).map((fault) => `the bare relay: ${fault}`)),
    ],
  };
}

function beside(what: string, rate: number, floor: number | undefined): Figure[] {
  return floor === undefined ? [] : [{ name: `  × ${what}`, value: rate / floor, unit: "" }];
}

function besideBare(run: Stretch, bare: Stretch | undefined): Figure[] {
  if (bare === undefined) return [];
  const { counted } = bare;
  const each = (of: Stretch, who: "relay" | "postgres") => of.used[who] / of.counted.delivered;
  const times = (who: "relay" | "postgres") => each(run, who) / each(bare, who);
  return [
    { name: "a bare relay at this pace (F4)", value: deliveredRate(bare), unit: "/s" },
    { name: "  until delivered, p50", value: counted.delivery.p50, unit: "ms" },
    { name: "  until delivered, p99", value: counted.delivery.p99, unit: "ms" },
    { name: "  delivered × a bare relay", value: deliveredRate(run) / deliveredRate(bare), unit: "" },
    { name: "  processor of the relay × its", value: times("relay"), unit: "" },
    { name: "  processor of PostgreSQL × its", value: times("postgres"), unit: "" },
  ];
}
