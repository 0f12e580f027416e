import { afterEach, beforeEach, expect, test } from "vitest";
import {
  createDeviceKeys,
  envelopeHash,
  extendLog,
  hash,
  incarnation,
  MAX_WRAP_BYTES,
  messageRowHash,
  randomBytes,
  toHex,
} from "../../../keys/index.ts";
import {
  type AliceAndBob,
  aliceAndBob,
  deliver,
  send,
  sync,
  syncWarily,
  texts,
  withoutReceipts,
} from "../../../test/support/alice-and-bob.ts";
import { AccountFixture, type ProfileFixture } from "../../../test/support/profile-fixture.ts";
import type { Delivery } from "../../net/relay-connection.ts";
import { readSecurityEvents, type SecurityEventKind } from "../../store/security-events.ts";
import { withInbox } from "../groups/change-membership.ts";
import { readMessages } from "../messages/read-messages.ts";
import { queueMessage } from "../outbox/send-message.ts";
import { acceptNewKey } from "../people/changed-key.ts";

let world: AliceAndBob;
let alice: ProfileFixture;
let bob: ProfileFixture;

beforeEach(async () => {
  world = await aliceAndBob();
  ({ alice, bob } = world);
  withoutReceipts(alice, bob);
});
afterEach(() => world.remove());

const kinds = (at: ProfileFixture): SecurityEventKind[] =>
  readSecurityEvents(at.profile.db).map(({ kind }) => kind);
const log = () => world.relay.log(world.accounts.alice.accountId, world.accounts.bob.accountId);
const flipped = (bytes: Uint8Array, at: number) => bytes.with(at, (bytes[at] ?? 0) ^ 1);

/** Tells bob something else of what he is delivered; undefined leaves a row out. */
function lieToBob(change: (row: Delivery) => Delivery | undefined): void {
  world.relay.lies.deliveries = (rows, reader) =>
    toHex(reader.deviceId) === toHex(bob.address.deviceId)
      ? rows.map((row) => change(structuredClone(row))).filter((row) => row !== undefined)
      : rows;
}

function showBobsChainAs(head: { sequence: bigint; hash: Uint8Array }): void {
  world.relay.lies.chains = (chains) =>
    chains.map((chain) =>
      toHex(chain.accountId) === toHex(bob.address.accountId)
        ? { ...chain, entries: [], head: { $typeName: "sotto.relay.v1.ChainHead", ...head } }
        : chain,
    );
}

async function expectStop(kind: SecurityEventKind, text = "hello"): Promise<void> {
  const { position } = queueMessage(alice.profile, { to: "bob", text });
  await expect(deliver(alice, position)).rejects.toMatchObject({ code: "security_stop" });
  expect(kinds(alice)).toEqual([kind]);
  expect(readMessages(alice.profile, { limit: 1 })).toMatchObject([
    { state: "failed", trouble: { code: "security_stop" } },
  ]);
  // With a relay that behaves again everything works, as if nothing had been.
  world.relay.lies = {};
  await send(alice, "bob", "after all");
  await sync(bob);
  expect(texts(bob)).toEqual(["alice: after all"]);
}

test("a swapped prekey stops the send", async () => {
  const carol = new AccountFixture("carol", world.relay);
  const other = await carol.profile();
  const theirs = world.relay.prekeys.get(toHex(other.address.accountId) + toHex(other.address.deviceId));
  world.relay.lies.bundles = (bundles) =>
    bundles.map((bundle) => ({ ...bundle, signedPrekey: theirs?.signed ?? new Uint8Array() }));
  await expectStop("prekey_forged");
  carol.remove();
});

test("a prekey with one changed bit stops the send", async () => {
  world.relay.lies.bundles = (bundles) =>
    bundles.map((bundle) => ({ ...bundle, kemPrekey: flipped(bundle.kemPrekey, 700) }));
  await expectStop("prekey_forged");
});

test("a roster with one more device stops the send", async () => {
  world.relay.lies.roster = (roster) => ({
    ...roster,
    devices: [
      ...roster.devices,
      {
        ...bob.address,
        $typeName: "sotto.relay.v1.DeviceAddress" as const,
        deviceId: new Uint8Array(16).fill(0xff),
      },
    ],
  });
  await expectStop("roster_forged");
  expect(readSecurityEvents(alice.profile.db)).toMatchObject([
    { text: "The relay lists a device that bob's account does not have.", gravity: "stop" },
  ]);
});

test("a roster without one of the devices stops the send", async () => {
  await world.accounts.bob.addDevice();
  world.relay.lies.roster = (roster) => ({ ...roster, devices: roster.devices.slice(1) });
  await expectStop("roster_forged");
});

test("a name that leads to another account stops the send", async () => {
  const carol = new AccountFixture("carol", world.relay);
  await carol.profile();
  world.relay.lies.people = (people) => people.map((person) => ({ ...person, accountId: carol.accountId }));
  await expectStop("name_moved");
  carol.remove();
});

test("a known name that comes with another account is not believed before a person says so", async () => {
  await send(alice, "bob", "hello");
  const impostor = new AccountFixture("bob", world.relay);
  const fake = await impostor.profile();
  await send(fake, "alice", "it is me, bob");
  expect((await syncWarily(alice)).alarms.map(({ kind }) => kind)).toEqual(["name_moved"]);
  expect(texts(alice)).toEqual(["alice: hello"]);
  // To whom it would go is for a person to decide.
  expect(() => queueMessage(alice.profile, { to: "bob", text: "to which?" })).toThrow(
    expect.objectContaining({ code: "security_stop" }),
  );
  await acceptNewKey(alice.profile, alice.connect, "bob");
  await sync(alice);
  await send(alice, "bob", "to the new one");
  await sync(bob, fake);
  expect([texts(bob), texts(fake)]).toEqual([
    ["alice: hello"],
    ["bob: it is me, bob", "alice: to the new one"],
  ]);
  impostor.remove();
});

test("a chain that its owner did not sign is refused", async () => {
  const thief = new AccountFixture("bob", world.relay);
  const device = createDeviceKeys(randomBytes);
  const forged = thief.addEntry(device);
  world.relay.lies.chains = (chains) =>
    chains.map((chain) =>
      toHex(chain.accountId) === toHex(bob.address.accountId)
        ? { ...chain, entries: [...chain.entries, forged] }
        : chain,
    );
  await expectStop("chain_invalid");
  thief.remove();
});

test("a chain cut short, an older one, and another history are each told apart", async () => {
  const tablet = await world.accounts.bob.addDevice();
  await send(alice, "bob", "to both");
  world.relay.lies = { roster: (roster) => ({ ...roster, devices: roster.devices.slice(1) }) };
  const stop = async (kind: SecurityEventKind, head: { sequence: bigint; hash: Uint8Array }) => {
    alice.profile.db.exec("update conversations set roster_version = null; delete from security_events");
    showBobsChainAs(head);
    const { position } = queueMessage(alice.profile, { to: "bob", text: kind });
    await expect(deliver(alice, position)).rejects.toMatchObject({ code: "security_stop" });
    expect(kinds(alice)).toEqual([kind]);
    const [event] = readSecurityEvents(alice.profile.db);
    expect(event?.evidence).toContain("pinned");
  };
  const { chain } = world.relay.account(bob.address.accountId);
  await stop("chain_rollback", { sequence: 0n, hash: chain.hashes[0] ?? new Uint8Array() });
  await stop("chain_fork", { sequence: 1n, hash: new Uint8Array(32) });
  await stop("chain_invalid", { sequence: 9n, hash: new Uint8Array(32) });
  world.relay.lies = {};
  await send(alice, "bob", "well");
  await sync(bob, tablet);
  expect(texts(bob)).toEqual(["alice: to both", "alice: well"]);
  expect(texts(tablet)).toEqual(texts(bob));
});

test("bytes that were changed on the way are refused, and the right ones are read afterwards", async () => {
  await send(alice, "bob", "one");
  await send(alice, "bob", "two");
  for (const change of [
    (row: Delivery) => ({ ...row, envelope: flipped(row.envelope, row.envelope.length - 1) }),
    (row: Delivery) => ({ ...row, wrap: new Uint8Array(MAX_WRAP_BYTES + 1) }),
  ]) {
    lieToBob(change);
    expect((await syncWarily(bob)).alarms).toMatchObject([{ kind: "log_invalid", gravity: "stop" }]);
    expect(texts(bob)).toEqual([]);
  }
  world.relay.lies = {};
  await sync(bob);
  expect(texts(bob)).toEqual(["alice: one", "alice: two"]);
});

test("a changed wrap shows as a message that could not be read, and a fresh session follows by itself", async () => {
  await send(alice, "bob", "one");
  await sync(bob, alice, bob);
  await send(alice, "bob", "two");
  lieToBob((row) => ({ ...row, wrap: flipped(row.wrap, row.wrap.length - 1) }));
  await sync(bob);
  world.relay.lies = {};
  const message = readMessages(bob.profile, { limit: 1 })[0];
  expect(message).toMatchObject({ content: "unreadable", trouble: { code: "decrypt_failed" } });
  expect(message?.text).toBe("[could not be read: no key that is here opens it]");
  await send(alice, "bob", "three");
  await sync(alice, bob);
  const sessions = () => alice.profile.db.prepare("select count(*) as n from sessions").get();
  expect(sessions()).toEqual({ n: 2 });
  await send(alice, "bob", "four");
  await send(bob, "alice", "five");
  await sync(alice, bob);
  expect(texts(bob, "alice")).toEqual([
    "alice: one",
    "alice: [could not be read: no key that is here opens it]",
    "alice: three",
    "alice: four",
    "bob: five",
  ]);
  expect(texts(alice, "bob")).toEqual([
    "alice: one",
    "alice: two",
    "alice: three",
    "alice: four",
    "bob: five",
  ]);
});

test("rows out of order, twice or left out are noticed or put right", async () => {
  for (const text of ["one", "two", "three"]) await send(alice, "bob", text);
  let isFirst = true;
  world.relay.lies.deliveries = (rows) => {
    const told = isFirst ? rows.toReversed() : [...rows, ...rows];
    isFirst = false;
    return told;
  };
  expect((await syncWarily(bob)).alarms.map(({ kind }) => kind)).toEqual(["log_withheld"]);
  await sync(bob);
  expect(texts(bob)).toEqual(["alice: one", "alice: two", "alice: three"]);
  world.relay.lies.deliveries = (rows) => rows.filter(({ sequence }) => sequence !== 5n);
  await send(alice, "bob", "four");
  await send(alice, "bob", "five");
  expect((await syncWarily(bob)).alarms.map(({ kind }) => kind)).toEqual(["log_withheld"]);
  world.relay.lies = {};
  await sync(bob);
  expect(texts(bob)).toEqual(["one", "two", "three", "four", "five"].map((text) => `alice: ${text}`));
});

test("a row played again is not shown again", async () => {
  await send(alice, "bob", "one");
  await sync(bob, alice, bob);
  const [row] = log().rows;
  if (row !== undefined) world.relay.store(log(), row);
  expect((await syncWarily(bob)).alarms.map(({ kind }) => kind)).toEqual(["message_replayed"]);
  expect(texts(bob)).toEqual(["alice: one"]);
  expect((await syncWarily(alice)).alarms.map(({ kind }) => kind)).toEqual(["log_forked"]);
});

test("a message moved into another conversation is not shown as said there", async () => {
  await send(alice, "me", "a secret");
  const secret = world.relay.log(alice.address.accountId, alice.address.accountId).rows[0];
  await send(alice, "bob", "hello");
  if (secret !== undefined)
    world.relay.store(log(), { ...secret, wraps: [new Uint8Array(113), new Uint8Array(113)] });
  await sync(bob);
  expect(texts(bob)).toEqual([
    "alice: hello",
    "alice: [could not be read: it does not belong in this conversation]",
  ]);
});

test("a message that the relay puts into another conversation than its own is not taken for sent", async () => {
  await send(alice, "me", "a note");
  await send(alice, "bob", "one");
  world.relay.lies.submit = () => "relay_unavailable";
  const { position } = queueMessage(alice.profile, { to: "bob", text: "two" });
  await expect(deliver(alice, position)).rejects.toMatchObject({ code: "unreachable" });
  const envelope = world.relay.submits.at(-1)?.envelope ?? new Uint8Array();
  const { accountId, deviceId } = alice.address;
  const sender = toHex(accountId) + toHex(deviceId);
  world.relay.store(world.relay.log(accountId, accountId), { envelope, wraps: [null], sender, roster: 1 });
  await withInbox(alice.profile, await alice.connect(), async () => undefined);
  expect(readMessages(alice.profile, { conversation: "bob", limit: 1 })).toMatchObject([{ state: "queued" }]);
  world.relay.lies = {};
  await sync(alice, bob);
  expect(texts(bob)).toEqual(["alice: one", "alice: two"]);
});

test("garbage is kept aside and holds nothing up", async () => {
  await send(alice, "bob", "before");
  for (let n = 0; n < 300; n += 1) {
    const envelope = new Uint8Array(randomBytes(500 + n));
    if (n % 2 === 0) envelope.set(log().rows[0]?.envelope.subarray(0, 173) ?? []);
    const wraps = [new Uint8Array(randomBytes(113)), new Uint8Array(randomBytes(n % 3 === 0 ? 113 : 7))];
    for (const wrap of wraps) wrap[0] = 1;
    world.relay.store(log(), { envelope, wraps, sender: "", roster: 1 });
  }
  await send(alice, "bob", "after");
  await sync(bob);
  const shown = readMessages(bob.profile, { limit: 1000 });
  expect(shown.length).toBe(302);
  expect(shown.filter(({ content }) => content === "text").map(({ text }) => text)).toEqual([
    "before",
    "after",
  ]);
  const kept = bob.profile.db.prepare("select count(*) as n from quarantine").get();
  expect(kept).toEqual({ n: 256 });
  const renewals = bob.profile.db.prepare("select count(*) as n from outbox").get();
  expect(renewals).toEqual({ n: 0 });
  await send(bob, "alice", "still here");
  await sync(alice, bob);
  expect(texts(alice).at(-1)).toBe("bob: still here");
});

test("a relay that shows two histories is found out by the next message", async () => {
  await send(alice, "bob", "one");
  await sync(bob, alice, bob);
  // Bob's next message lies at number 3 for him, but alice is shown another row before it.
  const forged = new Uint8Array(randomBytes(600));
  await sync(alice);
  const fork = messageRowHash(envelopeHash(forged));
  world.relay.lies.deliveries = (rows, reader) =>
    toHex(reader.deviceId) === toHex(alice.address.deviceId)
      ? rows.map((row) => (row.sequence === 3n ? { ...row, envelope: forged, rowHash: fork } : row))
      : rows;
  await send(bob, "alice", "hidden from alice");
  await sync(alice);
  await sync(bob);
  await send(bob, "alice", "two");
  const { alarms } = await syncWarily(alice);
  expect(alarms).toMatchObject([{ kind: "log_forked", text: expect.stringContaining("another history") }]);
  expect(texts(alice).at(-1)).toBe("bob: two");
  expect(kinds(alice)).toContain("message_missing");
});

test("a relay that took a message and shows its log without it is found out", async () => {
  await send(alice, "bob", "one");
  const forged = new Uint8Array(randomBytes(600));
  world.relay.lies.deliveries = (rows, reader) =>
    toHex(reader.deviceId) === toHex(alice.address.deviceId)
      ? rows.map((row) => ({ ...row, envelope: forged, rowHash: messageRowHash(envelopeHash(forged)) }))
      : rows;
  const { alarms } = await syncWarily(alice);
  expect(alarms.map(({ kind }) => kind)).toEqual(["log_forked"]);
});

test("a log that got shorter is an alarm; one that was begun anew is a note and doubles nothing", async () => {
  for (const text of ["one", "two", "three"]) await send(alice, "bob", text);
  await sync(bob, alice, bob, alice);
  world.relay.lies.heads = () => [{ ...world.relay.describe(log(), ""), head: 1n }];
  expect((await syncWarily(bob)).alarms.map(({ kind }) => kind)).toEqual(["log_forked"]);
  world.relay.lies = {};
  world.relay.loseLog(log(), 2);
  await send(alice, "bob", "four");
  for (const who of [alice, bob]) {
    const { alarms, notes } = await syncWarily(who);
    expect(alarms).toEqual([]);
    expect(notes).toMatchObject([{ kind: "log_lost" }]);
  }
  await send(bob, "alice", "five");
  await sync(alice, bob);
  for (const who of [alice, bob]) {
    expect(
      texts(who)
        .map((text) => text.split(" ")[1])
        .toSorted(),
    ).toEqual(["five", "four", "one", "three", "two"]);
  }
});

test("a message that speaks of devices which the relay does not show is an alarm", async () => {
  await send(alice, "bob", "hello");
  await sync(bob, alice, bob);
  const tablet = await world.accounts.bob.addDevice();
  await send(tablet, "alice", "from my new device");
  await sync(bob);
  const { chain, entries } = world.relay.account(bob.address.accountId);
  showBobsChainAs({ sequence: 0n, hash: chain.hashes[0] ?? new Uint8Array() });
  // With bob's confirmation of the new device's session comes word of the new device.
  expect((await syncWarily(alice)).alarms).toMatchObject([{ kind: "chain_withheld" }]);
  expect(texts(alice).at(-1)).toBe(
    "bob: [could not be read: its device is not part of the sender's account]",
  );
  await send(bob, "alice", "from my old one");
  expect((await syncWarily(alice)).alarms).toMatchObject([{ kind: "chain_withheld" }]);
  expect(texts(alice).at(-1)).toBe("bob: from my old one");
  world.relay.lies = {};
  expect(entries.length).toBe(2);
  await send(tablet, "alice", "again");
  await sync(alice);
  expect(texts(alice).at(-1)).toBe("bob: again");
  expect(kinds(alice)).toContain("device_added");
});

test("a relay that names nonsense does no harm", async () => {
  await send(alice, "bob", "hello");
  const honest = world.relay.describe(log(), "");
  for (const change of [
    { conversationId: new Uint8Array(32) },
    { conversationId: new Uint8Array(3), members: [] },
    {
      members: [honest.members[0] ?? new Uint8Array(), new Uint8Array(5)],
      conversationId: new Uint8Array(32),
    },
    { incarnation: new Uint8Array(3) },
    { head: 2n ** 63n },
  ]) {
    world.relay.lies.heads = () => [{ ...honest, ...change }];
    expect((await syncWarily(bob)).alarms.length).toBe(1);
  }
  world.relay.lies = {};
  lieToBob((row) => ({ ...row, storedAt: 2n ** 64n - 1n, stub: 0 }));
  await sync(bob);
  expect(texts(bob)).toEqual(["alice: hello"]);
  lieToBob((row) => ({ ...row, sequence: 2n ** 64n - 1n }));
  await send(alice, "bob", "again");
  expect((await syncWarily(bob)).alarms.length).toBe(1);
  world.relay.lies = {};
  await sync(bob);
  expect(texts(bob)).toEqual(["alice: hello", "alice: again"]);
});

test("a relay that says it was put back drops no message unnoticed by that", async () => {
  await send(alice, "bob", "one");
  await sync(bob, alice, bob);
  const made = log();
  const { rows, head: cut } = { rows: made.rows.length, head: made.head };
  await send(alice, "bob", "two");
  await sync(bob);
  await send(alice, "bob", "three");
  await send(alice, "bob", "four");
  made.rows.splice(rows + 1, 1);
  made.incarnation = incarnation(randomBytes(16));
  made.head = made.rows.slice(rows).reduce((head, { rowHash }) => extendLog(head, hash(rowHash)), cut);
  const restored = { restoredSequence: BigInt(cut.sequence), restoredHash: cut.hash };
  world.relay.lies.heads = (heads) => heads.map((head) => ({ ...head, ...restored }));
  await syncWarily(bob);
  expect(texts(bob)).toEqual(["alice: one", "alice: two", "alice: four"]);
  expect(kinds(bob)).toEqual(["relay_restored", "message_missing"]);
});
