// What it costs to join a room, by how many changes its membership has behind it, beside a room of 100, in one run:
// `npm run bench:join`. Real profiles and a relay of this process. `verify` is from the first question for the membership
// to the state that all of it makes; `join` is all of `chat join`. Exits with 1 when an entry that has to be
// verified costs more in a long history than in a short one.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { signEntry } from "../client/core/groups/change-membership.ts";
import { createGroup } from "../client/core/groups/create-group.ts";
import { joinRoom } from "../client/core/groups/join-group.ts";
import { fetchMembership, membershipOf } from "../client/core/groups/memberships.ts";
import { ownChain } from "../client/core/people/account-chains.ts";
import { readConversation } from "../client/store/conversations.ts";
import { type ConversationId, checkpointOf, type MembershipState, ready } from "../keys/index.ts";
import { openDoors } from "../relay/doors.ts";
import { startRelay } from "../relay/start-relay.ts";
import { type Enrolled, enrol } from "../test/support/enrolled.ts";
import { silent } from "../test/support/log.ts";
import { lengthen } from "../test/support/long-room.ts";
import { online } from "../test/support/online.ts";

const ROUNDS = 7;
const WARM_UP = 2;
/** As programs of owners make them. */
const CHECKPOINT_EVERY = 1_000;
/** Time for what is verified, beside the room of 100: the same entries cost the same, wherever they stand. */
const FLAT = 2;

interface Subject {
  readonly name: string;
  /** Changes behind it. */
  readonly length: number;
  readonly hasCheckpoints: boolean;
}

interface Costs {
  readonly id: ConversationId;
  readonly room: string;
  verified: number;
  bytes: number;
  readonly verify: number[];
  readonly join: number[];
}

const subjects: Subject[] = [
  { name: "100 changes (floor)", length: 100, hasCheckpoints: true },
  { name: "10^5 changes, the newest a checkpoint", length: 100_100, hasCheckpoints: true },
  { name: "999 changes, a checkpoint is not due yet", length: 999, hasCheckpoints: true },
  { name: "5,000 changes, nobody made a checkpoint", length: 5_000, hasCheckpoints: false },
];

await ready();
const folder = mkdtempSync(join(tmpdir(), "sotto-bench-"));
const relay = await startRelay(
  {
    host: "127.0.0.1",
    port: 0,
    dataFolder: folder,
    database: undefined,
    tls: undefined,
    behindProxy: false,
    doors: openDoors,
  },
  { log: silent },
);
const people: Enrolled[] = [];
try {
  const costs = new Map<Subject, Costs>();
  for (const [index, subject] of subjects.entries())
    costs.set(subject, await roomFor(subject, `room-${index}`));
  for (let round = 0; round < ROUNDS + WARM_UP; round += 1) {
    for (const cost of costs.values()) await measure(cost, round >= WARM_UP);
  }
  process.exitCode = report(costs);
} finally {
  for (const person of people) person.leave();
  await relay.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function someone(): Promise<Enrolled> {
  const person = await enrol(`person-${people.length}`, relay.url);
  people.push(person);
  return person;
}

async function roomFor({ name, length, hasCheckpoints }: Subject, room: string): Promise<Costs> {
  const owner = await someone();
  const { profile } = owner;
  const made = await online(owner, (connection) =>
    createGroup(profile, connection, { name: room, kind: "room" }),
  );
  const state = membershipOf(profile, readConversation(profile.db, made));
  if (state === undefined) throw new Error("no membership");
  const by = {
    chain: ownChain(profile),
    sign: (before: MembershipState, content: Parameters<typeof signEntry>[2]) =>
      signEntry(profile, before, content),
  };
  const started = performance.now();
  const { conversation: id } = state;
  for (let left = length; left > 0; ) {
    const some = hasCheckpoints ? Math.min(left, CHECKPOINT_EVERY) : left;
    await lengthen(relay.database, id, some, by);
    left -= some;
    if (!hasCheckpoints || left === 0) continue;
    await lengthen(relay.database, id, 1, by, checkpointOf);
    left -= 1;
  }
  console.error(`${name}: made in ${((performance.now() - started) / 1_000).toFixed(0)} s`);
  return { id, room, verified: 0, bytes: 0, verify: [], join: [] };
}

/** One stranger verifies the membership, another joins. */
async function measure(cost: Costs, counts: boolean): Promise<void> {
  const reader = await someone();
  const verify = await online(reader, async (connection) => {
    let [verified, bytes] = [0, 0];
    const getMembership: typeof connection.getMembership = async (...wanted) => {
      const answer = await connection.getMembership(...wanted);
      for (const entry of [...answer.checkpoints, ...answer.entries, answer.state]) bytes += entry.length;
      verified += answer.checkpoints.length + answer.entries.length;
      return answer;
    };
    const start = performance.now();
    await fetchMembership(reader.profile, { ...connection, getMembership }, cost.id, cost.room);
    const took = performance.now() - start;
    Object.assign(cost, { verified, bytes });
    return took;
  });
  const newcomer = await someone();
  const joining = await online(newcomer, async (connection) => {
    const start = performance.now();
    await joinRoom(newcomer.profile, connection, cost.room);
    return performance.now() - start;
  });
  if (!counts) return;
  cost.verify.push(verify);
  cost.join.push(joining);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function report(costs: ReadonlyMap<Subject, Costs>): number {
  const [floor] = costs.values();
  if (floor === undefined) return 1;
  const columns = ["verified", "KiB", "verify ms", "x floor", "µs an entry", "join ms", "x floor"];
  console.log("".padEnd(42) + columns.map((column) => column.padStart(13)).join(""));
  let worst = 0;
  for (const [{ name }, cost] of costs) {
    const [verify, join] = [median(cost.verify), median(cost.join)];
    const each = (of: Costs) => median(of.verify) / of.verified;
    worst = Math.max(worst, each(cost) / each(floor));
    const cells = [
      cost.verified,
      (cost.bytes / 1024).toFixed(0),
      verify.toFixed(1),
      (verify / median(floor.verify)).toFixed(2),
      (each(cost) * 1_000).toFixed(0),
      join.toFixed(1),
      (join / median(floor.join)).toFixed(2),
    ];
    console.log(name.padEnd(42) + cells.map((cell) => `${cell}`.padStart(13)).join(""));
  }
  console.log(
    `\ntime for an entry that is verified, beside the floor: at most ${worst.toFixed(2)}, limit ${FLAT}`,
  );
  return worst <= FLAT ? 0 : 1;
}
