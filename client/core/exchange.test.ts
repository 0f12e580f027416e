import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { ready } from "../../keys/index.ts";
import { AccountFixture, type ProfileFixture } from "../../test/support/profile-fixture.ts";
import { RelayDouble } from "../../test/support/relay-double.ts";
import { readMessages } from "./read-messages.ts";
import { queueMessage } from "./send-message.ts";
import { type SyncReport, syncConversations } from "./sync.ts";
import { waitForMessage } from "./wait-for-message.ts";

let relay: RelayDouble;
let aliceAccount: AccountFixture;
let bobAccount: AccountFixture;
let alice: ProfileFixture;
let bob: ProfileFixture;

beforeAll(ready);
beforeEach(async () => {
  relay = new RelayDouble();
  aliceAccount = new AccountFixture("alice", relay);
  bobAccount = new AccountFixture("bob", relay);
  alice = await aliceAccount.profile();
  bob = await bobAccount.profile();
});
afterEach(() => {
  aliceAccount.remove();
  bobAccount.remove();
});

async function send(from: ProfileFixture, to: string, text: string) {
  const { message } = queueMessage(from.profile, { to, text });
  return waitForMessage(from.profile, message.position, { connect: from.connect, timeout: 5_000 });
}

async function sync(at: ProfileFixture): Promise<SyncReport> {
  const report = await syncConversations(at.profile, await at.connect());
  expect(report.alarms).toEqual([]);
  return report;
}

function texts(at: ProfileFixture, conversation?: string): string[] {
  return readMessages(at.profile, {
    limit: 1000,
    ...(conversation === undefined ? {} : { conversation }),
  }).map(({ from, text }) => `${from}: ${text}`);
}

test("two people write to each other", async () => {
  const sent = await send(alice, "bob", "hello");
  expect(sent).toMatchObject({ state: "sent", from: "alice", conversation: "bob", kind: "dm" });
  expect(await sync(bob)).toMatchObject({ received: 1, notes: [] });
  expect(texts(bob)).toEqual(["alice: hello"]);
  await send(bob, "alice", "hi yourself");
  await sync(alice);
  expect(texts(alice, "bob")).toEqual(["alice: hello", "bob: hi yourself"]);
  expect(readMessages(alice.profile, { limit: 1 })[0]).toMatchObject({ state: "received", from: "bob" });
});
