import {
  asSecret,
  type ChainPin,
  compare,
  type DeviceAddress,
  type EphemeralKey,
  ephemeralKey,
  equal,
  type Hash,
  hash,
  headOf,
  messageRowHash,
  packWraps,
  type RosterSlot,
  type SessionState,
  sealEnvelope,
  sealWrap,
} from "../../../keys/index.ts";
import { audienceOf, noteRosterOf } from "../../store/audiences.ts";
import {
  readConversation,
  type StoredConversation,
  setEphemeralKey,
  setSender,
} from "../../store/conversations.ts";
import { transact } from "../../store/database.ts";
import { saveOwnHeads } from "../../store/heads-in-logs.ts";
import { readMessage, type StoredMessage } from "../../store/messages.ts";
import { type Intent, readIntentsOf, saveSealed } from "../../store/outbox.ts";
import { saveOwnRow } from "../../store/own-rows.ts";
import { readSession, updateSession } from "../../store/sessions.ts";
import { ChatError } from "../chat-error.ts";
import { isGroup, membersOf } from "../conversations/conversations.ts";
import { memberState } from "../groups/memberships.ts";
import { ownRights } from "../groups/rights.ts";
import { contentFor } from "../messages/content.ts";
import { knownChain, ownDevice } from "../people/account-chains.ts";
import { hasRoster, slotsOf } from "../people/rosters.ts";
import { addressKey, sessionFor } from "../people/sessions.ts";
import type { Profile } from "../profile.ts";
import { failIntent } from "./fail-intent.ts";

const noContent = hash(new Uint8Array(32));

/** Sealed: what could be. Otherwise what the network has to bring first. */
export type SealOutcome =
  | { readonly kind: "sealed" }
  | { readonly kind: "needs roster" }
  | { readonly kind: "needs sessions"; readonly peers: readonly DeviceAddress[] };

/**
 * Seals the intents of a conversation up to the given one, in one transaction with the ratchets that it advances,
 * SPEC §6-§7: a crash leaves either all of it or nothing. What is sealed already stays as it is. Throws `not_allowed`
 * when no device of the peer can get it, `signed_out` when this device is not in its account any more.
 */
export function sealConversation(profile: Profile, conversation: number, through: number): SealOutcome {
  return transact(profile.db, () => {
    const stored = readConversation(profile.db, conversation);
    const waiting = readIntentsOf(profile.db, conversation, through).filter(
      (intent) => intent.sealed === undefined,
    );
    if (waiting.length === 0) return { kind: "sealed" };
    if (isGroup(stored.kind)) memberState(profile, stored);
    if (!hasRoster(profile, stored)) return { kind: "needs roster" };
    const slots = slotsOf(profile, stored);
    const sessions = sessionsOf(profile, slots);
    if ("missing" in sessions) return { kind: "needs sessions", peers: sessions.missing };
    checkReachable(profile, stored, slots, sessions);
    sealAll(profile, stored, slots, sessions, waiting);
    return { kind: "sealed" };
  });
}

type Sessions = Map<string, SessionState>;

function sessionsOf(profile: Profile, slots: readonly RosterSlot[]): Sessions | { missing: DeviceAddress[] } {
  const sessions: Sessions = new Map();
  const missing: DeviceAddress[] = [];
  for (const slot of slots) {
    if (isThisDevice(profile, slot)) continue;
    const found = sessionFor(profile, slot);
    if (found === "to be set up") missing.push(slot);
    else if (found !== "nothing published") sessions.set(addressKey(slot), found);
  }
  return missing.length > 0 ? { missing } : sessions;
}

function isThisDevice(profile: Profile, slot: RosterSlot): boolean {
  const { identity } = profile;
  return equal(slot.deviceId, identity.deviceId) && equal(slot.accountId, identity.accountId);
}

function checkReachable(
  profile: Profile,
  conversation: StoredConversation,
  slots: readonly RosterSlot[],
  sessions: Sessions,
): void {
  ownDevice(profile);
  if (conversation.kind === "self") return;
  if (isGroup(conversation.kind)) {
    ownRights(profile, conversation);
    return;
  }
  const { peerAccount, peerName } = conversation;
  const isReachable = slots.some(
    (slot) =>
      peerAccount !== undefined && equal(slot.accountId, peerAccount) && sessions.has(addressKey(slot)),
  );
  if (!isReachable) {
    // A failed message keeps the sentence only: it says what has to happen.
    const text = `None of ${peerName}'s devices can receive messages before ${peerName} has been online again.`;
    throw new ChatError("not_allowed", text, { hint: "Send it again then." });
  }
}

function sealAll(
  profile: Profile,
  conversation: StoredConversation,
  slots: readonly RosterSlot[],
  sessions: Sessions,
  waiting: readonly Intent[],
): void {
  const key = conversation.ephemeralKey ?? ephemeralKey(asSecret(profile.runtime.random(32)));
  const heads = chainHeads(profile, conversation);
  const used: Sessions = new Map();
  let last = { sequence: conversation.senderSequence, content: conversation.previousContent };
  for (const intent of waiting) {
    const message = readMessage(profile.db, intent.position);
    const isNeeded = message !== undefined && !isNeedless(profile, intent, sessions);
    const content = isNeeded ? contentFor(profile, intent, message) : undefined;
    if (message === undefined || content === undefined) {
      // Its message was taken back, or its time was over, before it went out.
      failIntent(profile, intent, new ChatError("not_allowed", "It was taken back before it was sent."));
      continue;
    }
    const sealed = sealOne(profile, {
      conversation,
      heads,
      key,
      slots,
      sessions,
      used,
      last,
      intent,
      message,
      content,
    });
    saveSealed(profile.db, intent.intent, { envelope: sealed.envelope, wraps: sealed.wraps, before: last });
    if (!isSentAgain(conversation, message)) {
      noteRosterOf(profile.db, intent.position, conversation.roster?.version ?? 0);
    }
    const rowHash = messageRowHash(sealed.envelopeHash);
    saveOwnRow(profile.db, rowHash, intent.conversation, intent.position);
    saveOwnHeads(profile.db, rowHash, heads);
    last = { sequence: last.sequence + 1, content: sealed.contentHash };
  }
  for (const session of used.values()) updateSession(profile.db, session);
  setSender(profile.db, conversation.conversation, last);
  setEphemeralKey(profile.db, conversation.conversation, key);
}

interface SealInput {
  readonly conversation: StoredConversation;
  readonly heads: readonly ChainPin[];
  readonly key: EphemeralKey;
  readonly slots: readonly RosterSlot[];
  /** Advanced in place, and noted in `used`. */
  readonly sessions: Sessions;
  readonly used: Sessions;
  readonly last: { readonly sequence: number; readonly content: Hash | undefined };
  readonly intent: Intent;
  readonly message: StoredMessage;
  readonly content: Uint8Array;
}

function sealOne(profile: Profile, input: SealInput) {
  const { conversation, heads, key, slots, sessions, used, last, intent, message, content } = input;
  const { conversationId, roster, log } = conversation;
  if (conversationId === undefined || roster === undefined || log === undefined) throw new Error("not open");
  const { random } = profile.runtime;
  const { envelope, envelopeHash, contentKey, contentHash } = sealEnvelope({
    header: {
      conversation: conversationId,
      messageId: message.messageId,
      attempt: intent.attempt,
      sender: profile.identity.accountId,
      senderDevice: profile.identity.deviceId,
      rosterVersion: roster.version,
      rosterHash: roster.hash,
      expiresAt: wholeMinutes(message.expiresAt),
    },
    inner: {
      contentType: 1,
      senderSequence: last.sequence + 1,
      previousContent: last.content ?? noContent,
      logSeen: log.head,
      chainHeads: heads,
      ephemeralKey: key,
      sentAt: message.sentAt,
      body: content,
    },
    random,
  });
  const isFor = recipientsOf(profile, conversation, message);
  const slices = slots.map((slot) => {
    const session = sessions.get(addressKey(slot));
    if (session === undefined || !isFor(slot)) return null;
    const sealed = sealWrap(session, contentKey, envelopeHash, random);
    sessions.set(addressKey(slot), sealed.session);
    used.set(addressKey(slot), sealed.session);
    return sealed.wrap;
  });
  return { envelope, envelopeHash, contentHash, wraps: packWraps(slices) };
}

/** What a relay that was put back has lost of a group: meanwhile others may have come in. */
function isSentAgain({ kind }: StoredConversation, { arrival }: StoredMessage): boolean {
  return isGroup(kind) && arrival !== undefined;
}

/** Sent again, a message is for whom it was for: else a relay could have it shown to whoever came in later. */
function recipientsOf(
  { db, identity }: Profile,
  conversation: StoredConversation,
  message: StoredMessage,
): (slot: RosterSlot) => boolean {
  if (!isSentAgain(conversation, message)) return () => true;
  const accounts = [identity.accountId, ...audienceOf(db, message.position)];
  return (slot) => accounts.some((account) => equal(account, slot.accountId));
}

/** The relay learns the minute, in seconds since 1970; 0: never. */
function wholeMinutes(expiresAt: number | undefined): number {
  return expiresAt === undefined ? 0 : Math.ceil(expiresAt / 60_000) * 60;
}

function chainHeads(profile: Profile, conversation: StoredConversation): ChainPin[] {
  // In a group the roster hash has to do for the others: 256 heads would be 18 KiB in every message.
  const members = isGroup(conversation.kind)
    ? [profile.identity.accountId]
    : membersOf(profile, conversation);
  return members
    .flatMap((member) => {
      const chain = knownChain(profile, member);
      return chain === undefined ? [] : [headOf(chain)];
    })
    .sort((one, other) => compare(one.accountId, other.accountId));
}

/**
 * A confirmation has nothing to say once anything was sent in its session, or when that is not the session with its
 * device any more; nor has any to a device that has left the roster.
 */
function isNeedless(profile: Profile, intent: Intent, sessions: Sessions): boolean {
  if (intent.purpose !== "confirmation" && intent.purpose !== "renewal") return false;
  const current = sessions.get(addressKey(intent.device));
  if (current === undefined || intent.device === undefined) return true;
  if (intent.session === undefined) return false;
  if (equal(current.id, intent.session)) return current.ratchet.sending.chain > 0;
  const stored = readSession(profile.db, intent.session);
  return stored === undefined || stored.ratchet.sending.chain > 0;
}
