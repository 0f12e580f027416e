import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { create, toBinary } from "@bufbuild/protobuf";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  ephemeralKey,
  hash,
  messageId,
  packWraps,
  randomBytes,
  readEnvelopeHeader,
  sealEnvelope,
  sealWrap,
} from "../../../keys/index.ts";
import { ContentSchema } from "../../../proto/gen/sotto/chat/v1/content_pb.ts";
import {
  type AliceAndBob,
  aliceAndBob,
  send,
  sync,
  syncWarily,
  texts,
  withoutReceipts,
} from "../../../test/support/alice-and-bob.ts";
import type { ProfileFixture } from "../../../test/support/profile-fixture.ts";
import { readConversations } from "../../store/conversations.ts";
import { readSendingSession, updateSession } from "../../store/sessions.ts";
import { makePrekeys, publishPrekeys, upkeepPrekeys } from "../account/prekey-upkeep.ts";
import { findings } from "../connection/sync.ts";
import { heldLogs } from "../conversations/conversations.ts";
import { openWaiting } from "../groups/open-staged.ts";
import { stageDeliveries } from "../groups/stage.ts";
import { readMessages } from "../messages/read-messages.ts";
import { Inbox } from "./inbox.ts";
import { showReady } from "./show-opened.ts";

let world: AliceAndBob;
let alice: ProfileFixture;
let bob: ProfileFixture;

beforeEach(async () => {
  world = await aliceAndBob();
  ({ alice, bob } = world);
  withoutReceipts(alice, bob);
});
afterEach(() => world.remove());

const log = () => world.relay.log(alice.address.accountId, bob.address.accountId);
const count = (at: ProfileFixture, table: string) =>
  (at.profile.db.prepare(`select count(*) as n from ${table}`).get() as { n: number }).n;

/** Bob's rows from `from` on, as a pull would give them. */
const rows = (from: number) =>
  Array.from({ length: log().head.sequence - from + 1 }, (_, n) =>
    world.relay.deliver(log(), from + n, bob.address),
  );

test("a process that dies between any two steps of receiving loses nothing and shows nothing twice", async () => {
  const steps: (() => void)[] = [
    () => stageDeliveries(bob.profile, 1, rows(1)),
    () => openWaiting(bob.profile, new Set()),
    () => showReady(bob.profile),
  ];
  await send(alice, "bob", "0");
  await sync(bob, alice, bob);
  const seen = log().head.sequence;
  for (let cut = 0; cut <= steps.length; cut += 1) {
    await send(alice, "bob", `a${cut}`);
    await send(alice, "bob", `b${cut}`);
    for (const step of steps.slice(0, cut)) step();
    bob.reopen();
  }
  expect(log().head.sequence).toBe(seen + 8);
  await sync(bob);
  expect(texts(bob)).toEqual(
    ["0", "a0", "b0", "a1", "b1", "a2", "b2", "a3", "b3"].map((text) => `alice: ${text}`),
  );
  expect(count(bob, "staged_rows")).toBe(0);
  expect(count(bob, "skipped_keys")).toBe(0);
  expect(log().cursors.get(cursorOf(bob))).toBe(log().head.sequence);
});

const cursorOf = ({ address }: ProfileFixture) =>
  Buffer.concat([address.accountId, address.deviceId]).toString("hex");

test("what was shown but not acknowledged is acknowledged the next time, and not shown again", async () => {
  await send(alice, "bob", "one");
  await sync(bob);
  log().cursors.clear();
  expect(await syncWarily(bob)).toMatchObject({ received: 0 });
  expect(log().cursors.get(cursorOf(bob))).toBe(log().head.sequence);
  expect(texts(bob)).toEqual(["alice: one"]);
});

test("two processes that receive at once show each message once", async () => {
  for (let n = 0; n < 30; n += 1) await send(alice, "bob", `${n}`);
  const other = bob.open();
  const [one, two] = await Promise.all([
    syncWarily(bob),
    (async () => {
      const connection = await bob.connect();
      const stream = await connection.openStream({ live: false, lease: 0n });
      const inbox = new Inbox(other, connection, stream, heldLogs(other));
      await inbox.learn(stream.heads);
      return { received: await inbox.catchUp(), ...findings(other, 0) };
    })(),
  ]);
  other.db.close();
  expect(one.received + two.received).toBe(30);
  expect([...one.alarms, ...two.alarms]).toEqual([]);
  expect(texts(bob, "alice")).toEqual(Array.from({ length: 30 }, (_, n) => `alice: ${n}`));
});

test("an answer that is older than what another process has received meanwhile is old news, not an alarm", async () => {
  await send(alice, "bob", "one");
  await sync(bob);
  const connection = await bob.connect();
  const held = heldLogs(bob.profile);
  const stream = await connection.openStream({ live: false, lease: 0n });
  const old = structuredClone(world.relay.describe(log(), ""));
  await send(alice, "bob", "two");
  await sync(bob);
  await new Inbox(bob.profile, connection, stream, held).learn([old]);
  expect(findings(bob.profile, 0).alarms).toEqual([]);
  await stream.close();
  await send(alice, "bob", "three");
  await sync(bob);
  expect(texts(bob)).toEqual(["alice: one", "alice: two", "alice: three"]);
});

test("pushed rows that come early, late, twice or in one heap are shown once and in order", async () => {
  for (let n = 1; n <= 12; n += 1) await send(alice, "bob", `${n}`);
  const connection = await bob.connect();
  const stream = await connection.openStream({ live: false, lease: 0n });
  const inbox = new Inbox(bob.profile, connection, stream, heldLogs(bob.profile));
  const all = rows(1);
  const row = (n: number) => all.slice(n - 1, n);
  // The first thing bob ever hears of alice is a row in the middle.
  for (const pushed of [
    row(5),
    row(1),
    row(1),
    row(2),
    [...row(4), ...row(3)],
    [...row(3), ...row(4)],
    row(9),
  ]) {
    await inbox.take(pushed);
    await inbox.catchUp();
  }
  await inbox.take(all);
  await inbox.catchUp();
  expect(texts(bob, "alice")).toEqual(Array.from({ length: 12 }, (_, n) => `alice: ${n + 1}`));
  expect(findings(bob.profile, 0)).toEqual({ alarms: [], notes: [] });
});

test("content from a newer version is kept, shown as such, and does not end the conversation", async () => {
  await send(alice, "bob", "one");
  await sync(bob, alice);
  const unknown = new Uint8Array([0xfa, 0x07, 0x03, 1, 2, 3]);
  await sealByHand({ contentType: 1, body: unknown, senderSequence: 2 });
  await sealByHand({ contentType: 7, body: new Uint8Array([9, 9]), senderSequence: 3 });
  await sealByHand({ contentType: 1, body: new Uint8Array([0xff, 0xff, 0xff]), senderSequence: 4 });
  await syncWarily(bob);
  const shown = readMessages(bob.profile, { conversation: "alice", limit: 10 });
  expect(shown.map(({ content, text }) => `${content}: ${text}`)).toEqual([
    "text: one",
    ...Array(3).fill("unknown: [needs a newer Sotto]"),
  ]);
  const kept = bob.profile.db
    .prepare("select body from messages where body is not null order by position")
    .all();
  expect(kept[0]).toEqual({ body: Buffer.from(unknown) });
  await send(alice, "bob", "two");
  await syncWarily(bob);
  expect(texts(bob).at(-1)).toBe("alice: two");
});

test("a message that was left out shows in the count of its sender", async () => {
  await send(alice, "bob", "one");
  await sync(bob, alice);
  const content = create(ContentSchema, { kind: { case: "text", value: { text: "three" } } });
  await sealByHand({ contentType: 1, body: toBinary(ContentSchema, content), senderSequence: 3 });
  expect((await syncWarily(bob)).notes).toMatchObject([
    { kind: "message_missing", text: "A message in the conversation with alice did not arrive." },
  ]);
  expect(texts(bob).at(-1)).toBe("alice: three");
});

/** A message of alice's first device that no honest client of this version would make. */
async function sealByHand(inner: {
  contentType: number;
  body: Uint8Array;
  senderSequence: number;
}): Promise<void> {
  const conversation = readConversations(alice.profile.db).find(({ kind }) => kind === "dm");
  const session = readSendingSession(alice.profile.db, bob.address);
  if (conversation?.log === undefined || conversation.conversationId === undefined || session === undefined) {
    throw new Error("alice has not written yet");
  }
  const [like] = log().rows;
  const { rosterVersion, rosterHash } = readEnvelopeHeader(like?.envelope ?? new Uint8Array());
  const { envelope, envelopeHash, contentKey } = sealEnvelope({
    header: {
      conversation: conversation.conversationId,
      messageId: messageId(randomBytes(16)),
      attempt: 0,
      sender: alice.address.accountId,
      senderDevice: alice.address.deviceId,
      rosterVersion,
      rosterHash,
      expiresAt: 0,
    },
    inner: {
      previousContent: hash(new Uint8Array(32)),
      logSeen: conversation.log.head,
      chainHeads: [],
      ephemeralKey: ephemeralKey(randomBytes(32)),
      sentAt: 1,
      ...inner,
    },
    random: randomBytes,
  });
  const sealed = sealWrap(session, contentKey, envelopeHash, randomBytes);
  updateSession(alice.profile.db, sealed.session);
  const slots = world.relay.rosterNow(log());
  const wraps = slots.map(({ deviceId }) =>
    Buffer.compare(deviceId, bob.address.deviceId) === 0 ? sealed.wrap : null,
  );
  const stream = await (await alice.connect()).openStream({ live: false, lease: 0n });
  expect(await stream.submit(envelope, packWraps(wraps))).toHaveProperty("accepted");
}

test("a one-time pair opens one session and is gone, and a session id is taken once", async () => {
  expect(count(bob, "prekeys")).toBe(102);
  await send(alice, "bob", "one");
  await sync(bob);
  expect(count(bob, "prekeys")).toBe(101);
  expect(count(bob, "seen_sessions")).toBe(1);
  expect(count(bob, "sessions")).toBe(1);
  // The same first message under another number, after the session was given up.
  const [row] = log().rows;
  bob.profile.db.exec("delete from sessions");
  if (row !== undefined) world.relay.store(log(), row);
  await sync(bob);
  expect(count(bob, "sessions")).toBe(1);
  expect(texts(bob).at(-1)).toBe("alice: [could not be read: no key that is here opens it]");
});

test("a set-up with the last-resort key cannot be played again", async () => {
  for (const prekeys of world.relay.prekeys.values()) prekeys.oneTime.clear();
  await send(alice, "bob", "one");
  await sync(bob);
  expect(count(bob, "seen_sessions")).toBe(1);
  const [row] = log().rows;
  bob.profile.db.exec("delete from sessions");
  if (row !== undefined) world.relay.store(log(), row);
  expect((await syncWarily(bob)).alarms.map(({ kind }) => kind)).toEqual(["message_replayed"]);
  expect(texts(bob)).toEqual(["alice: one"]);
  expect(bob.profile.db.prepare("select count(*) as n from sessions").get()).toEqual({ n: 0 });
});

test("one-time pairs are made anew below 30 left, signed prekeys weekly, and old halves go after a month", async () => {
  const held = world.relay.prekeys.get(cursorOf(bob));
  const connection = await bob.connect();
  const ids = () =>
    bob.profile.db.prepare("select max(id) as id, count(*) as n from prekeys where kind = 'signed'").get();
  const welcome = (oneTimePrekeysLeft: number) => {
    return { now: BigInt(Date.now()), oneTimePrekeysLeft, acknowledged: 0n, lapsedAt: 0n, restoredAt: 0n };
  };
  await upkeepPrekeys(bob.profile, connection, welcome(30));
  expect(held?.oneTime.size).toBe(100);
  for (const id of [...(held?.oneTime.keys() ?? [])].slice(29)) held?.oneTime.delete(id);
  await upkeepPrekeys(bob.profile, connection, welcome(29));
  expect(held?.oneTime.size).toBe(100);
  const first = held?.signed;
  const week = 8 * 24 * 60 * 60 * 1000;
  bob.ahead = week;
  // A clock that the relay's contradicts makes nothing old.
  await sync(bob);
  expect(held?.signed).toEqual(first);
  world.relay.clock = () => Date.now() + week;
  bob.reopen();
  await sync(bob);
  expect(held?.signed).not.toEqual(first);
  expect(ids()).toEqual({ id: 2, n: 2 });
  // Who took the old bundle may still come.
  for (const prekeys of world.relay.prekeys.values())
    if (first !== undefined && prekeys === held) prekeys.signed = first;
  await send(alice, "bob", "with an old prekey");
  await sync(bob);
  expect(texts(bob)).toEqual(["alice: with an old prekey"]);
  bob.ahead = 40 * 24 * 60 * 60 * 1000;
  bob.reopen();
  await makePrekeys(bob.profile);
  await publishPrekeys(bob.profile, connection);
  expect(ids()).toEqual({ id: 3, n: 2 });
});

test("a device that has not renewed its prekeys for 60 days cannot be written to, and says why", async () => {
  alice.ahead = 61 * 24 * 60 * 60 * 1000;
  alice.reopen();
  await expect(send(alice, "bob", "anybody there?")).rejects.toMatchObject({ code: "not_allowed" });
});

test("nothing that was written, read or named can be found in the profile's files", async () => {
  const canary = "canary-7f3a9c";
  await send(alice, "bob", `${canary} from alice`);
  await sync(bob);
  await send(bob, "alice", `${canary} from bob`);
  await sync(alice);
  const bytes = (profile: ProfileFixture) =>
    readdirSync(profile.paths.folder).map((name) => readFileSync(join(profile.paths.folder, name)));
  for (const profile of [alice, bob]) {
    for (const round of ["open", "closed"]) {
      const files = bytes(profile);
      expect(files.length, round).toBeGreaterThanOrEqual(2);
      for (const word of [canary, "alice", "message", profile.key, profile.address.accountId].map((each) =>
        Buffer.from(each),
      )) {
        for (const file of files) expect(file.includes(word)).toBe(false);
      }
      profile.reopen();
    }
  }
  for (const { envelope, wraps } of world.relay.submits) {
    for (const part of [envelope, wraps]) expect(Buffer.from(part).includes(canary)).toBe(false);
  }
});
