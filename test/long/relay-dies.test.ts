import { afterAll, beforeAll, expect, test } from "vitest";
import { type Person, parseLines } from "../support/chat.ts";
import { person } from "../support/person.ts";
import { type SpawnedRelay, spawnRelay } from "../support/relay.ts";

let relay: SpawnedRelay;
let alice: Person;
let bob: Person;

beforeAll(async () => {
  relay = await spawnRelay();
  [alice, bob] = await Promise.all([person("alice", relay.url), person("bob", relay.url)]);
});

afterAll(async () => {
  await alice?.leave();
  await bob?.leave();
  await relay?.stop();
});

/** Keeps sending numbered messages until told to stop; gives what the relay acknowledged. */
function keepSending(from: Person, to: string, word: string) {
  const acknowledged: string[] = [];
  const all: string[] = [];
  let running = true;
  const done = (async () => {
    for (let i = 0; running; i += 1) {
      all.push(`${word} ${i}`);
      const { code, stdout } = await from.chat(["send", to, `${word} ${i}`, "--json"]);
      if (code === 0) acknowledged.push(String(parseLines(stdout)[0]?.["text"]));
    }
  })();
  return {
    stop: async () => {
      running = false;
      await done;
      return { acknowledged, all };
    },
  };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

for (const victim of ["relay", "postgres", "both"] as const) {
  test(`kill -9 of ${victim} loses nothing acknowledged and doubles nothing`, async () => {
    const sending = keepSending(alice, "bob", `${victim}`);
    await pause(2_500);
    await relay.kill(victim);
    await pause(300);
    if (victim !== "postgres") await relay.startAgain();
    await pause(4_000);
    const { acknowledged, all } = await sending.stop();
    expect(acknowledged.length).toBeGreaterThan(2);
    await alice.ok(["send", "bob", `${victim} last`], { timeout: 60_000 });
    const received = (await bob.json(["read", "alice", "-n", "500"]))
      .map((message) => String(message["text"]))
      .filter((text) => text.startsWith(victim));
    // What was only queued went out too, each once, and in the order in which it was sent.
    expect(received).toEqual([...all, `${victim} last`]);
  }, 120_000);
}
