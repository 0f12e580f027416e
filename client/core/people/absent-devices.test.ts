import { afterEach, beforeEach, expect, test } from "vitest";
import { conversationId, type DeviceAddress, equal, rosterHash } from "../../../keys/index.ts";
import {
  type AliceAndBob,
  aliceAndBob,
  deliver,
  send,
  sync,
  withoutReceipts,
} from "../../../test/support/alice-and-bob.ts";
import type { ProfileFixture } from "../../../test/support/profile-fixture.ts";
import { readConversations } from "../../store/conversations.ts";
import { readSecurityEvents } from "../../store/security-events.ts";
import { queueMessage } from "../outbox/send-message.ts";
import { forgetRoster } from "./rosters.ts";

let world: AliceAndBob;
let alice: ProfileFixture;
let bob: ProfileFixture;
let tablet: ProfileFixture;

beforeEach(async () => {
  world = await aliceAndBob();
  ({ alice, bob } = world);
  tablet = await world.accounts.bob.addDevice();
  withoutReceipts(alice, bob, tablet);
});
afterEach(() => world.remove());

/** The relay leaves devices out of every roster, and says so. */
function leaveOut(...absent: DeviceAddress[]): void {
  world.relay.lies.roster = (roster) => {
    const isAbsent = ({ deviceId }: { deviceId: Uint8Array }) =>
      absent.some((device) => equal(device.deviceId, deviceId));
    const devices = roster.devices.filter((device) => !isAbsent(device));
    const id = conversationId(roster.conversationId);
    const hash = rosterHash(id, Number(roster.version), devices as unknown as DeviceAddress[]);
    return { ...roster, devices, hash, absent: roster.devices.filter(isAbsent) };
  };
  for (const { conversation } of readConversations(alice.profile.db)) {
    forgetRoster(alice.profile, conversation);
  }
}

async function failsToSend(): Promise<void> {
  const { position } = queueMessage(alice.profile, { to: "bob", text: "hello" });
  await expect(deliver(alice, position)).rejects.toMatchObject({ code: "security_stop" });
}

test("nothing is sealed for a device that was silent for long", async () => {
  leaveOut(tablet.address);
  const { position } = queueMessage(alice.profile, { to: "bob", text: "hello" });
  // The double goes by its own roster; what is sealed goes by the one that was shown.
  await expect(deliver(alice, position)).rejects.toThrow("hands out itself");
  const wraps = world.relay.submits.at(-1)?.wraps ?? new Uint8Array();
  expect(Buffer.from(wraps).readUInt16BE(0)).toBe(2);
  expect(readSecurityEvents(alice.profile.db)).toEqual([]);
});

test("a device that was heard of lately is not believed to be silent", async () => {
  await send(tablet, "alice", "I am here");
  await sync(alice);
  leaveOut(tablet.address);
  await failsToSend();
});

test("what was fetched late does not make a device one that spoke lately", async () => {
  tablet.ahead = -40 * 24 * 3_600_000;
  tablet.reopen();
  await send(tablet, "alice", "on my way to the sea");
  await sync(alice);
  leaveOut(tablet.address);
  const { position } = queueMessage(alice.profile, { to: "bob", text: "hello" });
  await expect(deliver(alice, position)).rejects.toThrow("hands out itself");
  expect(readSecurityEvents(alice.profile.db)).toEqual([]);
});

test("of a deleted account all devices are left out: there is nobody to send to", async () => {
  await send(tablet, "alice", "I was here");
  await sync(alice);
  leaveOut(tablet.address, bob.address);
  const { position } = queueMessage(alice.profile, { to: "bob", text: "hello" });
  await expect(deliver(alice, position)).rejects.toMatchObject({ code: "not_allowed" });
});

test("a relay that leaves this device out lies", async () => {
  leaveOut(alice.address);
  await failsToSend();
});
