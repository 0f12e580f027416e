// What goes wrong, and when: drawn from a seed.
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { transact } from "../../client/store/database.ts";
import { readTokens, saveTokens } from "../../client/store/tokens.ts";
import type { Chance } from "../support/chance.ts";
import { insideOffline } from "../support/person.ts";
import type { SpawnedRelay } from "../support/relay.ts";
import type { AtWork, Follower, Machine } from "./at-work.ts";
import type { Wire } from "./wire.ts";

export interface World {
  readonly work: AtWork;
  readonly relay: SpawnedRelay;
  readonly wire: Wire;
  readonly machines: readonly Machine[];
  readonly followers: readonly Follower[];
  /** Milliseconds since 1970 at which all must be well again. */
  readonly end: number;
}

interface Fault {
  readonly name: string;
  /** How often it comes, compared with the others. */
  readonly weight: number;
  readonly strike: (world: World, chance: Chance) => Promise<void> | void;
}

const faults: readonly Fault[] = [
  { name: "a tail is killed", weight: 6, strike: ({ followers }, chance) => chance.one(followers).kill() },
  { name: "the relay is killed", weight: 3, strike: (world, chance) => killRelay(world, chance, "relay") },
  { name: "PostgreSQL is killed", weight: 3, strike: killPostgres },
  {
    name: "relay and PostgreSQL are killed",
    weight: 2,
    strike: (world, chance) => killRelay(world, chance, "both"),
  },
  { name: "the relay is stopped", weight: 2, strike: stopRelay },
  { name: "the relay hangs", weight: 2, strike: suspendRelay },
  { name: "PostgreSQL hangs", weight: 3, strike: suspendPostgres },
  { name: "a tail is suspended", weight: 3, strike: suspendTail },
  { name: "connections are cut", weight: 6, strike: cut },
  {
    name: "the network is far",
    weight: 3,
    strike: (world, chance) => storm(world, chance, { delay: chance.between(50, 800) }),
  },
  {
    name: "the network is slow",
    weight: 3,
    strike: (world, chance) => storm(world, chance, { bytesPerSecond: chance.between(3_000, 40_000) }),
  },
  {
    name: "the network is frozen",
    weight: 3,
    strike: (world, chance) => storm(world, chance, { isFrozen: true }),
  },
  {
    name: "the network refuses",
    weight: 2,
    strike: (world, chance) => storm(world, chance, { isRefusing: true }),
  },
  { name: "a token runs out", weight: 4, strike: expireToken },
];

/** One fault after the other, then everything runs again. */
export async function strike(world: World, chance: Chance, say: (line: string) => void): Promise<void> {
  const lots = faults.flatMap((fault) => Array.from({ length: fault.weight }, () => fault));
  while (Date.now() < world.end) {
    await last(world, chance.between(300, 2_500));
    const fault = chance.one(lots);
    say(fault.name);
    await fault.strike(world, chance);
  }
  world.wire.heal();
}

/** Waits, but not beyond the end. */
async function last({ end }: World, milliseconds: number): Promise<void> {
  await sleep(Math.max(0, Math.min(milliseconds, end - Date.now())));
}

async function killRelay(world: World, chance: Chance, victim: "relay" | "both"): Promise<void> {
  const { relay, work } = world;
  await relay.kill(victim);
  work.tally[victim] += 1;
  await last(world, chance.between(0, 2_500));
  await relay.startAgain();
}

async function killPostgres({ relay, work }: World): Promise<void> {
  // It may just be coming back from the last time.
  await relay.kill("postgres").catch(() => undefined);
  work.tally.postgres += 1;
}

async function stopRelay(world: World, chance: Chance): Promise<void> {
  const { relay, work } = world;
  const { code, stderr } = await relay.process.kill("SIGTERM");
  if (code !== 0) work.troubles.push(`the relay ended with ${code}: ${stderr.slice(-2_000)}`);
  work.tally.relayStops += 1;
  await last(world, chance.between(0, 2_500));
  await relay.startAgain();
}

async function suspendRelay(world: World, chance: Chance): Promise<void> {
  const { relay, work } = world;
  work.tally.suspended += 1;
  relay.process.process.kill("SIGSTOP");
  await last(world, chance.between(500, 8_000));
  relay.process.process.kill("SIGCONT");
}

async function suspendPostgres(world: World, chance: Chance): Promise<void> {
  const { relay, work } = world;
  const postmaster = await relay.postgresPid().catch(() => undefined);
  if (postmaster === undefined) return;
  const pids = [postmaster, ...childrenOf(postmaster)];
  work.tally.suspended += 1;
  signal(pids, "SIGSTOP");
  await last(world, chance.between(500, 8_000));
  signal(pids, "SIGCONT");
}

async function suspendTail(world: World, chance: Chance): Promise<void> {
  const { followers, work } = world;
  const victim = chance.one(followers).process;
  work.tally.suspended += 1;
  victim?.kill("SIGSTOP");
  // Others take over its locks after ten seconds.
  await last(world, chance.between(500, 14_000));
  victim?.kill("SIGCONT");
}

function cut({ wire, work }: World, chance: Chance): void {
  const share = chance.between(0.2, 1);
  work.tally.cuts += wire.cut(() => chance.happens(share));
}

async function storm(world: World, chance: Chance, weather: Partial<Wire["weather"]>): Promise<void> {
  const { wire, work } = world;
  work.tally.storms += 1;
  Object.assign(wire.weather, weather);
  await last(world, chance.between(1_000, 9_000));
  wire.heal();
}

/** The next command renews it, in whatever weather. */
async function expireToken({ machines, work }: World, chance: Chance): Promise<void> {
  await insideOffline(chance.one(machines).person, ({ db }) => {
    transact(db, () => {
      const tokens = readTokens(db);
      if (tokens !== undefined) saveTokens(db, { ...tokens, accessExpiresAt: 0 });
    });
  });
  work.tally.tokens += 1;
}

function signal(pids: readonly number[], name: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, name);
    } catch {
      // It ended meanwhile.
    }
  }
}

/** Linux only; elsewhere the postmaster alone hangs. */
function childrenOf(parent: number): number[] {
  if (process.platform !== "linux") return [];
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => parentOf(pid) === parent);
}

function parentOf(pid: number): number | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    return Number(fields[1]);
  } catch {
    return undefined;
  }
}
