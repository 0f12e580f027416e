// Relays of two versions on one database, as long as it takes to update one after the other: the older program is really
// built, from this repository's past.
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { newcomer, type Person, parseLines, type Running } from "../support/chat.ts";
import { person } from "../support/person.ts";
import { type FreshDatabase, freshDatabase, urlOf } from "../support/postgres.ts";
import { type SpawnedRelay, spawnRelay } from "../support/relay.ts";

/** The last before a migration that is online. One that is not will move it on. */
const OLDER = "d2b3d26d378de83dc632f52da6648c151495ae6e";
const ADDED_SINCE = "0039_members_by_both";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../..", import.meta.url));

const isThere = await run("git", ["cat-file", "-e", OLDER], { cwd: root }).then(
  () => true,
  () => false,
);
if (!isThere) console.warn(`Skipped: this copy of the repository does not go back to ${OLDER}.`);

let folder: string;
let fresh: FreshDatabase;
const relays: SpawnedRelay[] = [];
const everybody: Person[] = [];

beforeAll(async () => {
  if (!isThere) return;
  folder = await mkdtemp(join(tmpdir(), "sotto-older-"));
  await build(join(folder, "program"));
  await mkdir(join(folder, "data"));
  fresh = await freshDatabase({ empty: true });
}, 120_000);
afterAll(async () => {
  if (!isThere) return;
  await Promise.all(everybody.map((each) => each.leave()));
  for (const relay of relays) await relay.process.kill("SIGTERM");
  await fresh.drop();
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
});

async function build(place: string): Promise<void> {
  await mkdir(place);
  const archive = join(place, "archive.tar");
  await run("git", ["archive", `--output=${archive}`, OLDER], { cwd: root });
  await run("tar", ["-xf", archive], { cwd: place });
  await symlink(join(root, "node_modules"), join(place, "node_modules"));
  await run(process.execPath, ["scripts/build.mjs"], { cwd: place });
}

/** One more relay on the database, with the secrets that all of them share. */
async function start(program?: string): Promise<SpawnedRelay> {
  const relay = await spawnRelay({
    fresh: true,
    folder: join(folder, "data"),
    parameters: ["--database-url", urlOf(fresh.connection)],
    ...(program === undefined ? {} : { program }),
  });
  relays.push(relay);
  return relay;
}

async function done(): Promise<string[]> {
  const { rows } = await fresh.database.query<{ name: string }>("select name from migrations order by name");
  return rows.map(({ name }) => name);
}

async function hears(tail: Running, text: string): Promise<void> {
  await tail.until((lines) => parseLines(lines.join("\n")).some((event) => event["text"] === text));
}

test.skipIf(!isThere)(
  "an older relay goes on beside a newer one, and can be restarted",
  async () => {
    const program = join(folder, "program", "bin", "chat.js");
    const older = await start(program);
    expect(await done()).not.toContain(ADDED_SINCE);
    const alice = await person("alice", older.url);
    everybody.push(alice);

    const newer = await start();
    expect(await done()).toContain(ADDED_SINCE);
    const bob = await newcomer("bob", newer.url);
    everybody.push(bob);
    await bob.register();

    // Neither sits at the relay of the other.
    const [atOlder, atNewer] = [alice.start(["tail", "--json"]), bob.start(["tail", "--json"])];
    for (const round of ["first", "restarted"]) {
      await alice.ok(["send", "bob", `${round} from the older`]);
      await hears(atNewer, `${round} from the older`);
      await bob.ok(["send", "alice", `${round} from the newer`]);
      await hears(atOlder, `${round} from the newer`);
      if (round === "restarted") break;
      await older.process.kill("SIGTERM");
      await older.startAgain();
    }
    await Promise.all([atOlder, atNewer].map((tail) => tail.kill("SIGINT")));
  },
  120_000,
);
