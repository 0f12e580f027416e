// Pairs that write to each other: as much as the relay takes, half of that, little, and one message at a time.
import { BareRelay } from "./bare-relay.ts";
import { rawInsert } from "./floors.ts";
import { Installation } from "./installation.ts";
import type { Pace } from "./load-protocol.ts";
import type { Result } from "./results.ts";
import { OWN_WINDOW, type Settings, SHARED_CONNECTIONS, SHARED_WINDOW } from "./settings.ts";
import { deliveredRate, resultOf, type Stretch, stretch } from "./throughput.ts";

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
  const installation = await Installation.start(settings, { tls: own });
  try {
    const { load, relay } = installation;
    const devices = await installation.pairs(await installation.people(PEOPLE));
    const [shared, window] = own ? [0, OWN_WINDOW] : [SHARED_CONNECTIONS, SHARED_WINDOW];
    await load.ask("open", { urls: [relay.url], devices, connections: shared, window });
    await load.ask("prime");
    yield await idleResult(title, installation);
    const bare = await BareRelay.start(installation, devices, { tls: own, connections: shared, window });
    try {
      yield* paced(title, settings, { own, installation, bare });
    } finally {
      await bare.end();
    }
    await load.ask("close");
  } finally {
    await installation.end();
  }
}

async function* paced(
  title: string,
  { seconds, floors }: Settings,
  { own, installation, bare }: { own: boolean; installation: Installation; bare: BareRelay },
): AsyncGenerator<Result> {
  const floor = { roundTrips: floors?.[own ? "own" : "shared"], rows: floors?.rows };
  const limits = { ...floor, rate: own ? OWN_LIMIT : SHARED_LIMIT };
  const run = async (pace: Pace): Promise<[Stretch, Stretch]> => [
    await stretch(installation, pace, seconds),
    await stretch(installation, pace, seconds, bare),
  ];
  const [full, bareFull] = await run({ inFlight: IN_FLIGHT });
  yield resultOf(`${title}, ${IN_FLIGHT} under way each`, full, { ...limits, bare: bareFull });
  const paces = [
    { what: "half of that", rate: Math.round(deliveredRate(full) / 2), p50: 10, p99: 50 },
    { what: "half of what is required", rate: limits.rate / 2, p50: 10, p99: 50 },
    { what: `${CALM_RATE} a second`, rate: CALM_RATE, p50: 3 },
  ];
  for (const { what, rate, ...most } of paces) {
    const [measured, bareMeasured] = await run({ rate });
    yield resultOf(`${title}, ${what}`, measured, { ...most, bare: bareMeasured });
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
