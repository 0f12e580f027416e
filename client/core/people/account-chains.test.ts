import { afterEach, beforeEach, expect, test } from "vitest";
import { type AliceAndBob, aliceAndBob, send, sync } from "../../../test/support/alice-and-bob.ts";
import { readSecurityEvents } from "../../store/security-events.ts";
import { knownChain, refreshChains } from "./account-chains.ts";

let world: AliceAndBob;
beforeEach(async () => {
  world = await aliceAndBob();
});
afterEach(() => world.remove());

test("an answer that somebody else overtakes is no alarm", async () => {
  const { bob, accounts } = world;
  const { accountId } = accounts.alice;
  await send(world.alice, "bob", "hello");
  await sync(bob);
  const laptop = await accounts.alice.addDevice();
  const slow = await bob.connect();
  const asked = slow.getAccountChains.bind(slow);
  slow.getAccountChains = async (wanted) => {
    const answer = await asked(wanted);
    accounts.alice.removeDevice(laptop.device);
    await refreshChains(bob.profile, await bob.connect(), [accountId]);
    return answer;
  };
  await refreshChains(bob.profile, slow, [accountId]);
  expect(readSecurityEvents(bob.profile.db).filter(({ kind }) => kind.startsWith("chain_"))).toEqual([]);
  expect(knownChain(bob.profile, accountId)?.devices.length).toBe(1);
  expect(knownChain(bob.profile, accountId)?.head.sequence).toBe(2);
});
