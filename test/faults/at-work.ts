// People who write, follow and read in real `chat` processes, and write down what they were told.
import { setTimeout as sleep } from "node:timers/promises";
import type { Chance } from "../support/chance.ts";
import { type Finished, type Person, parseLines, type Running } from "../support/chat.ts";
import type { Life, Sending, Shown } from "./check-history.ts";
import type { Tally } from "./tally.ts";

/** The name of one's own conversation with somebody, and what everybody here calls it. */
export interface Place {
  readonly name: string;
  readonly conversation: string;
}

/** A profile of an account that may have several. */
export interface Machine {
  readonly name: string;
  readonly person: Person;
  readonly places: readonly Place[];
}

export interface AtWork {
  readonly tally: Tally;
  readonly sendings: Sending[];
  /** What no fault excuses. */
  readonly troubles: string[];
  /** Milliseconds that somebody waits at most before the next message. */
  readonly pause: number;
  isOver: boolean;
}

const HUNG_AFTER_MS = 120_000;
const QUIET_MS = 3_000;
const SEND_TIMEOUT = "15s";

/** Ends that a bad day explains; everything else is a finding. */
function judge(
  work: AtWork,
  who: Machine,
  what: string,
  { code, signal, stderr }: Finished,
  may: readonly number[],
): void {
  const isFine = signal === "SIGKILL" || (code !== null && may.includes(code));
  const isAlarm = /security_stop|ask the people concerned/i.test(stderr);
  if (isFine && !isAlarm && !/\n\s+at |Something went wrong/.test(stderr)) return;
  work.troubles.push(
    `${who.name}: chat ${what} ended with ${code ?? signal}: ${stderr.trim().slice(0, 2_000)}`,
  );
}

/** Kills it if it neither ends nor is killed for so long that nothing explains it. */
async function ended(work: AtWork, who: Machine, what: string, running: Running): Promise<Finished> {
  const timer = setTimeout(() => {
    work.troubles.push(`${who.name}: chat ${what} did not end in ${HUNG_AFTER_MS} ms`);
    running.process.kill("SIGKILL");
  }, HUNG_AFTER_MS);
  try {
    return await running.finished;
  } finally {
    clearTimeout(timer);
  }
}

/** Kills a process after a while, if it still runs then. */
function killLater(running: Running, after: number, killed: () => void): void {
  const timer = setTimeout(() => {
    if (running.process.exitCode === null && running.process.kill("SIGKILL")) killed();
  }, after);
  void running.finished.finally(() => clearTimeout(timer));
}

/** Sends one numbered message after the other; a command that is killed is run again, or not. */
export async function write(work: AtWork, chance: Chance, who: Machine, word: string): Promise<void> {
  const { tally } = work;
  for (let number = 0; !work.isOver; number += 1) {
    const { name, conversation } = chance.one(who.places);
    const text = `${who.name} ${word} ${number}`;
    const sending: Sending = { from: who.person.name, by: who.name, conversation, text, begun: Date.now() };
    work.sendings.push(sending);
    const parameters = ["send", name, text, "--key", text, "--timeout", SEND_TIMEOUT, "--json"];
    do {
      tally.sends += 1;
      const running = who.person.start(parameters);
      if (chance.happens(0.2)) {
        killLater(running, chance.between(20, 1_500), () => {
          tally.senders += 1;
        });
      }
      const finished = await ended(work, who, `send ${name}`, running);
      judge(work, who, parameters.join(" "), finished, [0, 69, 75]);
      note(sending, finished);
    } while (sending.answer === undefined && chance.happens(0.5) && !work.isOver);
    await sleep(chance.between(0, work.pause));
  }
}

function note(sending: Sending, { code, stdout }: Finished): void {
  const [message] = code === null ? [] : parseLines(stdout);
  if (message === undefined) return;
  sending.id = String(message["id"]);
  sending.answer = code === 0 ? "sent" : "queued";
  sending.answered = Date.now();
}

/** A consumer that lives again whenever it dies. */
export class Follower {
  readonly lives: Life[] = [];
  readonly #work: AtWork;
  readonly #who: Machine;
  #running: Running | undefined;
  #isOver = false;
  readonly #done: Promise<void>;

  constructor(work: AtWork, who: Machine) {
    this.#work = work;
    this.#who = who;
    this.#done = this.#live();
  }

  get process(): Running["process"] | undefined {
    return this.#running?.process;
  }

  get name(): string {
    return this.#who.name;
  }

  kill(): void {
    if (this.#running?.process.kill("SIGKILL")) this.#work.tally.tails += 1;
  }

  /** Ends it when it has printed nothing for a while. */
  async end(deadline: number): Promise<void> {
    for (let before = -1; before !== this.#printed() && Date.now() < deadline; ) {
      before = this.#printed();
      await sleep(QUIET_MS);
    }
    this.#isOver = true;
    this.#running?.process.kill("SIGINT");
    await this.#done;
  }

  #printed(): number {
    return this.#running?.lines().length ?? 0;
  }

  async #live(): Promise<void> {
    while (!this.#isOver) {
      const running = this.#who.person.start(["tail", "--consumer", "history", "--json"]);
      this.#running = running;
      const finished = await running.finished;
      // Where the relay is away for long a tail waits; only Ctrl-C and kill -9 end it.
      judge(this.#work, this.#who, "tail", finished, [130]);
      if (finished.signal !== "SIGKILL") await sleep(500);
      this.lives.push(parseLines(whole(running)).map((object) => this.#entry(object)));
    }
  }

  #entry(object: Record<string, unknown>): Life[number] {
    if (object["type"] !== "message") return { id: idOf(object) };
    return { id: idOf(object), message: asShown(object, this.#who) };
  }
}

function idOf(object: Record<string, unknown>): string {
  return String(object["event_id"] ?? object["id"]);
}

/** A process that was killed may have written half a line. */
function whole(running: Running): string {
  return running
    .lines()
    .filter((line) => line.endsWith("}"))
    .join("\n");
}

/** Looks at conversations now and then, as a person or as a script does. */
export async function look(work: AtWork, chance: Chance, who: Machine): Promise<void> {
  const { tally } = work;
  while (!work.isOver) {
    const { name } = chance.one(who.places);
    const parameters = [
      "read",
      ...(chance.happens(0.7) ? [name] : []),
      ...(chance.happens(0.5) ? ["--json"] : []),
    ];
    const running = who.person.start(parameters);
    if (chance.happens(0.3)) {
      killLater(running, chance.between(20, 1_500), () => {
        tally.readers += 1;
      });
    }
    judge(work, who, parameters.join(" "), await ended(work, who, parameters.join(" "), running), [0, 69]);
    await sleep(chance.between(500, 4_000 + work.pause));
  }
}

function asShown(object: Record<string, unknown>, { name: reader, places }: Machine): Shown {
  const { id, from, conversation: name, text } = object;
  const place = places.find((each) => each.name.replace(/^#/, "") === name);
  return {
    id: String(id),
    from: String(from),
    conversation: place?.conversation ?? `${reader}'s ${String(name)}`,
    text: String(text),
  };
}
