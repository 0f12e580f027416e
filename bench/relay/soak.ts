// Mixed load for minutes, with readers who stop reading: does the relay's memory stay as it is?
import { setTimeout as pause } from "node:timers/promises";
import { residentBytes } from "./cpu.ts";
import { openRoom } from "./groups.ts";
import { Installation } from "./installation.ts";
import { growth, residentAfterCollection } from "./memory.ts";
import { faultsIn, progress, type Result } from "./results.ts";
import { OWN_WINDOW, type Settings } from "./settings.ts";
import { stretch } from "./throughput.ts";

const PAIRED = 100;
const ROOM = 50;
/** Over all: pairs and the one who writes in the room have the same share each. */
const RATE = 1_000;
const ROUND_MS = 10_000;
/** What is added after that is a leak. */
const BUSY_SECONDS = 13;
const BUSY = { inFlight: 8 };
/** So many devices at a time do not read for a round; the next round it is others. */
const SLOW = 20;
const SAMPLE_EVERY_MS = 2_000;
const GROWTH_LIMIT = 1.1;
const MEGABYTE = 1e6;

export async function* soak(settings: Settings): AsyncGenerator<Result> {
  const installation = await Installation.start(settings, { inspected: true, evenYoung: true });
  try {
    const { load, relay } = installation;
    const people = await installation.people(PAIRED + ROOM);
    const devices = [
      ...(await installation.pairs(people.slice(0, PAIRED))),
      ...(await openRoom(installation, "bench-soak", people.slice(PAIRED))),
    ];
    await load.ask("open", { urls: [relay.url], devices, connections: 0, window: OWN_WINDOW });
    await load.ask("prime");
    const fresh = residentBytes(relay.pid);
    const collect = () => residentAfterCollection(relay.inspector, relay.pid);
    const busy = await stretch(installation, BUSY, BUSY_SECONDS);
    const early = await collect();
    await load.ask("start", { rate: RATE });
    await load.ask("mark");
    const count = installation.countProcessors();
    const samples: number[] = [];
    const until = performance.now() + settings.minutes * 60_000;
    let from = 0;
    while (performance.now() < until) {
      const slow = { from, to: from + SLOW };
      await load.ask("pause", { ...slow, paused: true });
      for (let spent = 0; spent < ROUND_MS && performance.now() < until; spent += SAMPLE_EVERY_MS) {
        await pause(SAMPLE_EVERY_MS);
        samples.push(residentBytes(relay.pid));
      }
      await load.ask("pause", { ...slow, paused: false });
      progress(`${(residentBytes(relay.pid) / MEGABYTE).toFixed(0)} MB`);
      from = (from + SLOW) % devices.length;
    }
    const late = await collect();
    const used = count();
    const counted = await load.ask("take");
    const verdict = await load.ask("stop");
    await load.ask("close");
    const { seconds, delivered, accepted } = counted;
    const at = (part: number) => (samples[Math.floor((samples.length - 1) * part)] ?? Number.NaN) / MEGABYTE;
    yield {
      title: `${(seconds / 60).toFixed(1)} minutes of ${RATE} messages a second, ${SLOW} of ${devices.length} not reading at any time`,
      figures: [
        { name: "stored", value: accepted / seconds, unit: "/s" },
        { name: "delivered to others", value: delivered / seconds, unit: "/s" },
        { name: "relay's memory before any load", value: fresh / MEGABYTE, unit: "MB" },
        ...[0, 0.25, 0.5, 0.75, 1].map((part) => ({
          name: `relay's memory after ${Math.round(part * 100)} %`,
          value: at(part),
          unit: "MB",
        })),
        {
          name: "last third × first, without the warm-up",
          value: growth(samples),
          unit: "",
          most: GROWTH_LIMIT,
        },
        { name: "after a collection, before it", value: early / MEGABYTE, unit: "MB" },
        { name: "after a collection, at the end", value: late / MEGABYTE, unit: "MB" },
        { name: "after a collection, end × before", value: late / early, unit: "", most: GROWTH_LIMIT },
        { name: "processor of the relay, a delivery", value: (used.relay / delivered) * 1e6, unit: "µs" },
        {
          name: "processor of PostgreSQL, a delivery",
          value: (used.postgres / delivered) * 1e6,
          unit: "µs",
        },
      ],
      notes: [busy.verdict, verdict].flatMap(faultsIn),
    };
  } finally {
    await installation.end();
  }
}
