// Three people write to each other for a while in real `chat` processes, one of them at two machines, through relays of their
// own and a PostgreSQL, while these, the network and the people's processes go through bad days. Then all is mended, and the
// history is checked.
import { setTimeout as sleep } from "node:timers/promises";
import { readMessages } from "../../client/core/messages/read-messages.ts";
import { readSecurityEvents } from "../../client/store/security-events.ts";
import { Chance } from "../support/chance.ts";
import { insideOffline } from "../support/person.ts";
import { type AtWork, Follower, look, type Machine, write } from "./at-work.ts";
import { checkHistory, type History, type Shown } from "./check-history.ts";
import { strike } from "./faults.ts";
import { type Installation, oneRelay } from "./installation.ts";
import { GREETINGS, makeMachines } from "./machines.ts";
import { newTally, type Tally } from "./tally.ts";

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
  /** The logs of relays and PostgreSQL. */
  readonly log: string;
  /** Homes of the people, which are kept when something is wrong. */
  readonly homes: readonly string[];
}

/** In parallel on the profile of the first machine, and on each of the others. */
const WRITERS = { first: 3, others: 1 };
const MENDING_MS = 180_000;

export interface RunOptions {
  /** Milliseconds that somebody waits at most before the next message. */
  readonly pause?: number;
  readonly say?: (line: string) => void;
  readonly install?: () => Promise<Installation>;
}

export async function runFaults(
  seed: number,
  milliseconds: number,
  { pause = 600, say = () => undefined, install = oneRelay }: RunOptions = {},
): Promise<FaultRun> {
  const installation = await install();
  let machines: Machine[] = [];
  let isWell = false;
  try {
    machines = await makeMachines(installation.url);
    const work: AtWork = { tally: newTally(), sendings: [], troubles: [], pause, isOver: false };
    const followers = machines.map((each) => new Follower(work, each));
    // Each draws for himself, so that what one draws does not depend on how quick the others are.
    let drawers = 0;
    const chanceOf = () => new Chance(seed * 1_000 + drawers++);
    const end = Date.now() + milliseconds;
    const atWork = machines.flatMap((each, number) => [
      ...Array.from({ length: number === 0 ? WRITERS.first : WRITERS.others }, (_, writer) =>
        write(work, chanceOf(), each, `${"xyz"[writer]}`),
      ),
      look(work, chanceOf(), each),
    ]);
    await strike({ work, installation, machines, followers, end }, new Chance(seed), say);
    work.isOver = true;
    await Promise.all(atWork);
    say("everything is mended");
    for (const relay of installation.relays) {
      const { exitCode, signalCode } = relay.process.process;
      if (exitCode === null && signalCode === null) continue;
      work.troubles.push(`a relay ended by itself with ${exitCode ?? signalCode}`);
    }
    await mend(work, machines, followers);
    const history: History = {
      members: membersOf(machines),
      sendings: work.sendings,
      ignored: GREETINGS,
      ends: await endsOf(machines),
      tails: new Map(followers.map(({ name, lives }) => [name, lives])),
    };
    const { alarms, notes } = await findingsOf(machines);
    const wrong = [...new Set(work.troubles), ...alarms, ...checkHistory(history)];
    isWell = wrong.length === 0;
    return {
      wrong,
      tally: work.tally,
      ...countsOf(history),
      notes,
      log: installation.log(),
      homes: machines.map(({ person }) => person.home),
    };
  } finally {
    await Promise.all(machines.map(({ person }) => (isWell ? person.leave() : person.endAll())));
    await installation.stop();
  }
}

function membersOf(machines: readonly Machine[]): Map<string, string[]> {
  const members = new Map<string, string[]>();
  for (const { name, places } of machines) {
    for (const { conversation } of places) {
      members.set(conversation, [...(members.get(conversation) ?? []), name]);
    }
  }
  return members;
}

/** Everything goes out, everything is fetched, and the consumers are shown it. */
async function mend(
  work: AtWork,
  machines: readonly Machine[],
  followers: readonly Follower[],
): Promise<void> {
  const deadline = Date.now() + MENDING_MS;
  await Promise.all(machines.map((each) => sendAll(work, each, deadline)));
  // Once more: what the last of them sent.
  await Promise.all(machines.map(({ person }) => person.chat(["read", "--json"], { timeout: 60_000 })));
  await Promise.all(followers.map((follower) => follower.end(deadline)));
}

async function sendAll(work: AtWork, { name, person }: Machine, deadline: number): Promise<void> {
  for (;;) {
    const { code, stderr } = await person.chat(["read", "--json"], { timeout: 60_000 });
    if (code === 0 && (await person.json(["list"])).every(({ queued }) => queued === 0)) return;
    if (Date.now() > deadline) {
      work.troubles.push(`${name}'s messages do not go out: ${code}, ${stderr}`);
      return;
    }
    await sleep(1_000);
  }
}

async function endsOf(machines: readonly Machine[]): Promise<Map<string, Map<string, Shown[]>>> {
  const ends = new Map<string, Map<string, Shown[]>>();
  for (const { name: reader, person, places } of machines) {
    await insideOffline(person, (profile) => {
      const own = new Map<string, Shown[]>();
      for (const { name, conversation } of places) {
        const messages = readMessages(profile, { conversation: name, limit: Number.MAX_SAFE_INTEGER });
        own.set(
          conversation,
          messages.map(({ id, from, text }) => ({ id, from, conversation, text })),
        );
      }
      ends.set(reader, own);
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

async function findingsOf(
  machines: readonly Machine[],
): Promise<{ alarms: string[]; notes: Map<string, number> }> {
  const alarms: string[] = [];
  const notes = new Map<string, number>();
  for (const { name, person } of machines) {
    for (const { gravity, text } of await insideOffline(person, ({ db }) => readSecurityEvents(db))) {
      if (gravity === "stop") alarms.push(`${name} was alarmed: ${text}`);
      else notes.set(text, (notes.get(text) ?? 0) + 1);
    }
  }
  return { alarms, notes };
}
