// What a relay that says it was put back can make of a log, and what not.
import { create } from "@bufbuild/protobuf";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type AccountId,
  equal,
  hash,
  type LogHead,
  randomBytes,
  ready,
  unpackWraps,
} from "../../../keys/index.ts";
import { ConversationSchema } from "../../../proto/gen/sotto/relay/v1/messaging_pb.ts";
import { type Enrolled, enrol } from "../../../test/support/enrolled.ts";
import { online, sync } from "../../../test/support/online.ts";
import { startTestRelay, type TestRelay } from "../../../test/support/relay.ts";
import { readConversation } from "../../store/conversations.ts";
import { readMessage } from "../../store/messages.ts";
import { readIntents } from "../../store/outbox.ts";
import { readPromised } from "../../store/own-rows.ts";
import { findConversationWith, heldLogs, noteLog, resolveTo } from "../conversations/conversations.ts";
import { createGroup } from "../groups/create-group.ts";
import { joinRoom } from "../groups/join-group.ts";
import { drainOutbox } from "../outbox/drain-outbox.ts";
import { sealConversation } from "../outbox/seal.ts";
import { queueMessage } from "../outbox/send-message.ts";
import { fetchRoster, slotsOf } from "../people/rosters.ts";
import { setUpSessions } from "../people/sessions.ts";

let relay: TestRelay;
let [alice, bob, carol]: Enrolled[] = [];

beforeAll(async () => {
  await ready();
  relay = await startTestRelay();
  [alice, bob, carol] = await Promise.all(["alice", "bob", "carol"].map((name) => enrol(name, relay.url)));
});

afterAll(async () => {
  for (const person of [alice, bob, carol]) person?.leave();
  await relay?.stop();
});

function there<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("it is not there");
  return value;
}

const logOf = ({ profile }: Enrolled, conversation: number) =>
  there(readConversation(profile.db, conversation).log);

/** Somebody writes, and it is in the log. */
async function say(who: Enrolled, to: string, text: string): Promise<void> {
  queueMessage(who.profile, { to, text });
  await drainOutbox(who.profile, who.connect);
  await sync(who);
}

/** The relay says that the log was cut there. */
function putBack({ profile }: Enrolled, conversation: number, cut: LogHead, start?: LogHead): void {
  const { conversationId, relayHead, rosterNamed } = readConversation(profile.db, conversation);
  const shown = create(ConversationSchema, {
    conversationId: there(conversationId),
    incarnation: randomBytes(16),
    head: BigInt(relayHead),
    rosterVersion: BigInt(rosterNamed),
    restoredSequence: BigInt(cut.sequence),
    restoredHash: cut.hash,
    ...(start && { start: BigInt(start.sequence), startHash: start.hash }),
  });
  noteLog(profile, conversation, shown, heldLogs(profile));
}

/** What goes out next is sealed. Whether there is something in it for the devices of these accounts. */
async function nextFor({ profile, connect }: Enrolled, conversation: number, accounts: AccountId[]) {
  await online({ profile, connect } as Enrolled, async (connection) => {
    for (let step = 0; step < 5; step += 1) {
      const outcome = sealConversation(profile, conversation, Number.MAX_SAFE_INTEGER);
      if (outcome.kind === "sealed") return;
      if (outcome.kind === "needs sessions") await setUpSessions(profile, connection, outcome.peers);
      else await fetchRoster(profile, connection, readConversation(profile.db, conversation), async () => {});
    }
  });
  const [intent] = readIntents(profile.db, Date.now(), 1);
  const wraps = unpackWraps(there(intent?.sealed).wraps);
  const slots = slotsOf(profile, readConversation(profile.db, conversation));
  return accounts.map((account) => {
    const slot = slots.findIndex(({ accountId }) => equal(accountId, account));
    return there(wraps.at(slot)) !== null;
  });
}

test("what a relay has lost of a group goes out again to whom it was for, and to no newcomer", async () => {
  const [her, him, newcomer] = [there(alice), there(bob), there(carol)];
  const room = await online(her, (connection) =>
    createGroup(her.profile, connection, { name: "ops", kind: "room" }),
  );
  await online(him, (connection) => joinRoom(him.profile, connection, "ops"));
  await sync(her);
  const cut = logOf(her, room).head;
  await say(her, "#ops", "for bob");
  await online(newcomer, (connection) => joinRoom(newcomer.profile, connection, "ops"));
  await sync(her);
  putBack(her, room, cut);
  const both = [him, newcomer].map(({ profile }) => profile.identity.accountId);
  expect(await nextFor(her, room, both)).toEqual([true, false]);
});

test("a log that was put back twice is still the one that was seen, or an alarm", async () => {
  const [her, him] = [there(alice), there(bob)];
  const hears = async (text: string): Promise<LogHead> => {
    await say(him, "@alice", text);
    await sync(her);
    const { conversation } = there(findConversationWith(her.profile, resolveTo(her.profile, "@bob")));
    return logOf(her, conversation).head;
  };
  const [first, second] = [await hears("one"), await hears("two")];
  expect(second.sequence).toBeGreaterThan(first.sequence);
  const { conversation } = there(findConversationWith(her.profile, resolveTo(her.profile, "@bob")));
  putBack(her, conversation, second);
  const made = (sequence: number): LogHead => ({ sequence, hash: hash(randomBytes(32)) });
  expect(() => putBack(her, conversation, made(first.sequence), made(0))).toThrow("another log");
  putBack(her, conversation, first, made(0));
  expect(logOf(her, conversation).head).toEqual(first);
});

test("what was lost goes out before what waits, whether that was sealed already or not", async () => {
  const her = there(alice);
  await say(her, "@carol", "first");
  const { conversation } = there(findConversationWith(her.profile, resolveTo(her.profile, "@carol")));
  const cut = logOf(her, conversation).head;
  await say(her, "@carol", "lost");
  queueMessage(her.profile, { to: "@carol", text: "sealed" });
  sealConversation(her.profile, conversation, Number.MAX_SAFE_INTEGER);
  queueMessage(her.profile, { to: "@carol", text: "waits" });
  putBack(her, conversation, cut);
  const waiting = readIntents(her.profile.db, Date.now(), 10).map(({ position }) => position);
  const texts = waiting.map((position) => readMessage(her.profile.db, position)?.text);
  expect(texts.slice(-3)).toEqual(["lost", "sealed", "waits"]);
});

test("heads from before the relay was put back are old news, not an older state", async () => {
  const her = there(alice);
  const { conversation } = there(findConversationWith(her.profile, resolveTo(her.profile, "@carol")));
  await sync(her);
  const before = heldLogs(her.profile);
  const { conversationId, log, relayHead, rosterNamed } = readConversation(her.profile.db, conversation);
  const shown = create(ConversationSchema, {
    conversationId: there(conversationId),
    incarnation: there(log).incarnation,
    head: BigInt(relayHead),
    rosterVersion: BigInt(rosterNamed),
  });
  putBack(her, conversation, there(log).head);
  const put = logOf(her, conversation);
  noteLog(her.profile, conversation, shown, before);
  expect(logOf(her, conversation)).toEqual(put);
  // Less of the new log than another process has got of it meanwhile.
  const less = { ...shown, incarnation: put.incarnation, head: BigInt(put.head.sequence - 1) };
  expect(() => noteLog(her.profile, conversation, less, before)).not.toThrow();
  expect(() => noteLog(her.profile, conversation, less, heldLogs(her.profile))).toThrow("an older state");
});

test("what the relay promised of a message behind the cut is not held against it", async () => {
  const her = there(carol);
  queueMessage(her.profile, { to: "@bob", text: "first" });
  await drainOutbox(her.profile, her.connect);
  await sync(her);
  const { conversation } = there(findConversationWith(her.profile, resolveTo(her.profile, "@bob")));
  const cut = logOf(her, conversation).head;
  queueMessage(her.profile, { to: "@bob", text: "accepted, and never seen in the log" });
  await drainOutbox(her.profile, her.connect);
  expect(logOf(her, conversation).head).toEqual(cut);
  const promised = () => readPromised(her.profile.db, conversation, cut.sequence + 1);
  expect(promised()).toHaveLength(1);
  putBack(her, conversation, cut);
  expect(promised()).toEqual([]);
});
