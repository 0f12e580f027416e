// Two relays over NATS: what is sent at one and read at the other, beside both at one. The two of a pair answer each other,
// or they write in the same moment: then both relays want the next place of one log, and one of them has to try again.
import { startNats } from "../../test/support/nats.ts";
import { Installation } from "./installation.ts";
import { median } from "./percentiles.ts";
import { type Figure, faultsIn, type Result } from "./results.ts";
import { type Settings, SHARED_CONNECTIONS, SHARED_WINDOW } from "./settings.ts";
import { type Stretch, stretch } from "./throughput.ts";

const PEOPLE = 200;
const RATE = 1_000;
/** One after the other, so that whatever else the machine does meets both alike. */
const ROUNDS = 3;
const ADDED_LIMIT_MS = 3;
const ONE_BY_ONE = 200;

/** Where the two of each pair are. */
const places = ["one", "two"] as const;
type Place = (typeof places)[number];

const manners = ["in turn", "at once"] as const;
type Manner = (typeof manners)[number];

interface Round {
  readonly alone: number;
  readonly run: Stretch;
}

export async function* two(settings: Settings): AsyncGenerator<Result> {
  const nats = await startNats();
  try {
    const rounds: Record<Manner, Record<Place, Round[]>> = {
      "in turn": { one: [], two: [] },
      "at once": { one: [], two: [] },
    };
    const installation = await Installation.start(settings, { relays: 2, nats: nats.url });
    try {
      for (let round = 0; round < ROUNDS; round += 1) {
        for (const manner of manners) {
          for (const place of places) {
            rounds[manner][place].push(await measure(settings, installation, manner, place));
          }
        }
      }
    } finally {
      await installation.end();
    }
    for (const manner of manners) yield resultOf(manner, rounds[manner]);
  } finally {
    await nats.stop();
  }
}

async function measure(
  settings: Settings,
  installation: Installation,
  manner: Manner,
  place: Place,
): Promise<Round> {
  const { load, relays } = installation;
  const pairs = await installation.pairs(await installation.people(PEOPLE));
  const sideBySide = pairs.map((device, at) => ({ ...device, relay: place === "one" ? 0 : at % 2 }));
  // They send in this order: one answers when all the first have written.
  const answering = [0, 1].flatMap((side) => sideBySide.filter((_, at) => at % 2 === side));
  const devices = manner === "in turn" ? answering : sideBySide;
  const urls = relays.map(({ url }) => url);
  await load.ask("open", { urls, devices, connections: SHARED_CONNECTIONS, window: SHARED_WINDOW });
  await load.ask("prime");
  const { delivery } = await load.ask("oneByOne", ONE_BY_ONE);
  const run = await stretch(installation, { rate: RATE }, settings.seconds);
  await load.ask("close");
  return { alone: delivery, run };
}

function resultOf(manner: Manner, rounds: Readonly<Record<Place, readonly Round[]>>): Result {
  const middle = (place: Place, value: (round: Round) => number) => median(rounds[place].map(value));
  const both = (name: string, unit: string, value: (round: Round) => number): Figure[] => [
    { name: `${name}, both at one relay`, value: middle("one", value), unit },
    { name: `${name}, each at another`, value: middle("two", value), unit },
  ];
  const added = (value: (round: Round) => number) => middle("two", value) - middle("one", value);
  const perDelivery = (value: (stretch: Stretch) => number) => (round: Round) =>
    (value(round.run) / round.run.counted.delivered) * 1e6;
  const p50 = ({ run }: Round) => run.counted.delivery.p50;
  const statements = ({ run }: Round) => run.relays.statements / run.relays.rowsStored;
  const notes = places.flatMap((place) =>
    rounds[place].flatMap(({ run }) => faultsIn(run.verdict).map((note) => `${place}: ${note}`)),
  );
  return {
    title: `Two relays over NATS, pairs that write ${manner}, ${RATE} messages a second, ${ROUNDS} rounds of each`,
    figures: [
      ...both("delivered", "/s", ({ run }) => run.counted.delivered / run.counted.seconds),
      ...both("p50", "ms", p50),
      { name: "  added", value: added(p50), unit: "ms", most: ADDED_LIMIT_MS },
      ...both("p99", "ms", ({ run }) => run.counted.delivery.p99),
      ...both("one at a time", "ms", ({ alone }) => alone),
      { name: "  added", value: added(({ alone }) => alone), unit: "ms", most: ADDED_LIMIT_MS },
      ...both("statements a message", "", statements),
      ...both(
        "processor of the relays",
        "µs",
        perDelivery(({ used }) => used.relay),
      ),
      ...both(
        "processor of PostgreSQL",
        "µs",
        perDelivery(({ used }) => used.postgres),
      ),
    ],
    notes: [...new Set(notes)],
  };
}
