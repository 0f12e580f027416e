import {
  type AccountId,
  type ChainHead,
  type ChainPin,
  type EnvelopeHeader,
  equal,
  type Inner,
  type OpenedEnvelope,
} from "../../../keys/index.ts";
import { nameHead } from "../../store/accounts.ts";
import type { StoredConversation } from "../../store/conversations.ts";
import { noteHeadInLog, takeOwnHeads } from "../../store/heads-in-logs.ts";
import { firstLogHash, readLogHashes } from "../../store/log-hashes.ts";
import { readSenderCount, type StoredCount, saveSenderCount } from "../../store/senders.ts";
import type { StagedRow } from "../../store/staged-rows.ts";
import { theConversation, wasLost } from "../conversations/conversations.ts";
import { nameOf } from "../groups/memberships.ts";
import { erasedSince } from "../messages/erased-rows.ts";
import { knownChain, pinOwnChain } from "../people/account-chains.ts";
import { record } from "../people/security.ts";
import type { Profile } from "../profile.ts";

/**
 * What an opened message says beside its content: how far its sender had seen the log and the chains, and how many
 * messages it has sent. Whatever does not fit is recorded; the message is shown all the same. Inside a transaction.
 */
export function checkOpened(
  profile: Profile,
  conversation: StoredConversation,
  row: StagedRow,
  { header, inner, contentHash }: OpenedEnvelope,
): void {
  checkLogSeen(profile, conversation, row, header, inner);
  for (const head of inner.chainHeads) {
    noteHead(profile, head.accountId, head);
    noteHeadAt(profile, conversation, row, head);
  }
  takeCount(profile, conversation, row, { header, inner, contentHash });
}

/** Also of what a relay that was put back delivers again. Inside a transaction. */
export function takeCount(
  profile: Profile,
  conversation: StoredConversation,
  row: StagedRow,
  { header, inner, contentHash }: Pick<OpenedEnvelope, "header" | "inner" | "contentHash">,
): void {
  const { sender, senderDevice } = header;
  const before = readSenderCount(profile.db, conversation.conversation, sender, senderDevice);
  if (before !== undefined && inner.senderSequence <= before.sequence) return;
  if (before !== undefined) checkCount(profile, conversation, row, header, inner, before);
  const count = { sequence: inner.senderSequence, content: contentHash };
  saveSenderCount(profile.db, conversation.conversation, sender, senderDevice, count, inner.ephemeralKey);
}

/** SPEC §8.6: a message of this device speaks of heads too. Once its row has come. Inside a transaction. */
export function noteOwnHeads(profile: Profile, conversation: StoredConversation, row: StagedRow): void {
  for (const head of takeOwnHeads(profile.db, row.rowHash)) noteHeadAt(profile, conversation, row, head);
}

function noteHeadAt(
  { db }: Profile,
  { conversation, generation }: StoredConversation,
  row: StagedRow,
  { accountId, ...head }: ChainPin,
): void {
  noteHeadInLog(db, { conversation, generation, accountId }, head, row.sequence);
}

/** SPEC §8.3: what the sender had seen of the log is what this device has seen of it. */
function checkLogSeen(
  profile: Profile,
  conversation: StoredConversation,
  row: StagedRow,
  { sender, senderDevice }: EnvelopeHeader,
  { logSeen }: Inner,
): void {
  const known = readLogHashes(profile.db, conversation.conversation, logSeen.sequence);
  if (known.some((hash) => equal(hash, logSeen.hash))) return;
  // The sender can have seen what came before a log that was lost, and that this device never saw.
  if (wasLost(conversation) && known.length === 0) return;
  // The first of its messages since the relay was put back may have been sealed before.
  const counted = readSenderCount(profile.db, conversation.conversation, sender, senderDevice);
  if (conversation.restored && counted?.isBeforeRestore !== false) return;
  // And a newcomer has not seen what came before him.
  const { conversation: number, generation } = conversation;
  if (logSeen.sequence < firstLogHash(profile.db, number, generation)) return;
  record(profile, "stop", {
    kind: "log_forked",
    text: `The relay shows ${nameOf(profile, sender)} another history of ${theConversation(conversation)} than it shows you.`,
    conversation: conversation.conversation,
    evidence: { row: row.sequence, seenBySender: logSeen, seenHere: known },
  });
}

/** Each sending device counts its messages and names the one before. What the relay has erased leaves a gap. */
function checkCount(
  profile: Profile,
  conversation: StoredConversation,
  row: StagedRow,
  header: EnvelopeHeader,
  inner: Inner,
  before: StoredCount,
): void {
  const gap = inner.senderSequence - before.sequence - 1;
  if (gap === 0 && equal(inner.previousContent, before.content)) return;
  const text =
    gap > 0
      ? whatIsMissing(profile, conversation, row, header, { gap, before })
      : anotherOneBefore(conversation);
  if (text === undefined) return;
  record(profile, "note", {
    kind: "message_missing",
    text,
    accountId: header.sender,
    conversation: conversation.conversation,
    evidence: { device: header.senderDevice, before: before.sequence, now: inner.senderSequence },
  });
}

/** Undefined: those that are missing were taken back, as far as the relay says. */
function whatIsMissing(
  profile: Profile,
  conversation: StoredConversation,
  row: StagedRow,
  { sender, senderDevice }: EnvelopeHeader,
  { gap, before }: { readonly gap: number; readonly before: StoredCount },
): string | undefined {
  if (before.isBeforeRestore) {
    return `${howMany(gap)} in ${theConversation(conversation)} may be lost since the relay was put back.`;
  }
  const device = { accountId: sender, deviceId: senderDevice };
  const erased = erasedSince(profile, conversation, device, row.sequence);
  const where = theConversation(conversation);
  const missing = gap - erased.deleted - erased.expired;
  if (missing > 0) return `${howMany(missing)} in ${where} did not arrive.`;
  const expired = gap - erased.deleted;
  return expired > 0 ? `${howMany(expired)} in ${where} had disappeared before arriving here.` : undefined;
}

function howMany(messages: number): string {
  return messages === 1 ? "A message" : `${messages} messages`;
}

function anotherOneBefore(conversation: StoredConversation): string {
  return `A message in ${theConversation(conversation)} is not the one that its sender goes on from.`;
}

function noteHead(profile: Profile, account: AccountId, head: ChainHead): void {
  if (equal(account, profile.identity.accountId)) pinOwnChain(profile);
  const chain = knownChain(profile, account);
  if (chain === undefined) return;
  const known = chain.hashes[head.sequence];
  if (known === undefined) nameHead(profile.db, account, head);
  else if (!equal(known, head.hash)) {
    record(profile, "stop", {
      kind: "chain_fork",
      text: `A message speaks of another history of ${chain.name}'s devices than the relay shows.`,
      accountId: account,
      evidence: { named: head, pinned: known },
    });
  }
}
