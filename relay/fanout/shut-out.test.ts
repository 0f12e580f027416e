import { afterAll, beforeAll, expect, test } from "vitest";
import { append, type BareRelay, nth, revocation, startBareRelay } from "../../test/support/bare-relay.ts";
import { shutOut } from "./shut-out.ts";

let relay: BareRelay;

beforeAll(async () => {
  relay = await startBareRelay();
});
afterAll(() => relay.stop());

test("each of many devices is known as what it is", async () => {
  const [alice, bob] = [await relay.person("alice", 2), await relay.person("bob")];
  const { accountId } = alice;
  await append(alice, revocation(alice, nth(alice.devices, 1).keys));
  const isShutOut = shutOut(relay.database);
  const devices = [...alice.devices, ...bob.devices].map(({ person, keys }) => {
    return { kind: "removed", accountId: person.accountId, deviceId: keys.deviceId } as const;
  });
  expect(await Promise.all(devices.map(isShutOut))).toEqual([false, true, false]);
  // Nobody there has a device of somebody else.
  expect(await isShutOut({ accountId, deviceId: nth(bob.devices, 0).keys.deviceId })).toBe(false);
});
