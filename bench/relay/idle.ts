// Thousands who are there and say nothing; and how they come back when all of them are cut off at once.
import { setTimeout as pause } from "node:timers/promises";
import { idleFloor } from "./idle-floor.ts";
import { deviceBy, Installation } from "./installation.ts";
import type { Back } from "./load-protocol.ts";
import { residentAfterCollection } from "./memory.ts";
import { type Figure, progress, type Result } from "./results.ts";
import { OWN_WINDOW, type Settings, SHARED_WINDOW } from "./settings.ts";

const PEOPLE = 5_000;
const STREAMS_A_CONNECTION = 200;
const BYTES_LIMIT = 20_000;
const STORM_LIMIT_S = 20;
const STORM_TIMEOUT_MS = 60_000;
/** What a stream leaves for later, such as its first timers, is done by then. */
const REST_MS = 3_000;

interface Way {
  readonly title: string;
  readonly connections: number;
  readonly tls: boolean;
  readonly storms: boolean;
}

const ways: readonly Way[] = [
  {
    title: `${PEOPLE} idle streams, ${STREAMS_A_CONNECTION} a connection`,
    connections: PEOPLE / STREAMS_A_CONNECTION,
    tls: false,
    storms: false,
  },
  { title: `${PEOPLE} idle streams, a connection each`, connections: 0, tls: false, storms: true },
  { title: `${PEOPLE} idle streams, a connection and TLS each`, connections: 0, tls: true, storms: true },
];

export async function* idle(settings: Settings): AsyncGenerator<Result> {
  for (const way of ways) yield await measure(settings, way);
}

async function measure(settings: Settings, { title, connections, tls, storms }: Way): Promise<Result> {
  const window = connections === 0 ? OWN_WINDOW : SHARED_WINDOW;
  progress(`${title}: the floor`);
  const floor = await idleFloor({ streams: PEOPLE, connections, tls, window });
  const installation = await Installation.start(settings, { tls, inspected: true });
  try {
    const { load, relay } = installation;
    progress(title);
    const people = await installation.people(PEOPLE);
    const resident = () => residentAfterCollection(relay.inspector, relay.pid);
    const before = await resident();
    const opened = await load.ask("open", {
      urls: [relay.url],
      devices: people.map((each) => ({ ...deviceBy(each), logs: [] })),
      connections,
      window,
      reconnect: true,
    });
    const first = await load.ask("allLive", STORM_TIMEOUT_MS);
    await pause(REST_MS);
    const after = await resident();
    const figures: Figure[] = [
      { name: "all there after", value: opened.seconds + first.seconds, unit: "s" },
      { name: "live", value: first.live, unit: "", least: PEOPLE },
      { name: "relay before", value: before / 1e6, unit: "MB" },
      { name: "relay with all of them", value: after / 1e6, unit: "MB" },
      { name: "a stream", value: (after - before) / first.live, unit: "bytes", most: BYTES_LIMIT },
      { name: "  of that grpc-js and Node alone", value: floor, unit: "bytes" },
    ];
    const notes = failures("at first", first);
    if (storms) {
      progress("a storm");
      const cut = await cutAll(installation);
      const kill = await killRelay(installation);
      figures.push(...cut.figures, ...kill.figures);
      notes.push(...cut.notes, ...kill.notes);
    }
    await load.ask("close");
    return { title, figures, notes };
  } finally {
    await installation.end();
  }
}

interface Storm {
  readonly figures: readonly Figure[];
  readonly notes: readonly string[];
}

async function cutAll({ load }: Installation): Promise<Storm> {
  await load.ask("cut");
  const back = await load.ask("allLive", STORM_TIMEOUT_MS);
  await pause(REST_MS);
  return {
    figures: [
      { name: "all sockets cut: back", value: back.live, unit: "", least: PEOPLE },
      { name: "  after", value: back.seconds, unit: "s", most: STORM_LIMIT_S },
    ],
    notes: failures("after the cut", back),
  };
}

async function killRelay({ load, relay }: Installation): Promise<Storm> {
  const began = performance.now();
  await relay.spawned.kill("relay");
  await relay.spawned.startAgain();
  const started = performance.now();
  const back = await load.ask("allLive", STORM_TIMEOUT_MS);
  return {
    figures: [
      { name: "relay killed: back", value: back.live, unit: "", least: PEOPLE },
      { name: "  the relay itself was back after", value: (started - began) / 1_000, unit: "s" },
      { name: "  all others after that", value: back.seconds, unit: "s", most: STORM_LIMIT_S },
    ],
    notes: failures("after the kill", back),
  };
}

/** What attempts failed for, the commonest first. */
function failures(when: string, { failed }: Back): string[] {
  const common = Object.entries(failed).sort(([, one], [, other]) => other - one);
  return common.slice(0, 3).map(([why, count]) => `${when}, ${count} attempts failed: ${why}`);
}
