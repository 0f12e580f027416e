import {
  type AccountId,
  equal,
  type Hash,
  type RosterSlot,
  rosterHash,
  rosterOf,
  toHex,
} from "../../../keys/index.ts";
import { NetError } from "../../net/net-error.ts";
import type { RelayConnection, Roster } from "../../net/relay-connection.ts";
import { saveAudience } from "../../store/audiences.ts";
import {
  deviceAddressKey,
  readConversation,
  type StoredConversation,
  setRoster,
} from "../../store/conversations.ts";
import { transact } from "../../store/database.ts";
import { hasSpokenSince } from "../../store/messages.ts";
import { ChatError } from "../chat-error.ts";
import {
  forgedConversation,
  heldLogs,
  isCount,
  isGroup,
  membersOf,
  noteLog,
  theConversation,
  whereabouts,
} from "../conversations/conversations.ts";
import { memberState, membershipOf } from "../groups/memberships.ts";
import type { Profile } from "../profile.ts";
import { knownChain, ownChain, refreshChains } from "./account-chains.ts";
import { alarm } from "./security.ts";

/**
 * The devices that get what is sent in a conversation, in the order of the roster: those of the pinned chains, but for
 * such as are absent.
 */
export function slotsOf(profile: Profile, conversation: StoredConversation): RosterSlot[] {
  const { absent } = conversation;
  return allSlotsOf(profile, conversation).filter((slot) => !absent.has(deviceAddressKey(slot)));
}

function allSlotsOf(profile: Profile, conversation: StoredConversation): RosterSlot[] {
  const chains = membersOf(profile, conversation).map((member) => knownChain(profile, member));
  return rosterOf(chains.flatMap((chain) => (chain === undefined ? [] : [chain])));
}

/** Whether the roster that this profile holds is the one that the pinned chains make, and the newest it heard of. */
export function hasRoster(profile: Profile, conversation: StoredConversation): boolean {
  const { conversationId: id, roster, rosterNamed, log } = conversation;
  if (id === undefined || roster === undefined || log === undefined || roster.version < rosterNamed)
    return false;
  return equal(rosterHash(id, roster.version, slotsOf(profile, conversation)), roster.hash);
}

/** How often a roster may be another than that of the members, while these stay the same. */
const MAX_ATTEMPTS = 3;
/** How often the members may change meanwhile. */
const MAX_ROUNDS = 30;

/**
 * Opens a conversation at the relay, or asks for its newest roster, and checks that the roster is just the union of
 * the members' verified, pinned chains: of newer chains, and of newer members, if need be. Throws `security_stop` if it is
 * not, `not_allowed` for a group that this account is not in any more, or that the relay has lost.
 */
export async function fetchRoster(
  profile: Profile,
  connection: RelayConnection,
  conversation: StoredConversation,
  bringToHead: (conversation: number) => Promise<void>,
): Promise<void> {
  const { conversation: number, conversationId: id, kind } = conversation;
  if (id === undefined) throw new Error("a provisional conversation has no roster");
  const members = membersOf(profile, conversation);
  const unseen = members.filter((member) => knownChain(profile, member) === undefined);
  if (unseen.length > 0) await refreshChains(profile, connection, unseen);
  let roster = await newestRoster(profile, connection, conversation);
  // The chains may have moved on since they were pinned, and the roster again since they were fetched. That members come
  // and go is no fault of the relay's.
  let attempts = 0;
  for (let rounds = 0; attempts < MAX_ATTEMPTS; rounds += 1) {
    if (rounds === MAX_ROUNDS) throw new NetError("timeout", "the group changes too fast");
    if (takeRoster(profile, number, roster)) return;
    const before = entriesHeld(profile, number);
    if (isAhead(profile, number, roster)) await bringToHead(number);
    const stored = readConversation(profile.db, number);
    if (isGroup(kind)) memberState(profile, stored);
    await refreshChains(profile, connection, membersOf(profile, stored));
    if (takeRoster(profile, number, roster)) return;
    if (entriesHeld(profile, number) === before) attempts += 1;
    roster = await connection.getRoster(id, 0n);
  }
  throw alarm(profile, {
    kind: "roster_forged",
    text: rosterTrouble(profile, conversation, roster),
    conversation: number,
    evidence: { version: Number(roster.version), devices: roster.devices.map(({ deviceId }) => deviceId) },
  });
}

async function newestRoster(
  profile: Profile,
  connection: RelayConnection,
  conversation: StoredConversation,
): Promise<Roster> {
  const { conversationId: id, kind, log } = conversation;
  if (log === undefined || id === undefined) return openAtRelay(profile, connection, conversation);
  try {
    return await connection.getRoster(id, 0n);
  } catch (error) {
    if (!(error instanceof NetError) || error.reason !== "unknown_conversation") throw error;
    // The relay has lost it. A direct conversation is opened anew; nobody would sign all of a group's entries again.
    if (!isGroup(kind)) return openAtRelay(profile, connection, conversation);
    throw new ChatError("not_allowed", `The relay does not know ${theConversation(conversation)} any more.`, {
      cause: error,
    });
  }
}

async function openAtRelay(
  profile: Profile,
  connection: RelayConnection,
  { conversation, conversationId, peerAccount }: StoredConversation,
): Promise<Roster> {
  if (peerAccount === undefined) throw new Error("a group has a log from the start");
  const held = heldLogs(profile);
  const opened = await connection.openDirect(peerAccount);
  if (conversationId === undefined || !equal(opened.conversation.conversationId, conversationId)) {
    throw forgedConversation(profile);
  }
  noteLog(profile, conversation, opened.conversation, held);
  return opened.roster;
}

/** How far the membership of a group is here. */
function entriesHeld(profile: Profile, conversation: number): number {
  const state = membershipOf(profile, readConversation(profile.db, conversation));
  return state === undefined ? 0 : state.head.sequence + 1;
}

/** Whether it goes by membership entries that are not here yet. */
function isAhead(profile: Profile, conversation: number, { membership }: Roster): boolean {
  return membership !== undefined && Number(membership.sequence) >= entriesHeld(profile, conversation);
}

/** For callers that learn from a refusal that the roster they hold is old. */
export function forgetRoster(profile: Profile, conversation: number): void {
  setRoster(profile.db, conversation, undefined);
}

function takeRoster(profile: Profile, conversation: number, shown: Roster): boolean {
  return transact(profile.db, () => {
    const stored = readConversation(profile.db, conversation);
    const { conversationId: id, rosterNamed } = stored;
    const absent = absentIn(profile, stored, shown);
    if (absent === undefined) return false;
    const left = new Set(absent.map(deviceAddressKey));
    const slots = allSlotsOf(profile, stored).filter((slot) => !left.has(deviceAddressKey(slot)));
    if (id === undefined || !isCount(shown.version) || Number(shown.version) < rosterNamed) return false;
    const version = Number(shown.version);
    const expected: Hash = rosterHash(id, version, slots);
    const isUnion =
      shown.devices.length === slots.length &&
      slots.every((slot, index) => {
        const device = shown.devices[index];
        return (
          device !== undefined &&
          equal(device.accountId, slot.accountId) &&
          equal(device.deviceId, slot.deviceId)
        );
      });
    if (!isUnion || !equal(shown.hash, expected) || !equal(shown.conversationId, id)) return false;
    setRoster(profile.db, conversation, { version, hash: expected }, absent);
    saveAudience(profile.db, conversation, version, othersOf(profile, slots));
    return true;
  });
}

/** A device that has spoken since cannot have been silent for as long as it takes to be left out. */
const SILENCE_MS = 30 * 24 * 3_600_000;

/**
 * The active devices that the relay leaves out: silent for long, it says, or of an account that was deleted. Undefined
 * when that cannot be: it is this device, or one that was heard of lately.
 */
function absentIn(
  profile: Profile,
  stored: StoredConversation,
  { absent }: Roster,
): readonly RosterSlot[] | undefined {
  if (absent.length === 0) return [];
  const named = new Set(absent.map(({ accountId, deviceId }) => toHex(accountId) + toHex(deviceId)));
  const slots = allSlotsOf(profile, stored).filter((slot) => named.has(deviceAddressKey(slot)));
  const { identity, runtime, db } = profile;
  const since = runtime.now() - SILENCE_MS;
  const present = allSlotsOf(profile, stored).filter((slot) => !named.has(deviceAddressKey(slot)));
  // Of an account that was deleted none is left, whenever it spoke.
  const isThere = (slot: RosterSlot): boolean =>
    equal(slot.deviceId, identity.deviceId) ||
    (present.some(({ accountId }) => equal(accountId, slot.accountId)) && hasSpokenSince(db, slot, since));
  return slots.length < named.size || slots.some(isThere) ? undefined : slots;
}

function othersOf({ identity }: Profile, slots: readonly RosterSlot[]): AccountId[] {
  const others = slots.filter(({ accountId }) => !equal(accountId, identity.accountId));
  return others.map(({ accountId }) => accountId);
}

function rosterTrouble(profile: Profile, conversation: StoredConversation, shown: Roster): string {
  const slots = slotsOf(profile, conversation);
  if (isGroup(conversation.kind)) {
    return `The relay's list of devices ${whereabouts(conversation)} is not that of its members.`;
  }
  const isKnown = (device: { deviceId: Uint8Array }) =>
    slots.some((slot) => equal(slot.deviceId, device.deviceId));
  const foreign = shown.devices.find((device) => !isKnown(device));
  if (foreign === undefined) {
    return `The relay's list of devices for ${conversation.peerName} is not the one that the account signed.`;
  }
  const own = equal(foreign.accountId, profile.identity.accountId);
  const whose = own ? ownChain(profile).name : conversation.peerName;
  return `The relay lists a device that ${whose}'s account does not have.`;
}
