import { afterEach, beforeEach, expect, test } from "vitest";
import { fingerprint, safetyNumber, toHex } from "../../../keys/index.ts";
import { type AliceAndBob, aliceAndBob, send, sync, texts } from "../../../test/support/alice-and-bob.ts";
import type { ProfileFixture } from "../../../test/support/profile-fixture.ts";
import { newestPrekey } from "../../store/prekeys.ts";
import { safetyNumberWith } from "../people/safety-number.ts";
import { record } from "../people/security.ts";
import { countPrekeysLeft, keyDetails } from "./key-details.ts";
import { measureRoundTrip, newestFindings } from "./relay-details.ts";
import { rotatePrekeys } from "./rotate-prekeys.ts";

let world: AliceAndBob;
let alice: ProfileFixture;
let bob: ProfileFixture;

beforeEach(async () => {
  world = await aliceAndBob();
  ({ alice, bob } = world);
});
afterEach(() => world.remove());

test("the own keys are known without a relay", async () => {
  world.relay.isDown = true;
  const { name, devices, sessions, fingerprint: digits } = keyDetails(alice.profile);
  expect(name).toBe("alice");
  expect(digits).toBe(fingerprint(alice.account.accountId));
  expect(devices).toMatchObject([{ id: toHex(alice.device.deviceId), isThis: true }]);
  expect(sessions).toBe(0);
});

test("sessions are counted by device, not by session", async () => {
  await send(alice, "bob", "one");
  await sync(bob);
  await send(bob, "alice", "two");
  await sync(alice);
  expect(keyDetails(alice.profile).sessions).toBe(1);
});

test("a set-up takes a one-time pair from what the relay has left", async () => {
  const before = await countPrekeysLeft(bob.connect);
  await send(alice, "bob", "one");
  expect(await countPrekeysLeft(bob.connect)).toBe((before ?? 0) - 1);
});

test("a rotation publishes new prekeys at once, and what was set up with the old ones still opens", async () => {
  const signed = newestPrekey(bob.profile.db, "signed");
  await send(alice, "bob", "before");
  await rotatePrekeys(bob.profile, bob.connect);
  expect(newestPrekey(bob.profile.db, "signed")?.id).toBe((signed?.id ?? 0) + 1);
  const [published] = await (await alice.connect()).takePrekeyBundles([bob.address]);
  expect(published).toBeDefined();
  await sync(bob);
  expect(texts(bob)).toEqual(["alice: before"]);
});

test("a rotation while the relay is away is published later", async () => {
  world.relay.isDown = true;
  await expect(rotatePrekeys(bob.profile, bob.connect)).rejects.toThrow();
  world.relay.isDown = false;
  await send(alice, "bob", "after");
  await sync(bob);
  expect(texts(bob)).toEqual(["alice: after"]);
});

test("both see the same safety number, of people they have not met too", async () => {
  const number = safetyNumber(alice.account.accountId, bob.account.accountId);
  expect(await safetyNumberWith(alice.profile, alice.connect, "bob")).toBe(number);
  world.relay.isDown = true;
  expect(await safetyNumberWith(alice.profile, alice.connect, "@bob")).toBe(number);
});

test("there is no safety number with oneself or with nobody", async () => {
  await expect(safetyNumberWith(alice.profile, alice.connect, "me")).rejects.toThrow("other people");
  await expect(safetyNumberWith(alice.profile, alice.connect, "nobody")).rejects.toThrow("Nobody");
});

test("findings are listed, the newest first", () => {
  record(alice.profile, "note", { kind: "device_added", text: "one" });
  record(alice.profile, "stop", { kind: "log_lost", text: "two" });
  expect(newestFindings(alice.profile).map(({ text, gravity }) => [text, gravity])).toEqual([
    ["two", "stop"],
    ["one", "note"],
  ]);
});

test("a round trip does not count what connecting takes", async () => {
  const times = [10, 17];
  expect(await measureRoundTrip(alice.connect, () => times.shift() ?? 0)).toBe(7);
});

test("what only the relay knows is unknown while it is away", async () => {
  world.relay.isDown = true;
  expect(await measureRoundTrip(alice.connect)).toBeUndefined();
  expect(await countPrekeysLeft(alice.connect)).toBeUndefined();
});
