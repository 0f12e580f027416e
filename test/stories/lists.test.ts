// Lists that are right and live, whichever processes of a profile did the work.
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
}, 60_000);

afterAll(async () => {
  await Promise.all([alice, bob].map((each) => each?.leave()));
  await relay?.stop();
});

test("who registers appears at once in every open people --watch", async () => {
  const watches = [alice, bob].map((each) => each.start(["people", "--watch", "--json"]));
  const sees = (name: string) => (lines: string[]) =>
    parseLines(lines.join("\n")).some((row) => row["name"] === name);
  for (const watch of watches) await watch.until((lines) => sees("alice")(lines) && sees("bob")(lines));
  const carol = await person("carol", relay.url);
  for (const watch of watches) {
    const lines = await watch.until(sees("carol"), 2_000);
    const row = parseLines(lines.join("\n")).find(({ name }) => name === "carol");
    expect(row).toMatchObject({ type: "person", name: "carol" });
    expect((await watch.kill("SIGINT")).code).toBe(130);
  }
  await carol.leave();
});

test("counts of what is unread and names one agree after processes side by side", async () => {
  const counts = async () => {
    const rows = parseLines(await alice.ok(["list", "--json"]));
    const { unread, mentions } = rows.find(({ name }) => name === "bob") ?? {};
    return { unread, mentions };
  };
  const texts = ["one", "two @alice", "three", "four @alice"];
  await Promise.all(texts.map((text) => bob.ok(["send", "alice", text])));
  await Promise.all([1, 2, 3].map(() => alice.ok(["read", "--json", "-n", "100"])));
  expect(await counts()).toEqual({ unread: 4, mentions: 2 });
  const shown = await Promise.all([
    alice.ok(["read", "bob", "-n", "1"]),
    alice.ok(["read", "bob", "-n", "3"]),
    alice.ok(["send", "bob", "me too", "--quiet"]),
  ]);
  const isShown = (text: string) => shown.some((output) => output.includes(text));
  const left = texts.filter((text) => !isShown(text));
  expect(left.length).toBeLessThan(4);
  expect(await counts()).toEqual({
    unread: left.length,
    mentions: left.filter((text) => text.includes("@")).length,
  });
  await alice.ok(["read", "bob", "-n", "100"]);
  expect(await counts()).toEqual({ unread: 0, mentions: 0 });
});
