// Somebody's machine is off while four others write a thousand messages; then it is on again.
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { unlockProfile } from "../../client/core/account/unlock-profile.ts";
import { connector } from "../../client/core/connection/connect.ts";
import { drainOutbox } from "../../client/core/outbox/drain-outbox.ts";
import { queueMessage } from "../../client/core/outbox/send-message.ts";
import { profilePaths } from "../../client/core/paths.ts";
import { closeProfile } from "../../client/core/profile.ts";
import { transact } from "../../client/store/database.ts";
import { type Person, parseLines, type Running } from "../support/chat.ts";
import { person } from "../support/person.ts";
import { type SpawnedRelay, spawnRelay } from "../support/relay.ts";

const MESSAGES_EACH = 250;
const PORTION = 50;
const GREETING = "Is everybody there?";
const WHILE_AWAY = ["a note for later", "and another", "and a third"];

let relay: SpawnedRelay;
let everyone: Person[];

beforeAll(async () => {
  relay = await spawnRelay();
  everyone = await Promise.all(
    ["alice", "bob", "carol", "dave", "erin"].map((name) => person(name, relay.url)),
  );
}, 60_000);

afterAll(async () => {
  await Promise.all((everyone ?? []).map((each) => each.leave()));
  await relay?.stop();
});

/** As many `chat send` would, without the time that a thousand processes take to start. */
async function sendMany(someone: Person): Promise<void> {
  const paths = profilePaths({ CHAT_HOME: join(someone.home, "chat") }, "default");
  const profile = await unlockProfile(paths, async () => undefined);
  try {
    const connect = connector(profile);
    for (let sent = 0; sent < MESSAGES_EACH; sent += PORTION) {
      transact(profile.db, () => {
        for (let number = sent; number < sent + PORTION; number += 1) {
          queueMessage(profile, { to: "#ops", text: textOf(someone, number) });
        }
      });
      while (!(await drainOutbox(profile, connect))) await new Promise((resolve) => setTimeout(resolve, 20));
    }
  } finally {
    closeProfile(profile);
  }
}

function textOf({ name }: Person, number: number): string {
  return `${name} ${number}`;
}

/** What each sender said, in the order in which it is shown. */
function bySender(messages: readonly Record<string, unknown>[]): Record<string, unknown[]> {
  const said: Record<string, unknown[]> = {};
  for (const { from, text } of messages) said[String(from)] = [...(said[String(from)] ?? []), text];
  return said;
}

/** Without what tells that everybody is there. */
function said(messages: readonly Record<string, unknown>[]): Record<string, unknown>[] {
  return messages.filter(({ text }) => text !== GREETING);
}

function messagesIn(tail: Running): Record<string, unknown>[] {
  return parseLines(tail.lines().join("\n")).filter(({ type }) => type === "message");
}

test("after a thousand messages away nothing is lost, doubled or out of order, in either direction", async () => {
  const [alice, bob, carol, dave, erin] = everyone as [Person, Person, Person, Person, Person];
  const present = [alice, bob, carol, dave];
  await alice.ok(["group", "create", "ops", "--room"]);
  for (const each of [bob, carol, dave, erin]) await each.ok(["join", "ops"]);
  for (const text of WHILE_AWAY) {
    const queued = await erin.chat(["send", "#ops", text, "--relay", "http://127.0.0.1:9"]);
    expect(queued.code).toBe(69);
  }

  const tails = present.map((each) => each.start(["tail", "#ops", "--json"]));
  while (tails.some((tail) => tail.lines().length === 0)) await alice.ok(["send", "#ops", GREETING]);
  await Promise.all(present.map(sendMany));
  for (const tail of tails)
    await tail.until(() => said(messagesIn(tail)).length >= present.length * MESSAGES_EACH);

  const read = await erin.json(["read", "#ops", "-n", "2000"]);
  const numbers = Array.from({ length: MESSAGES_EACH }, (_, number) => number);
  expect(bySender(said(read))).toEqual({
    ...Object.fromEntries(present.map((each) => [each.name, numbers.map((number) => textOf(each, number))])),
    erin: WHILE_AWAY,
  });

  // Those who were there see the very same conversation, with what was written while the relay was out of reach.
  for (const tail of tails) {
    await tail.until(
      () => messagesIn(tail).filter(({ from }) => from === "erin").length >= WHILE_AWAY.length,
    );
    expect(bySender(said(messagesIn(tail)))).toEqual(bySender(said(read)));
    await tail.kill("SIGINT");
  }
  const order = read.map(({ id }) => id);
  for (const each of present) {
    const shown = await each.json(["read", "#ops", "-n", "2000"]);
    expect(shown.map(({ id }) => id)).toEqual(order);
  }
}, 120_000);
