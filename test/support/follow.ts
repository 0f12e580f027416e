import { type Person, parseLines, type Running, type RunOptions } from "./chat.ts";

export interface Follower {
  /** What it has shown since it was there. */
  texts(): string[];
  /** Resolves when it has shown so many. */
  shows(count: number): Promise<void>;
  end(): ReturnType<Running["kill"]>;
}

const CALL = "are you following?";

/** Resolves when the tail of `who` is there: it shows what comes from then on, so `caller` calls until it is heard. */
export async function callUntilHeard(
  tail: Running,
  { who, caller }: { readonly who: Person; readonly caller: Person },
  options: RunOptions = {},
): Promise<void> {
  for (let calls = 0; tail.lines().length === 0; calls += 1) {
    if (calls === 20) throw new Error("the tail never comes to be there");
    await caller.ok(["send", who.name, CALL], options);
    await tail.until((lines) => lines.length > 0, 3_000).catch(() => undefined);
  }
}

/** `chat tail CONVERSATION`, once it is there. */
export async function follow(who: Person, caller: Person): Promise<Follower> {
  const tail = who.start(["tail", caller.name, "--json"]);
  await callUntilHeard(tail, { who, caller });
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
