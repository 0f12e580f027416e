// What a person, and others who write to him, notice of a stranger who floods, or drains what newcomers need.
import { afterAll, beforeAll, expect, test } from "vitest";
import { connector } from "../../client/core/connection/connect.ts";
import { readMessages } from "../../client/core/messages/read-messages.ts";
import { drainOutbox } from "../../client/core/outbox/drain-outbox.ts";
import { queueMessage } from "../../client/core/outbox/send-message.ts";
import { changeSetting } from "../../client/core/settings.ts";
import { readSecurityEvents } from "../../client/store/security-events.ts";
import { MAX_UNANSWERED_ROWS } from "../../relay/messaging/limits.ts";
import type { Person } from "../support/chat.ts";
import { catchUp, inside, person, say } from "../support/person.ts";
import { startTestRelay, type TestRelay } from "../support/relay.ts";

let relay: TestRelay;
let everyone: Person[] = [];
let bob: Person;
let carol: Person;
let mallory: Person;

beforeAll(async () => {
  relay = await startTestRelay();
  everyone = await Promise.all(["bob", "carol", "mallory"].map((name) => person(name, relay.url)));
  [bob, carol, mallory] = everyone as [Person, Person, Person];
  await inside(bob, (profile) => changeSetting(profile, "requests", "on"));
}, 120_000);

afterAll(async () => {
  await Promise.all(everyone.map((each) => each.leave()));
  await relay?.stop();
});

test("a stranger who floods is stopped by the relay, and is one line where he is sought", async () => {
  await inside(mallory, async (profile) => {
    for (let n = 1; n <= MAX_UNANSWERED_ROWS + 2; n += 1) {
      queueMessage(profile, { to: "bob", text: `buy ${n}` });
    }
    await drainOutbox(profile, connector(profile));
    const states = readMessages(profile, { limit: 200 }).map(({ state }) => state);
    expect(states.filter((state) => state === "sent").length).toBe(MAX_UNANSWERED_ROWS);
    expect(states.filter((state) => state === "failed").length).toBe(2);
  });
  const refused = await mallory.chat(["send", "bob", "buy now", "--json"]);
  expect([refused.code, JSON.parse(refused.stderr)]).toEqual([
    77,
    expect.objectContaining({
      code: "not_allowed",
      message: expect.stringContaining("before an answer comes"),
    }),
  ]);
  expect(await bob.json(["read"])).toEqual([]);
  expect(await bob.json(["list"])).toEqual([]);
  expect(await bob.json(["requests"])).toMatchObject([{ name: "mallory", messages: MAX_UNANSWERED_ROWS }]);
  // Blocked, he learns nothing, and the others are as they were.
  await bob.ok(["block", "mallory"]);
  expect(await bob.json(["requests"])).toEqual([]);
  await say(carol, "bob", "hello from carol");
  await bob.json(["read"]);
  expect(await bob.json(["requests"])).toMatchObject([{ name: "carol", messages: 1 }]);
  // Accepted, somebody is answered, and the relay counts no more.
  await bob.ok(["accept", "carol"]);
  await inside(carol, async (profile) => {
    for (let n = 0; n < MAX_UNANSWERED_ROWS + 2; n += 1) queueMessage(profile, { to: "bob", text: `${n}` });
    await drainOutbox(profile, connector(profile));
    expect(readMessages(profile, { limit: 200 }).filter(({ state }) => state === "failed")).toEqual([]);
  });
}, 120_000);

test("one who takes all prekeys that he gets leaves enough for others, and nobody notices him", async () => {
  const device = await inside(bob, ({ identity: { accountId, deviceId } }) => ({ accountId, deviceId }));
  await inside(mallory, async (_, connection) => {
    for (let n = 0; n < 150; n += 1) expect((await connection.takePrekeyBundles([device])).length).toBe(1);
  });
  const left = await inside(bob, async (_, connection) => (await connection.countPrekeys()).oneTimeLeft);
  expect(left).toBeGreaterThan(30);
  const dave = await person("dave", relay.url);
  everyone.push(dave);
  await say(dave, "bob", "can I still begin?");
  await catchUp(bob);
  expect(await bob.json(["read", "dave"])).toMatchObject([{ text: "can I still begin?" }]);
  await inside(bob, async (profile, connection) => {
    expect((await connection.countPrekeys()).oneTimeLeft).toBe(left - 1);
    expect(readSecurityEvents(profile.db)).toEqual([]);
  });
}, 120_000);
