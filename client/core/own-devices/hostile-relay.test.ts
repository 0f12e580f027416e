import type { MessageInitShape } from "@bufbuild/protobuf";
import { afterEach, beforeEach, expect, test } from "vitest";
import { conversationId, createDeviceKeys, type RosterSlot, rosterHash, toHex } from "../../../keys/index.ts";
import type { OwnValueSchema } from "../../../proto/gen/sotto/chat/v1/content_pb.ts";
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
import type { ProfileFixture } from "../../../test/support/profile-fixture.ts";
import type { Roster } from "../../net/relay-connection.ts";
import { transact } from "../../store/database.ts";
import { conversationWith } from "../conversations/conversations.ts";
import { queueControl } from "../outbox/queue-silent.ts";
import { queueMessage } from "../outbox/send-message.ts";
import { contactOf } from "../people/trust.ts";
import { systemRuntime } from "../runtime.ts";
import { readSettings } from "../settings.ts";

let world: AliceAndBob;
let alice: ProfileFixture;
let bob: ProfileFixture;

beforeEach(async () => {
  world = await aliceAndBob();
  ({ alice, bob } = world);
  withoutReceipts(alice, bob);
});
afterEach(() => world.remove());

/** Added, and known to her first device. */
async function tabletOfAlice(): Promise<ProfileFixture> {
  const tablet = await world.accounts.alice.addDevice();
  withoutReceipts(tablet);
  await sync(tablet, alice, tablet, alice);
  return tablet;
}

function lieAboutRosters(change: (devices: Roster["devices"]) => Roster["devices"]): void {
  world.relay.lies.roster = (roster) => {
    const devices = change([...roster.devices]);
    const slots = devices as unknown as RosterSlot[];
    const isOrdered = slots.every((slot, at) => at === 0 || placeOf(slots[at - 1]) < placeOf(slot));
    const id = conversationId(roster.conversationId);
    return {
      ...roster,
      devices,
      hash: isOrdered ? rosterHash(id, Number(roster.version), slots) : roster.hash,
    };
  };
}

function placeOf(slot: RosterSlot | undefined): string {
  return slot === undefined ? "" : toHex(slot.accountId) + toHex(slot.deviceId);
}

const isOf = (who: ProfileFixture) => (device: { accountId: Uint8Array }) =>
  toHex(device.accountId) === toHex(who.address.accountId);

async function failureOf(from: ProfileFixture, to: string): Promise<{ code: string; message: string }> {
  const { position } = queueMessage(from.profile, { to, text: "secret" });
  return deliver(from, position).then(
    () => ({ code: "sent", message: "" }),
    ({ code, message }) => ({ code, message }),
  );
}

test("a device that the relay slips in among one's own gets nothing, and the user hears of it", async () => {
  await tabletOfAlice();
  const { deviceId } = createDeviceKeys(systemRuntime.random);
  lieAboutRosters((devices) => {
    const [own] = devices.filter(isOf(alice));
    const added = own === undefined ? [] : [{ ...own, deviceId }];
    return [...devices, ...added].sort((one, other) =>
      placeOf(one as never) < placeOf(other as never) ? -1 : 1,
    );
  });
  expect(await failureOf(alice, "bob")).toEqual({
    code: "security_stop",
    message: "The relay lists a device that alice's account does not have.",
  });
  expect(world.relay.log(alice.address.accountId, bob.address.accountId).rows).toEqual([]);
});

test("an own device that the relay leaves out of a list, or puts at another place, stops the send", async () => {
  const tablet = await tabletOfAlice();
  const lost = toHex(tablet.address.deviceId);
  lieAboutRosters((devices) => devices.filter(({ deviceId }) => toHex(deviceId) !== lost));
  expect(await failureOf(alice, "bob")).toEqual({
    code: "security_stop",
    message: "The relay's list of devices for bob is not the one that the account signed.",
  });
  lieAboutRosters((devices) => devices.toReversed());
  expect(await failureOf(alice, "bob")).toMatchObject({ code: "security_stop" });
  world.relay.lies = {};
  await send(alice, "bob", "at last");
  await sync(tablet);
  expect(texts(tablet, "bob")).toEqual(["alice: at last"]);
});

test("a relay that hides a new device of one's own from another is found out by who has heard of it", async () => {
  await send(alice, "bob", "hello");
  await sync(bob, alice);
  const before = {
    $typeName: "sotto.relay.v1.ChainHead" as const,
    sequence: 0n,
    hash: world.relay.account(alice.address.accountId).chain.head.hash,
  };
  const tablet = await world.accounts.alice.addDevice();
  await send(tablet, "me", "it is me");
  await sync(bob);
  await send(bob, "alice", "hello, both");
  world.relay.lies.chains = (chains) =>
    chains.map((chain) => (isOf(alice)(chain) ? { ...chain, entries: [], head: before } : chain));
  const { alarms } = await syncWarily(alice);
  expect(alarms.map(({ text }) => text)).toEqual([
    "A message speaks of a change to alice's devices that the relay does not show.",
  ]);
  // Nobody can tell that it is hers.
  expect(texts(alice, "me")).toEqual([
    "alice: [could not be read: its device is not part of the sender's account]",
  ]);
});

test("two histories of one's own devices are found out as soon as one device hears of the other", async () => {
  const tablet = await tabletOfAlice();
  const account = world.relay.account(alice.address.accountId);
  const held = { chain: account.chain, entries: [...account.entries] };
  const [one, other] = [createDeviceKeys(systemRuntime.random), createDeviceKeys(systemRuntime.random)];
  const entryOf = (device: typeof one) => {
    account.chain = held.chain;
    account.entries.length = held.entries.length;
    return world.accounts.alice.addEntry(device);
  };
  const [first, second] = [entryOf(one), entryOf(other)];
  world.relay.append(alice.address.accountId, first);
  await send(alice, "bob", "by one history");
  account.chain = held.chain;
  account.entries.length = held.entries.length;
  world.relay.append(alice.address.accountId, second);
  await send(tablet, "me", "by the other");
  const { alarms } = await syncWarily(alice);
  expect(alarms.map(({ text }) => text)).toContain(
    "A message speaks of another history of alice's devices than the relay shows.",
  );
});

test("from the device that an account began with no beginning is hidden", async () => {
  await send(bob, "alice", "you should see this");
  const log = world.relay.log(alice.address.accountId, bob.address.accountId);
  const { accountId, deviceId } = alice.address;
  log.starts.set(toHex(accountId) + toHex(deviceId), log.head);
  const { alarms } = await syncWarily(alice);
  expect(alarms.map(({ text }) => text)).toEqual([
    "The relay leaves out the beginning of the conversation with bob.",
  ]);
  log.starts.clear();
  await syncWarily(alice);
  expect(texts(alice, "bob")).toEqual(["bob: you should see this"]);
});

test("nobody else tells a device what its account has decided", async () => {
  const tablet = await tabletOfAlice();
  await send(bob, "alice", "hello");
  const deviceId = new Uint8Array(16).fill(255);
  const values: MessageInitShape<typeof OwnValueSchema>[] = [
    { version: 99n, deviceId, about: { case: "setting", value: { name: "receipts", on: true } } },
    {
      version: 99n,
      deviceId,
      about: { case: "standing", value: { accountId: bob.address.accountId, standing: 2 } },
    },
  ];
  transact(bob.profile.db, () => {
    const direct = conversationWith(bob.profile, {
      kind: "person",
      name: "alice",
      accountId: alice.address.accountId,
    });
    queueControl(bob.profile, direct, { case: "ownState", value: { values } }, bob.profile.runtime.now());
  });
  await sync(bob, alice, tablet);
  for (const at of [alice, tablet]) {
    expect(readSettings(at.profile).receipts).toBe("off");
    expect(contactOf(at.profile, bob.address.accountId).standing).toBe("accepted");
  }
});
