// What goes wrong, and when: drawn from a seed.
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { transact } from "../../client/store/database.ts";
import { readTokens, saveTokens } from "../../client/store/tokens.ts";
import type { Chance } from "../support/chance.ts";
import { insideOffline } from "../support/person.ts";
import type { SpawnedRelay } from "../support/relay.ts";
import type { AtWork, Follower, Machine } from "./at-work.ts";
import type { Installation } from "./installation.ts";
import type { Wire } from "./wire.ts";

export interface World {
  readonly work: AtWork;
  readonly installation: Installation;
  readonly machines: readonly Machine[];
  readonly followers: readonly Follower[];
  /** Milliseconds since 1970 at which all must be well again. */
  readonly end: number;
}

interface Fault {
  readonly name: string;
  /** How often it comes, compared with the others. */
  readonly weight: number;
  /** Whether there is what it strikes; always, unless said. */
  readonly strikes?: (installation: Installation) => boolean;
  readonly strike: (world: World, chance: Chance) => Promise<void> | void;
}

const faults: readonly Fault[] = [
  { name: "a tail is killed", weight: 6, strike: ({ followers }, chance) => chance.one(followers).kill() },
  { name: "a relay is killed", weight: 3, strike: (world, chance) => killRelay(world, chance, false) },
  { name: "PostgreSQL is killed", weight: 3, strike: killPostgres },
  {
    name: "a relay and PostgreSQL are killed",
    weight: 2,
    strike: (world, chance) => killRelay(world, chance, true),
  },
  { name: "a relay is stopped", weight: 2, strike: stopRelay },
  { name: "a relay hangs", weight: 2, strike: suspendRelay },
  { name: "PostgreSQL hangs", weight: 3, strike: suspendPostgres },
  { name: "a tail is suspended", weight: 3, strike: suspendTail },
  {
    name: "connections are cut",
    weight: 6,
    strike: ({ installation, work }, chance) => cut(installation.front, work, chance),
  },
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
  { name: "NATS is killed", weight: 4, strikes: ({ nats }) => nats !== undefined, strike: killNats },
  {
    name: "a wire inside is cut",
    weight: 4,
    strikes: ({ inside }) => inside.length > 0,
    strike: ({ installation, work }, chance) => cut(chance.one(installation.inside), work, chance),
  },
  {
    name: "a relay is parted from PostgreSQL or NATS",
    weight: 6,
    strikes: ({ inside }) => inside.length > 0,
    strike: (world, chance) => {
      const wire = chance.one(world.installation.inside);
      const weather = chance.one([
        { isFrozen: true },
        { isRefusing: true },
        { delay: chance.between(20, 400) },
      ]);
      if ("isRefusing" in weather) wire.cut(() => true);
      return storm(world, chance, weather, wire);
    },
  },
  { name: "the disk is full", weight: 3, strikes: ({ disk }) => disk !== undefined, strike: fillDisk },
  { name: "the clock jumps", weight: 3, strikes: ({ clock }) => clock !== undefined, strike: jump },
  { name: "a backup is made", weight: 2, strikes: ({ backup }) => backup !== undefined, strike: takeBackup },
  {
    name: "the database is put back",
    weight: 1,
    strikes: ({ backup }) => backup !== undefined,
    strike: restore,
  },
];

/** One fault after the other, then everything runs again. */
export async function strike(world: World, chance: Chance, say: (line: string) => void): Promise<void> {
  const lots = faults
    .filter(({ strikes }) => strikes?.(world.installation) ?? true)
    .flatMap((fault) => Array.from({ length: fault.weight }, () => fault));
  while (Date.now() < world.end) {
    await last(world, chance.between(300, 2_500));
    const fault = chance.one(lots);
    say(fault.name);
    await fault.strike(world, chance);
  }
  for (const wire of [world.installation.front, ...world.installation.inside]) wire.heal();
}

/** Waits, but not beyond the end. */
async function last({ end }: World, milliseconds: number): Promise<void> {
  await sleep(Math.max(0, Math.min(milliseconds, end - Date.now())));
}

async function killRelay(world: World, chance: Chance, postgresToo: boolean): Promise<void> {
  const { work, installation } = world;
  const relay = chance.one(installation.relays);
  if (postgresToo) signal([await installation.postgresPid()], "SIGKILL");
  await relay.kill("relay");
  work.tally[postgresToo ? "both" : "relay"] += 1;
  await last(world, chance.between(0, 2_500));
  await relay.startAgain();
}

async function killPostgres({ installation, work }: World): Promise<void> {
  // It may just be coming back from the last time.
  signal([await installation.postgresPid()], "SIGKILL");
  work.tally.postgres += 1;
}

async function stopRelay(world: World, chance: Chance): Promise<void> {
  const relay = chance.one(world.installation.relays);
  await end(world, relay);
  await last(world, chance.between(0, 2_500));
  await relay.startAgain();
}

async function end({ work }: World, relay: SpawnedRelay): Promise<void> {
  const { code, stderr } = await relay.process.kill("SIGTERM");
  if (code !== 0) work.troubles.push(`a relay ended with ${code}: ${stderr.slice(-2_000)}`);
  work.tally.relayStops += 1;
}

async function suspendRelay(world: World, chance: Chance): Promise<void> {
  const relay = chance.one(world.installation.relays);
  world.work.tally.suspended += 1;
  relay.process.process.kill("SIGSTOP");
  await last(world, chance.between(500, 8_000));
  relay.process.process.kill("SIGCONT");
}

async function suspendPostgres(world: World, chance: Chance): Promise<void> {
  const postmaster = await world.installation.postgresPid();
  if (postmaster === undefined) return;
  const pids = [postmaster, ...childrenOf(postmaster)];
  world.work.tally.suspended += 1;
  signal(pids, "SIGSTOP");
  await last(world, chance.between(500, 8_000));
  signal(pids, "SIGCONT");
}

async function killNats(world: World, chance: Chance): Promise<void> {
  const { nats } = world.installation;
  await nats?.kill();
  world.work.tally.nats += 1;
  await last(world, chance.between(0, 8_000));
  await nats?.startAgain();
}

async function fillDisk(world: World, chance: Chance): Promise<void> {
  const { disk } = world.installation;
  world.work.tally.fullDisks += 1;
  await disk?.fill();
  await last(world, chance.between(2_000, 8_000));
  await disk?.free();
}

const MINUTE_MS = 60_000;

/** By what an operator's mistake or a machine that slept makes of it; back again after a while, or not. */
async function jump(world: World, chance: Chance): Promise<void> {
  const { clock } = world.installation;
  world.work.tally.jumps += 1;
  await clock?.set(chance.one([-600, -20, -1, 1, 20, 600, 60_000]) * MINUTE_MS);
  await last(world, chance.between(1_000, 8_000));
  await clock?.set(0);
}

async function takeBackup(world: World): Promise<void> {
  world.work.tally.backups += 1;
  await world.installation.backup?.take();
}

/** No relay runs meanwhile, as the manual says. */
async function restore(world: World, chance: Chance): Promise<void> {
  const { relays, backup } = world.installation;
  await Promise.all(relays.map((relay) => end(world, relay)));
  await backup?.restore();
  world.work.tally.restores += 1;
  await last(world, chance.between(0, 1_000));
  for (const relay of relays) await relay.startAgain();
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

function cut(wire: Wire, work: AtWork, chance: Chance): void {
  const share = chance.between(0.2, 1);
  work.tally.cuts += wire.cut(() => chance.happens(share));
}

async function storm(
  world: World,
  chance: Chance,
  weather: Partial<Wire["weather"]>,
  wire: Wire = world.installation.front,
): Promise<void> {
  world.work.tally.storms += 1;
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

function signal(pids: readonly (number | undefined)[], name: NodeJS.Signals): void {
  for (const pid of pids) {
    if (pid === undefined) continue;
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
