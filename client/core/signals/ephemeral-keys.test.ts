import { afterEach, beforeEach, expect, test } from "vitest";
import { toHex } from "../../../keys/index.ts";
import { type AliceAndBob, aliceAndBob, send } from "../../../test/support/alice-and-bob.ts";
import { findConversation } from "../../store/conversations.ts";

let world: AliceAndBob;

beforeEach(async () => {
  world = await aliceAndBob();
});
afterEach(() => world.remove());

/** What Alice's messages to Bob carry. */
function keyOfAlice(): string | undefined {
  const { alice, bob, relay } = world;
  const { id } = relay.log(alice.address.accountId, bob.address.accountId);
  const key = findConversation(alice.profile.db, id)?.ephemeralKey;
  return key && toHex(key);
}

test("the ephemeral key stays while the roster does, and a device that was removed never gets the next", async () => {
  const { alice, accounts } = world;
  const lost = await accounts.bob.addDevice();
  await send(alice, "bob", "1");
  const first = keyOfAlice();
  await send(alice, "bob", "2");
  expect(first).toMatch(/^[0-9a-f]{64}$/);
  expect(keyOfAlice()).toBe(first);
  accounts.bob.removeDevice(lost.device);
  await send(alice, "bob", "3");
  const second = keyOfAlice();
  expect(second).toMatch(/^[0-9a-f]{64}$/);
  expect(second).not.toBe(first);
});
