// Who gets a message, and which conversation it is in: SPEC §8.1, §8.2.
import { compare, concat, equal } from "./bytes.ts";
import { Writer } from "./encoding.ts";
import { KeysError } from "./errors.ts";
import { type AccountId, type ConversationId, conversationId, type DeviceId, type Hash } from "./ids.ts";
import { hashLabelled } from "./labelled.ts";
import { labels } from "./labels.ts";

export const MAX_ROSTER_DEVICES = 1024;

/** One slot of a roster; its place in the list is its slice of the packed wraps (SPEC §7.5). */
export interface RosterSlot {
  readonly accountId: AccountId;
  readonly deviceId: DeviceId;
}

export interface RosterMember {
  readonly accountId: AccountId;
  readonly devices: readonly { readonly deviceId: DeviceId }[];
}

function order(a: RosterSlot, b: RosterSlot): number {
  return compare(a.accountId, b.accountId) || compare(a.deviceId, b.deviceId);
}

/** All devices of all members in the one order there is. Throws `malformed` if one is in it twice. */
export function rosterOf(members: readonly RosterMember[]): RosterSlot[] {
  const slots = members.flatMap(({ accountId, devices }) =>
    devices.map(({ deviceId }) => ({ accountId, deviceId })),
  );
  slots.sort(order);
  checkRoster(slots);
  return slots;
}

function checkRoster(slots: readonly RosterSlot[]): void {
  if (slots.length > MAX_ROSTER_DEVICES) throw new KeysError("malformed", "too many devices in a roster");
  for (const [index, slot] of slots.entries()) {
    const before = slots[index - 1];
    if (before !== undefined && order(before, slot) >= 0) {
      throw new KeysError("malformed", "a roster out of order");
    }
  }
}

/** Throws `malformed` for a roster that is not in order. */
export function rosterHash(
  conversation: ConversationId,
  version: number,
  slots: readonly RosterSlot[],
): Hash {
  checkRoster(slots);
  const writer = new Writer().fixed(conversation, 32).u64(version).u32(slots.length);
  for (const slot of slots) writer.fixed(slot.accountId, 32).fixed(slot.deviceId, 16);
  return hashLabelled(labels.roster, writer.finish());
}

/** The direct conversation of two accounts. Throws `malformed` if they are one: that is `selfConversationId`. */
export function dmConversationId(one: AccountId, other: AccountId): ConversationId {
  if (equal(one, other)) throw new KeysError("malformed", "a direct conversation needs two accounts");
  const sorted = [one, other].sort(compare);
  return conversationId(hashLabelled(labels.dmConversation, concat(...sorted)));
}

/** An account's conversation with its own devices. */
export function selfConversationId(own: AccountId): ConversationId {
  return conversationId(hashLabelled(labels.selfConversation, own));
}
