import { type Person, parseLines, type Running } from "./chat.ts";

export interface Follower {
  /** What it has shown since it was there. */
  texts(): string[];
  /** Resolves when it has shown so many. */
  shows(count: number): Promise<void>;
  end(): ReturnType<Running["kill"]>;
}

const CALL = "are you following?";

/** `chat tail CONVERSATION`, once it is there: it shows what comes from then on, so `caller` calls until it is heard. */
export async function follow(who: Person, caller: Person): Promise<Follower> {
  const tail = who.start(["tail", caller.name, "--json"]);
  for (let calls = 0; tail.lines().length === 0; calls += 1) {
    if (calls === 20) throw new Error("the tail never comes to be there");
    await caller.ok(["send", who.name, CALL]);
    await tail.until((lines) => lines.length > 0, 3_000).catch(() => undefined);
  }
  const texts = (): string[] =>
    parseLines(tail.lines().join("\n"))
      .map(({ text }) => String(text))
      .filter((text) => text !== CALL);
  return {
    texts,
    shows: async (count) => {
      await tail.until(() => texts().length >= count, 60_000);
    },
    end: () => tail.kill("SIGINT"),
  };
}
