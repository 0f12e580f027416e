// Three people write to each other for a while in real `chat` processes, through a relay of its own and its PostgreSQL, while
// both, the network and the people's processes go through bad days. Then all is mended, and the history is checked.
import { setTimeout as sleep } from "node:timers/promises";
import { openConsumer } from "../../client/core/inbox/consumers.ts";
import { readMessages } from "../../client/core/messages/read-messages.ts";
import { readSecurityEvents } from "../../client/store/security-events.ts";
import { Chance } from "../support/chance.ts";
import type { Person } from "../support/chat.ts";
import { acquaint, insideOffline, person } from "../support/person.ts";
import { spawnRelay } from "../support/relay.ts";
import { type AtWork, Follower, look, type Place, write } from "./at-work.ts";
import { checkHistory, type History, type Shown } from "./check-history.ts";
import { strike } from "./faults.ts";
import { newTally, type Tally } from "./tally.ts";
import { layWire } from "./wire.ts";

export interface FaultRun {
  /** What must not be, in sentences; none if all is well. */
  readonly wrong: readonly string[];
  readonly tally: Tally;
  /** Messages that were begun; that the relay or the outbox took on; that are there in the end. */
  readonly messages: {
    readonly begun: number;
    readonly sent: number;
    readonly queued: number;
    readonly there: number;
  };
  /** Messages in the end, over all who see them; and how often consumers printed something again after a kill. */
  readonly delivered: number;
  readonly printedAgain: number;
  /** Sentences that the programs noted of themselves, and no alarms: how often each. */
  readonly notes: ReadonlyMap<string, number>;
  /** The relay's log. */
  readonly log: string;
  /** Homes of the people, which are kept when something is wrong. */
  readonly homes: readonly string[];
}

const NAMES = ["alice", "bob", "carol"] as const;
const GREETINGS = new Set(["hello", "hello back"]);
/** In parallel on one profile. */
const WRITERS = { alice: 3, bob: 1, carol: 1 } as const;
const MENDING_MS = 180_000;

export interface RunOptions {
  /** Milliseconds that somebody waits at most before the next message. */
  readonly pause?: number;
  readonly say?: (line: string) => void;
}

export async function runFaults(
  seed: number,
  milliseconds: number,
  { pause = 600, say = () => undefined }: RunOptions = {},
): Promise<FaultRun> {
  const relay = await spawnRelay();
  const wire = await layWire(relay.url);
  const people = await Promise.all(NAMES.map((name) => person(name, wire.url)));
  let isWell = false;
  try {
    await becomeGroups(people);
    const work: AtWork = {
      tally: newTally(),
      sendings: [],
      troubles: [],
      pause,
      isOver: false,
    };
    for (const each of people) {
      await insideOffline(each, (profile) => {
        const consumer = openConsumer(profile, "history");
        consumer.start();
        consumer.close();
      });
    }
    const followers = people.map((each) => new Follower(work, each, placesOf(each)));
    // Each draws for himself, so that what one draws does not depend on how quick the others are.
    let drawers = 0;
    const chanceOf = () => new Chance(seed * 1_000 + drawers++);
    const end = Date.now() + milliseconds;
    const atWork = people.flatMap((each) => [
      ...Array.from({ length: WRITERS[each.name as keyof typeof WRITERS] }, (_, number) =>
        write(work, chanceOf(), each, `${"xyz"[number]}`, placesOf(each)),
      ),
      look(work, chanceOf(), each, placesOf(each)),
    ]);
    await strike({ work, relay, wire, people, followers, end }, new Chance(seed), say);
    work.isOver = true;
    await Promise.all(atWork);
    say("everything is mended");
    await mend(work, people, followers);
    const history: History = {
      members: membersOf(people),
      sendings: work.sendings,
      ignored: GREETINGS,
      ends: await endsOf(people),
      tails: new Map(followers.map(({ name, lives }) => [name, lives])),
    };
    const wrong = [...new Set(work.troubles), ...checkHistory(history)];
    isWell = wrong.length === 0;
    return {
      wrong,
      tally: work.tally,
      ...countsOf(history),
      notes: await notesOf(people),
      log: relay.log(),
      homes: people.map(({ home }) => home),
    };
  } finally {
    if (isWell) await Promise.all(people.map((each) => each.leave()));
    else await Promise.all(people.map((each) => each.endAll()));
    wire.stop();
    await relay.stop();
  }
}

/** A room, a group, and all of them know each other. */
async function becomeGroups([alice, ...others]: Person[]): Promise<void> {
  if (alice === undefined) throw new Error("nobody");
  await alice.ok(["group", "create", "ops", "--room"]);
  await alice.ok(["group", "create", "team", ...others.map(({ name }) => name)]);
  for (const each of others) {
    await each.ok(["join", "ops"]);
    await each.ok(["read", "--json"]);
    await each.ok(["group", "accept", "team"]);
  }
  const everyone = [alice, ...others];
  for (const [at, one] of everyone.entries()) {
    for (const other of everyone.slice(at + 1)) await acquaint(one, other);
  }
}

function placesOf({ name }: Person): Place[] {
  const others = NAMES.filter((other) => other !== name);
  return [
    { name: "#ops", conversation: "ops" },
    { name: "#team", conversation: "team" },
    ...others.map((other) => ({ name: other, conversation: [name, other].sort().join("+") })),
  ];
}

function membersOf(people: readonly Person[]): Map<string, string[]> {
  const members = new Map<string, string[]>();
  for (const each of people) {
    for (const { conversation } of placesOf(each)) {
      members.set(conversation, [...(members.get(conversation) ?? []), each.name]);
    }
  }
  return members;
}

/** Everything goes out, everything is fetched, and the consumers are shown it. */
async function mend(work: AtWork, people: readonly Person[], followers: readonly Follower[]): Promise<void> {
  const deadline = Date.now() + MENDING_MS;
  await Promise.all(people.map((each) => sendAll(work, each, deadline)));
  // Once more: what the last of them sent.
  await Promise.all(people.map((each) => each.chat(["read", "--json"], { timeout: 60_000 })));
  await Promise.all(followers.map((follower) => follower.end(deadline)));
}

async function sendAll(work: AtWork, someone: Person, deadline: number): Promise<void> {
  for (;;) {
    const { code, stderr } = await someone.chat(["read", "--json"], { timeout: 60_000 });
    if (code === 0 && (await someone.json(["list"])).every(({ queued }) => queued === 0)) return;
    if (Date.now() > deadline) {
      work.troubles.push(`${someone.name}'s messages do not go out: ${code}, ${stderr}`);
      return;
    }
    await sleep(1_000);
  }
}

async function endsOf(people: readonly Person[]): Promise<Map<string, Map<string, Shown[]>>> {
  const ends = new Map<string, Map<string, Shown[]>>();
  for (const each of people) {
    await insideOffline(each, (profile) => {
      const own = new Map<string, Shown[]>();
      for (const { name, conversation } of placesOf(each)) {
        const messages = readMessages(profile, { conversation: name, limit: Number.MAX_SAFE_INTEGER });
        own.set(
          conversation,
          messages.map(({ id, from, text }) => ({ id, from, conversation, text })),
        );
      }
      ends.set(each.name, own);
    });
  }
  return ends;
}

function countsOf({
  sendings,
  ends,
  ignored,
  tails,
}: History): Pick<FaultRun, "messages" | "delivered" | "printedAgain"> {
  const shown = [...ends.values()]
    .flatMap((each) => [...each.values()].flat())
    .filter(({ text }) => !ignored.has(text));
  let printedAgain = 0;
  for (const lives of tails.values()) {
    const printed = lives.flat().map(({ id }) => id);
    printedAgain += printed.length - new Set(printed).size;
  }
  return {
    messages: {
      begun: sendings.length,
      sent: sendings.filter(({ answer }) => answer === "sent").length,
      queued: sendings.filter(({ answer }) => answer === "queued").length,
      there: new Set(shown.map(({ text }) => text)).size,
    },
    delivered: shown.length,
    printedAgain,
  };
}

async function notesOf(people: readonly Person[]): Promise<Map<string, number>> {
  const notes = new Map<string, number>();
  for (const each of people) {
    for (const { gravity, text } of await insideOffline(each, ({ db }) => readSecurityEvents(db))) {
      const sentence = `${gravity}: ${text}`;
      notes.set(sentence, (notes.get(sentence) ?? 0) + 1);
    }
  }
  return notes;
}
