import fc from "fast-check";
import { expect, test } from "vitest";
import { refusal } from "../test/support/assertions.ts";
import { equal, toHex } from "./bytes.ts";
import { accountId, conversationId, deviceId } from "./ids.ts";
import { dmConversationId, MAX_ROSTER_DEVICES, rosterHash, rosterOf, selfConversationId } from "./roster.ts";

const account = (byte: number) => accountId(new Uint8Array(32).fill(byte));
const device = (number: number) => {
  const bytes = new Uint8Array(16);
  new DataView(bytes.buffer).setUint32(12, number);
  return { deviceId: deviceId(bytes) };
};
const conversation = conversationId(new Uint8Array(32));
const members = [
  { accountId: account(0x80), devices: [device(2), device(1)] },
  { accountId: account(0x7f), devices: [device(9)] },
];

test("a roster is in the order of account, then device, as unsigned bytes", () => {
  const slots = rosterOf(members).map((slot) => `${slot.accountId[0]} ${slot.deviceId[15]}`);
  expect(slots).toEqual(["127 9", "128 1", "128 2"]);
});

test("in whatever order members and devices come, the hash is the same", () => {
  const hashOf = (list: typeof members) => toHex(rosterHash(conversation, 1, rosterOf(list)));
  const orders = fc.tuple(fc.boolean(), fc.boolean());
  fc.assert(
    fc.property(orders, ([swapMembers, swapDevices]) => {
      const list = members.map(({ accountId: id, devices }) => ({
        accountId: id,
        devices: swapDevices ? devices.toReversed() : devices,
      }));
      expect(hashOf(swapMembers ? list.toReversed() : list)).toBe(hashOf(members));
    }),
  );
});

test("another conversation, version or device is another hash", () => {
  const slots = rosterOf(members);
  const hashes = [
    rosterHash(conversation, 1, slots),
    rosterHash(conversation, 2, slots),
    rosterHash(conversationId(new Uint8Array(32).fill(1)), 1, slots),
    rosterHash(conversation, 1, slots.slice(1)),
    rosterHash(conversation, 1, []),
  ].map(toHex);
  expect(new Set(hashes).size).toBe(hashes.length);
});

test("a device twice, or slots out of order, are refused", () => {
  const slots = rosterOf(members);
  expect(refusal(() => rosterHash(conversation, 1, slots.toReversed()))).toBe("malformed");
  const twice = [{ accountId: account(1), devices: [device(1), device(1)] }];
  expect(refusal(() => rosterOf(twice))).toBe("malformed");
});

test("the same device id under two accounts is two devices", () => {
  const shared = [account(1), account(2)].map((id) => ({ accountId: id, devices: [device(1)] }));
  expect(rosterOf(shared)).toHaveLength(2);
});

test("1,024 devices fit, one more does not", () => {
  const crowd = (count: number) => [
    { accountId: account(1), devices: Array.from({ length: count }, (_, index) => device(index)) },
  ];
  expect(rosterOf(crowd(MAX_ROSTER_DEVICES))).toHaveLength(MAX_ROSTER_DEVICES);
  expect(refusal(() => rosterOf(crowd(MAX_ROSTER_DEVICES + 1)))).toBe("malformed");
});

test("a direct conversation has one id for both, and is not either's own", () => {
  const [one, other] = [account(1), account(2)];
  expect(equal(dmConversationId(one, other), dmConversationId(other, one))).toBe(true);
  expect(equal(dmConversationId(one, other), dmConversationId(one, account(3)))).toBe(false);
  expect(equal(selfConversationId(one), selfConversationId(other))).toBe(false);
  expect(refusal(() => dmConversationId(one, account(1)))).toBe("malformed");
});
