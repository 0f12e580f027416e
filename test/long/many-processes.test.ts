import { afterAll, beforeAll, expect, test } from "vitest";
import { hostileRelay } from "../hostile/hostile-relay.ts";
import { type Person, parseLines } from "../support/chat.ts";
import { person } from "../support/person.ts";
import { type SpawnedRelay, spawnRelay, startTestRelay } from "../support/relay.ts";

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

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test("100 sends in parallel beside a tail, the other side answering: each arrives once, in outbox order", async () => {
  const aliceTail = alice.start(["tail", "--json"]);
  const bobTail = bob.start(["tail", "--json"]);
  await pause(2_000);
  const sends = Array.from({ length: 100 }, (_, i) =>
    alice.chat(["send", "bob", `parallel ${i}`, "--json", "--timeout", "2m"], { timeout: 150_000 }),
  );
  const answers = (async () => {
    for (let i = 0; i < 10; i += 1)
      await bob.ok(["send", "alice", `answer ${i}`, "--timeout", "2m"], { timeout: 150_000 });
  })();
  const finished = await Promise.all(sends);
  await answers;
  expect(finished.filter((one) => one.code !== 0).map((one) => one.stderr)).toEqual([]);
  // bob's tail may have told alice that it has a message before her command prints it.
  const states = new Set(finished.map((one) => parseLines(one.stdout)[0]?.["state"]));
  expect(["sent", "delivered"]).toEqual(expect.arrayContaining([...states]));

  const arrived = await bobTail.until(
    (lines) => lines.filter((line) => line.includes('"parallel ')).length >= 100,
  );
  await aliceTail.until((lines) => lines.filter((line) => line.includes('"answer ')).length >= 10);
  const received = parseLines(arrived.join("\n")).filter(
    ({ type, from }) => type === "message" && from === "alice",
  );
  expect(new Set(received.map((message) => message["text"])).size).toBe(100);
  expect(received).toHaveLength(100);

  // Outbox order is the order in which alice's profile shows them; the log must show bob the same.
  const outbox = (await alice.json(["read", "bob", "-n", "200"])).filter(
    (message) => message["from"] === "alice",
  );
  expect(received.map((message) => message["id"])).toEqual(outbox.map((message) => message["id"]));
  const answersSeen = parseLines(aliceTail.lines().join("\n")).filter(
    ({ type, from }) => type === "message" && from === "bob",
  );
  expect(answersSeen.map((message) => message["text"])).toEqual(
    Array.from({ length: 10 }, (_, i) => `answer ${i}`),
  );
  await aliceTail.kill();
  await bobTail.kill();
}, 240_000);

test("kill -9 at random instants loses no committed message and doubles none", async () => {
  // Each send has a key: a script that was killed runs the same command again.
  let seed = 20_261_121;
  const random = () => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
    return seed / 0x7fffffff;
  };
  const tail = alice.start(["tail", "--json"]);
  const texts = Array.from({ length: 24 }, (_, i) => `killed ${i}`);
  let killed = 0;
  for (let group = 0; group < texts.length; group += 6) {
    await Promise.all(
      texts.slice(group, group + 6).map(async (text) => {
        const victim = alice.start(["send", "bob", text, "--key", text]);
        const ended = await Promise.race([victim.finished, pause(50 + random() * 900)]);
        if (ended === undefined) {
          killed += 1;
          await victim.kill("SIGKILL");
        }
      }),
    );
    if (group === 6) await tail.kill("SIGKILL");
  }
  expect(killed).toBeGreaterThan(3);
  for (const text of texts) await alice.ok(["send", "bob", text, "--key", text], { timeout: 60_000 });
  const received = (await bob.json(["read", "alice", "-n", "500"]))
    .map((message) => String(message["text"]))
    .filter((text) => text.startsWith("killed "));
  expect(received.toSorted()).toEqual(texts.toSorted());
  // Nobody is locked out, and both directions still open.
  await bob.ok(["send", "alice", "still here?"]);
  expect(await alice.ok(["read", "bob", "-n", "1"])).toContain("still here?");
}, 240_000);

test("kill -9 in the middle of a token refresh locks nobody out", async () => {
  const inProcess = await startTestRelay();
  const between = await hostileRelay(inProcess.url);
  const carol = await person("carol", between.url);
  for (let round = 0; round < 3; round += 1) {
    inProcess.ahead += 16 * 60_000;
    const victim = carol.start(["people"]);
    // The relay has renewed the tokens; the process dies before it hears of it.
    const refreshed = new Promise<void>((resolve) => {
      between.tricks.answers.refresh = (response) => {
        victim.process.kill("SIGKILL");
        resolve();
        return response;
      };
    });
    await refreshed;
    expect((await victim.finished).signal).toBe("SIGKILL");
    between.tricks = { answers: {} };
    const all = await Promise.all(Array.from({ length: 4 }, () => carol.chat(["people", "--json"])));
    expect(all.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
  }
  await carol.leave();
  await between.stop();
  await inProcess.stop();
});
