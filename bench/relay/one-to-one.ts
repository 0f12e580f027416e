// Pairs that write to each other: as much as the relay takes, half of that, little, and one message at a time.
import { rawInsert } from "./floors.ts";
import { Installation } from "./installation.ts";
import type { Result } from "./results.ts";
import { OWN_WINDOW, type Settings, SHARED_CONNECTIONS, SHARED_WINDOW } from "./settings.ts";
import { deliveredRate, resultOf, stretch } from "./throughput.ts";

const PEOPLE = 200;
const IN_FLIGHT = 8;
const CALM_RATE = 2_000;
const ONE_BY_ONE = 500;
const SHARED_LIMIT = 15_000;
const OWN_LIMIT = 8_000;

export async function* oneToOne(settings: Settings): AsyncGenerator<Result> {
  yield* measure(settings, "shared");
  yield* measure(settings, "own");
}

export async function* measure(settings: Settings, connections: "shared" | "own"): AsyncGenerator<Result> {
  const own = connections === "own";
  const title = own ? "1:1, a connection and TLS each" : `1:1, ${SHARED_CONNECTIONS} shared connections`;
  const { seconds } = settings;
  const installation = await Installation.start(settings, { tls: own });
  try {
    const { load, relay } = installation;
    const devices = await installation.pairs(await installation.people(PEOPLE));
    const [shared, window] = own ? [0, OWN_WINDOW] : [SHARED_CONNECTIONS, SHARED_WINDOW];
    await load.ask("open", { urls: [relay.url], devices, connections: shared, window });
    await load.ask("prime");
    const { floors } = settings;
    const floor = { roundTrips: floors?.[connections], rows: floors?.rows };
    yield await idleResult(title, installation);
    const full = await stretch(installation, { inFlight: IN_FLIGHT }, seconds);
    const limits = { ...floor, rate: own ? OWN_LIMIT : SHARED_LIMIT };
    yield resultOf(`${title}, ${IN_FLIGHT} under way each`, full, limits);
    const half = await stretch(installation, { rate: Math.round(deliveredRate(full) / 2) }, seconds);
    yield resultOf(`${title}, half of that`, half, { p50: 10, p99: 50 });
    const required = await stretch(installation, { rate: limits.rate / 2 }, seconds);
    yield resultOf(`${title}, half of what is required`, required, { p50: 10, p99: 50 });
    const calm = await stretch(installation, { rate: CALM_RATE }, seconds);
    yield resultOf(`${title}, ${CALM_RATE} a second`, calm, { p50: 3 });
    await load.ask("close");
  } finally {
    await installation.end();
  }
}

async function idleResult(title: string, installation: Installation): Promise<Result> {
  const { load } = installation;
  const insert = await rawInsert(installation.database, ONE_BY_ONE);
  const ping = await load.ask("pings", ONE_BY_ONE);
  const { delivery, acceptance } = await load.ask("oneByOne", ONE_BY_ONE);
  const floor = insert + ping;
  return {
    title: `${title}, one at a time`,
    figures: [
      { name: "until delivered, p50", value: delivery, unit: "ms" },
      { name: "until accepted, p50", value: acceptance, unit: "ms" },
      { name: "a raw durable insert, p50", value: insert, unit: "ms" },
      { name: "a round trip (Ping) at the relay, p50", value: ping, unit: "ms" },
      { name: "until accepted × insert and round trip", value: acceptance / floor, unit: "", most: 2 },
      { name: "until delivered × insert and round trip", value: delivery / floor, unit: "", most: 2 },
    ],
    notes: [],
  };
}
