import { cpSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { toHex } from "../../../keys/index.ts";
import {
  type AliceAndBob,
  aliceAndBob,
  deliver,
  send,
  sync,
  syncWarily,
  texts,
} from "../../../test/support/alice-and-bob.ts";
import type { ProfileFixture } from "../../../test/support/profile-fixture.ts";
import { readMessages } from "../messages/read-messages.ts";
import { queueMessage } from "../outbox/send-message.ts";
import { findingsSince } from "../people/security.ts";
import { closeProfile, openProfile } from "../profile.ts";

let world: AliceAndBob;
let alice: ProfileFixture;
let bob: ProfileFixture;
let backup: string;

beforeEach(async () => {
  world = await aliceAndBob();
  ({ alice, bob } = world);
  backup = mkdtempSync(join(tmpdir(), "sotto-backup-"));
  await send(alice, "bob", "hello");
  await sync(bob, alice);
  await send(bob, "alice", "hello back");
  await sync(alice, bob, alice);
});
afterEach(() => {
  world.remove();
  rmSync(backup, { recursive: true, force: true });
});

/** As `tar` of the folder, while nothing runs. */
function save(at: ProfileFixture): void {
  closeProfile(at.profile);
  cpSync(at.paths.folder, backup, { recursive: true });
  at.profile = at.open();
}

/** The folder as it was saved, in the same place. */
function restore(at: ProfileFixture): void {
  closeProfile(at.profile);
  // While the other is still there, so that it cannot have the same inode.
  const { folder } = at.paths;
  cpSync(backup, `${folder}.new`, { recursive: true });
  renameSync(folder, `${folder}.old`);
  renameSync(`${folder}.new`, folder);
  rmSync(`${folder}.old`, { recursive: true });
  at.profile = at.open();
}

function notes(at: ProfileFixture): string[] {
  return findingsSince(at.profile, 0).map(({ gravity, kind }) => `${gravity} ${kind}`);
}

const fromBob = () => texts(alice, "bob").filter((line) => line.startsWith("bob: "));

test("a profile put back to before what it sent and received goes on by itself, and nobody sees an alarm", async () => {
  save(alice);
  for (const text of ["one", "two", "three"]) await send(alice, "bob", text);
  await sync(bob);
  await send(bob, "alice", "four");
  await sync(alice, bob, alice);
  restore(alice);

  await send(alice, "bob", "five");
  await sync(alice, bob, alice);
  await send(bob, "alice", "six");
  await send(alice, "bob", "seven");
  await sync(alice, bob, alice);

  const alices = texts(bob, "alice").filter((line) => line.startsWith("alice: "));
  expect(alices).toEqual([
    "alice: hello",
    "alice: one",
    "alice: two",
    "alice: three",
    "alice: five",
    "alice: seven",
  ]);
  expect(fromBob().at(-1)).toBe("bob: six");
  expect(notes(alice)).toEqual(["note profile_restored"]);
  // Her count goes on after what the lost state had sent.
  const sent = alice.profile.db.prepare("select max(sender_sequence) as n from conversations").get();
  const heard = bob.profile.db.prepare("select max(sequence) as n from senders").get();
  expect(sent).toEqual(heard);
  expect(notes(bob).filter((each) => each.startsWith("stop"))).toEqual([]);
});

test("a file system put back as a whole is noticed by what the relay has acknowledged", async () => {
  save(alice);
  await send(alice, "bob", "one");
  await sync(bob, alice);
  restore(alice);
  // As in a snapshot, where the file is what it was.
  alice.profile.db.prepare("delete from place").run();
  await send(alice, "bob", "two");
  await sync(bob, alice);
  expect(texts(bob, "alice").slice(-2)).toEqual(["alice: one", "alice: two"]);
  expect(notes(alice)).toEqual(["note profile_restored"]);
  expect(notes(bob).filter((each) => each.startsWith("stop"))).toEqual([]);
});

test("a snapshot of before what was only sent is noticed with the next read, and heals", async () => {
  save(alice);
  await send(alice, "bob", "one");
  restore(alice);
  alice.profile.db.prepare("delete from place").run();
  await send(alice, "bob", "two"); // sealed as "one" was
  await sync(bob, alice, bob, alice);
  await send(alice, "bob", "three");
  await sync(bob);
  const got = readMessages(bob.profile, { limit: 3 }).map(
    ({ text, unreadable }) => unreadable?.cause ?? text,
  );
  expect(got).toEqual(["one", "session_lost", "three"]);
  expect(notes(alice)).toEqual(["note profile_restored"]);
  expect(notes(bob).filter((each) => each.startsWith("stop"))).toEqual([]);
});

test("what it had sent shows as one line that says why it cannot be read", async () => {
  save(alice);
  for (const text of ["one", "two", "three"]) await send(alice, "bob", text);
  await sync(bob);
  restore(alice);
  await sync(alice);
  const lost = readMessages(alice.profile, { limit: 10 }).filter(({ unreadable }) => unreadable !== null);
  expect(lost).toMatchObject([{ from: "alice", unreadable: { cause: "profile_restored" } }]);
});

test("after a restore nothing is sealed in a session that the later state has used", async () => {
  save(alice);
  await send(alice, "bob", "one");
  const before = world.relay.submits.length;
  restore(alice);
  await send(alice, "bob", "two");
  await sync(bob);
  expect(texts(bob, "alice").slice(-2)).toEqual(["alice: one", "alice: two"]);
  const retired = alice.profile.db.prepare("select count(*) as n from retired_sessions").get();
  expect(retired).toEqual({ n: 1 });
  expect(world.relay.submits.length).toBeGreaterThan(before);
});

test("messages that waited when it was saved, and went out since, are not sent twice", async () => {
  const { position } = queueMessage(alice.profile, { to: "bob", text: "waited" });
  save(alice);
  await deliver(alice, position);
  await sync(alice, bob, alice);
  restore(alice);
  expect(await deliver(alice, position)).toMatchObject({ state: "sent", text: "waited" });
  await sync(alice, bob);
  expect(texts(bob, "alice").filter((line) => line === "alice: waited")).toEqual(["alice: waited"]);
  expect(notes(alice).filter((each) => each.startsWith("stop"))).toEqual([]);
});

test("a copy elsewhere takes fresh keys before it says anything, and both can be read", async () => {
  save(alice);
  const elsewhere = mkdtempSync(join(tmpdir(), "sotto-copy-"));
  cpSync(backup, elsewhere, { recursive: true });
  const paths = { ...alice.paths, folder: elsewhere, database: join(elsewhere, "profile.db") };
  for (const lock of ["liveLock", "drainLock", "refreshLock", "registerLock"] as const)
    paths[lock] = join(elsewhere, `${lock}.lock`);
  const copy = Object.create(alice) as ProfileFixture;
  copy.profile = openProfile(paths, alice.key);
  await send(copy, "bob", "from the copy");
  await send(alice, "bob", "from the first");
  await send(copy, "bob", "from the copy again");
  await sync(bob);
  expect(texts(bob, "alice").slice(-3)).toEqual([
    "alice: from the copy",
    "alice: from the first",
    "alice: from the copy again",
  ]);
  expect(notes(copy)).toContain("note profile_restored");
  closeProfile(copy.profile);
  rmSync(elsewhere, { recursive: true, force: true });
});

test("a relay that claims what never was costs one renewal, and one an hour if it claims ever more", async () => {
  const renewed = () =>
    alice.profile.db.prepare("select value from counters where name = 'keys_renewed'").get();
  const claim = async (sequence: number) => {
    for (const log of world.relay.logs.values()) {
      for (const reader of log.cursors.keys()) log.cursors.set(reader, sequence);
    }
    await syncWarily(alice);
  };
  await claim(1_000);
  const first = renewed();
  await claim(2_000);
  expect(renewed()).toEqual(first);
  alice.ahead = 61 * 60 * 1000;
  await claim(2_000);
  expect(renewed()).toEqual(first);
  await claim(3_000);
  expect(renewed()).not.toEqual(first);
  expect(notes(alice).every((each) => each.startsWith("note"))).toBe(true);
});

test("pairs whose private halves went with the later state are not handed out any more", async () => {
  save(alice);
  const held = world.relay.prekeys.get(toHex(alice.address.accountId) + toHex(alice.address.deviceId));
  for (const id of [...(held?.oneTime.keys() ?? [])]) held?.oneTime.delete(id);
  await sync(alice); // publishes a hundred anew
  const lost = [...(held?.oneTime.keys() ?? [])];
  await send(alice, "bob", "one");
  await sync(bob, alice);
  restore(alice);
  await sync(alice);
  expect(lost.length).toBe(100);
  expect([...(held?.oneTime.keys() ?? [])].filter((id) => lost.includes(id))).toEqual([]);
  expect(held?.oneTime.size).toBe(100);
});

test("a conversation that began in the later state renews nothing a second time", async () => {
  save(alice);
  for (const text of ["one", "two", "three"]) await send(alice, "me", text);
  await sync(alice);
  restore(alice);
  await sync(alice);
  expect(notes(alice)).toEqual(["note profile_restored"]);
  const renewed = () =>
    alice.profile.db.prepare("select value from counters where name = 'keys_renewed'").get();
  const first = renewed();
  alice.ahead = 61 * 60 * 1000;
  alice.reopen();
  await sync(alice);
  expect(renewed()).toEqual(first);
});

test("nothing is renewed where nothing was put back", async () => {
  for (const text of ["one", "two"]) await send(alice, "bob", text);
  await sync(bob, alice, bob);
  expect(notes(alice)).toEqual([]);
  expect(notes(bob)).toEqual([]);
});
