import {
  type AccountId,
  accountId,
  type ConversationId,
  dmConversationId,
  equal,
  hash,
  incarnation,
  logStart,
  selfConversationId,
  validName,
} from "../../../keys/index.ts";
import { ConversationKind as RelayKind } from "../../../proto/gen/sotto/relay/v1/messaging_pb.ts";
import type { Conversation, RelayConnection } from "../../net/relay-connection.ts";
import { readPinnedName } from "../../store/accounts.ts";
import {
  addConversation,
  type ConversationKind,
  findDirect,
  findFormer,
  findNumbered,
  findProvisional,
  mergeConversation,
  nameRelayHead,
  readConversation,
  readConversations,
  type StoredConversation,
  settleConversation,
  startLog,
} from "../../store/conversations.ts";
import { transact } from "../../store/database.ts";
import { forgetErased } from "../../store/erased-rows.ts";
import { findGroups, readInvitations } from "../../store/groups.ts";
import { keepHeads } from "../../store/heads-in-logs.ts";
import { saveLogHash } from "../../store/log-hashes.ts";
import { countMessages } from "../../store/messages.ts";
import { forgetPromises } from "../../store/own-rows.ts";
import { deleteAllStaged } from "../../store/staged-rows.ts";
import { ChatError } from "../chat-error.ts";
import { learnGroup } from "../groups/learn-group.ts";
import { membershipOf, nameOf } from "../groups/memberships.ts";
import { knownChain, meetPerson, refreshChains } from "../people/account-chains.ts";
import { badName, foldName } from "../people/names.ts";
import { alarm, record } from "../people/security.ts";
import { admit } from "../people/standing.ts";
import type { Profile } from "../profile.ts";
import { forgetReceipts } from "../receipts/receipts.ts";
import { continueRestored, sendLostAgain, wasPutBack } from "../restored-relay/continue-log.ts";
import { selfConversation } from "./self-conversation.ts";
import { showStart, wasThereFromTheStart } from "./show-start.ts";

const { GROUP, ROOM } = RelayKind;

/** What a name given by the user stands for. */
export type Destination =
  | { readonly kind: "self" }
  | { readonly kind: "person"; readonly name: string; readonly accountId: AccountId | undefined }
  | { readonly kind: "group"; readonly name: string; readonly conversation: number };

/**
 * `alice`, `@alice`, `#ops`, `ops`, `me`. Whether a person exists may not be known; a group is one that this account is
 * or was in, never a mere invitation. Throws `unknown_conversation`, `bad_name`, `ambiguous_name`.
 */
export function resolveTo(profile: Profile, given: string): Destination {
  if (given.startsWith("#")) return groupCalled(profile, given);
  const name = foldName(given);
  if (name === "me" || name === profile.identity.name) return { kind: "self" };
  const accountId = readPinnedName(profile.db, name);
  const group = given.startsWith("@") ? undefined : findGroupCalled(profile, name);
  if (group !== undefined) {
    if (accountId !== undefined) throw ambiguousName(name);
    return { kind: "group", name, conversation: group.conversation };
  }
  if (!validName(name)) return formerPerson(profile, name) ?? failBadName(given);
  return { kind: "person", name, accountId };
}

/** `bob (before 2026-11-21)`: an account that had the name before another came. */
function formerPerson({ db }: Profile, name: string): Destination | undefined {
  const accountId = findFormer(db, name)?.peerAccount;
  return accountId === undefined ? undefined : { kind: "person", name, accountId };
}

function failBadName(given: string): never {
  throw badName(given);
}

/** `#ops` or, where nothing but a group or room can be meant, `ops`. Throws `unknown_conversation`. */
export function groupCalled(profile: Profile, given: string): Extract<Destination, { kind: "group" }> {
  const name = given.replace(/^#/, "").toLowerCase();
  const group = findGroupCalled(profile, name);
  if (group !== undefined) return { kind: "group", name, conversation: group.conversation };
  const isInvited = readInvitations(profile.db).some(({ peerName }) => peerName === name);
  throw new ChatError("unknown_conversation", `You are in no group or room called ${name}.`, {
    hint: isInvited
      ? `You are invited: \`chat group accept ${name}\` joins it.`
      : "`chat list` lists yours, `chat rooms` those that are open to everyone.",
  });
}

function findGroupCalled(profile: Profile, name: string): StoredConversation | undefined {
  // A new invitation to one that was left takes nothing from who can still read it.
  return findGroups(profile.db, name).find(({ standing, log }) => standing === "member" || log !== undefined);
}

function ambiguousName(name: string): ChatError {
  return new ChatError("ambiguous_name", `${name} is a person and a group.`, {
    hint: `Write @${name} for the person, "#${name}" for the group.`,
  });
}

/** The conversation with a destination, if there is one. */
export function findConversationWith(
  profile: Profile,
  destination: Destination,
): StoredConversation | undefined {
  if (destination.kind === "group") return findNumbered(profile.db, destination.conversation);
  const id = conversationIdOf(profile, destination);
  if (id !== undefined) {
    const found = findDirect(profile.db, id);
    if (found !== undefined) return found;
  }
  return destination.kind === "person" ? findProvisional(profile.db, destination.name) : undefined;
}

/** The same, made when there is none: provisional while the account is not known. Inside a transaction. */
export function conversationWith(profile: Profile, destination: Destination): number {
  const found = findConversationWith(profile, destination);
  if (found !== undefined) return found.conversation;
  if (destination.kind === "group") return destination.conversation;
  if (destination.kind === "self") return selfConversation(profile);
  const { name, accountId } = destination;
  if (accountId === undefined) return addConversation(profile.db, { kind: "dm", peerName: name });
  return addConversation(profile.db, {
    conversationId: dmConversationId(profile.identity.accountId, accountId),
    kind: "dm",
    peerName: name,
    peerAccount: accountId,
  });
}

function conversationIdOf(
  profile: Profile,
  destination: Exclude<Destination, { kind: "group" }>,
): ConversationId | undefined {
  const own = profile.identity.accountId;
  if (destination.kind === "self") return selfConversationId(own);
  return destination.accountId === undefined ? undefined : dmConversationId(own, destination.accountId);
}

/** A mere name for which nothing is left to be sent: the relay knew nobody of that name. */
export function isNobody(profile: Profile, { conversation, conversationId }: StoredConversation): boolean {
  return conversationId === undefined && countMessages(profile.db, conversation).queued === 0;
}

/** The accounts whose devices get what is sent: of a direct conversation this one first, of a group in their order. */
export function membersOf(profile: Profile, conversation: StoredConversation): AccountId[] {
  const { kind, peerAccount } = conversation;
  const own = profile.identity.accountId;
  if (isGroup(kind)) {
    return (membershipOf(profile, conversation)?.members ?? []).map(({ accountId: member }) => member);
  }
  return kind === "self" || peerAccount === undefined ? [own] : [own, peerAccount];
}

export function isGroup(kind: ConversationKind): kind is "group" | "room" {
  return kind === "group" || kind === "room";
}

/**
 * Where to send what is for one account only, such as a receipt, or the confirmation of a session with a device of its:
 * the direct conversation with it. In a group it would be wrapped for everybody. Inside a transaction.
 */
export function meetingPlace(profile: Profile, stored: StoredConversation, peer: AccountId): number {
  if (!isGroup(stored.kind)) return stored.conversation;
  if (equal(peer, profile.identity.accountId)) return conversationWith(profile, { kind: "self" });
  return conversationWith(profile, { kind: "person", name: nameOf(profile, peer), accountId: peer });
}

/** Whether the relay has begun its log anew, or from an older state. In a group or room another generation is another stay in the same log. */
export function wasLost({ generation, kind, restored }: StoredConversation): boolean {
  return restored || (generation > 1 && !isGroup(kind));
}

/** For the middle of a sentence: `the conversation with alice`, `#ops`. */
export function theConversation(stored: StoredConversation): string {
  return isGroup(stored.kind) ? `#${stored.peerName}` : `the conversation with ${stored.peerName}`;
}

/** For the middle of a sentence: `with alice`, `in #ops`. */
export function whereabouts({ kind, peerName }: StoredConversation): string {
  return isGroup(kind) ? `in #${peerName}` : `with ${peerName}`;
}

/** Finds the account behind a provisional conversation. Returns the conversation's number, which may be another then. */
export async function settle(
  profile: Profile,
  connection: RelayConnection,
  provisional: StoredConversation,
): Promise<number> {
  const known = readPinnedName(profile.db, provisional.peerName);
  const peer = known ?? (await meetPerson(profile, connection, provisional.peerName));
  return transact(profile.db, () => settleWith(profile, provisional.peerName, peer));
}

/** Gives a provisional conversation with this name, if there is one, its account. Inside a transaction. */
function settleWith(profile: Profile, name: string, peer: AccountId): number {
  const id = dmConversationId(profile.identity.accountId, peer);
  const provisional = findProvisional(profile.db, name);
  const existing = findDirect(profile.db, id);
  if (provisional === undefined) {
    return (
      existing?.conversation ??
      addConversation(profile.db, { conversationId: id, kind: "dm", peerName: name, peerAccount: peer })
    );
  }
  // A name alone is here because one wrote to it.
  admit(profile, peer);
  if (existing === undefined) {
    settleConversation(profile.db, provisional.conversation, id, peer);
    return provisional.conversation;
  }
  mergeConversation(profile.db, provisional.conversation, existing.conversation);
  return existing.conversation;
}

/**
 * How far each log is here. Taken before the relay is asked: what it answers may be older than what another process of
 * this profile has received in the meantime, but not older than this.
 */
export function heldLogs(profile: Profile): HeldLogs {
  return new Map(
    readConversations(profile.db).flatMap(({ conversation, log }) =>
      log === undefined ? [] : [[conversation, log] as const],
    ),
  );
}

/** By the number of the conversation. */
export type HeldLogs = ReadonlyMap<number, NonNullable<StoredConversation["log"]>>;

/**
 * Takes in a conversation as the relay describes it; nothing of it is believed that cannot be reckoned. Undefined: its
 * peer's account does not exist. Throws `security_stop`.
 */
export async function learnConversation(
  profile: Profile,
  connection: RelayConnection,
  shown: Conversation,
  heldBefore: HeldLogs,
): Promise<number | undefined> {
  const conversation = isShownAsGroup(shown)
    ? await learnGroup(profile, connection, shown)
    : (findDirect(profile.db, shown.conversationId)?.conversation ??
      (await addShown(profile, connection, shown)));
  if (conversation !== undefined) noteLog(profile, conversation, shown, heldBefore);
  return conversation;
}

function isShownAsGroup({ kind }: Conversation): boolean {
  return kind === GROUP || kind === ROOM;
}

async function addShown(
  profile: Profile,
  connection: RelayConnection,
  shown: Conversation,
): Promise<number | undefined> {
  const own = profile.identity.accountId;
  const others = shown.members.filter((member) => !equal(member, own));
  const [other] = others;
  if (others.length > 1 || shown.members.length !== others.length + 1) throw forgedConversation(profile);
  const peer = other === undefined ? undefined : checkedAccount(profile, other);
  const id = peer === undefined ? selfConversationId(own) : dmConversationId(own, peer);
  if (!equal(id, shown.conversationId)) throw forgedConversation(profile);
  if (peer === undefined) return transact(profile.db, () => conversationWith(profile, { kind: "self" }));
  if (knownChain(profile, peer) === undefined) await refreshChains(profile, connection, [peer]);
  const chain = knownChain(profile, peer);
  return chain && transact(profile.db, () => settleWith(profile, chain.name, peer));
}

function checkedAccount(profile: Profile, bytes: Uint8Array): AccountId {
  if (bytes.length !== 32) throw forgedConversation(profile);
  return accountId(bytes);
}

export function forgedConversation(profile: Profile): ChatError {
  return alarm(profile, {
    kind: "log_invalid",
    text: "The relay offers a conversation that is none of its members'.",
  });
}

/** The log as the relay says it stands: a first sight, a newer head, or a log that is not the one seen before. */
export function noteLog(
  profile: Profile,
  conversation: number,
  shown: Conversation,
  heldBefore: HeldLogs,
): void {
  if (
    shown.incarnation.length !== 16 ||
    !isCount(shown.head) ||
    !isCount(shown.rosterVersion) ||
    !isCount(shown.start)
  ) {
    throw alarm(profile, {
      kind: "log_invalid",
      text: "The relay describes a log that cannot be.",
      conversation,
    });
  }
  const made = incarnation(shown.incarnation);
  const untrue = transact(profile.db, () => {
    const stored = readConversation(profile.db, conversation);
    const { log, conversationId: id } = stored;
    if (id === undefined) return undefined;
    const isSame = log !== undefined && equal(log.incarnation, made);
    // It was cut since, if less of it is here now.
    const before = heldBefore.get(conversation);
    const wasHeld = before !== undefined && equal(before.incarnation, made);
    if (isSame && wasHeld && Number(shown.head) < Math.min(before.head.sequence, log.head.sequence)) {
      return "an older state";
    }
    // The relay was put back since the stream was opened, and another process has heard of it.
    if (!isSame && log !== undefined && wasHeld) return undefined;
    const members = () => membersOf(profile, stored);
    if (!isSame && log !== undefined && wasPutBack(shown)) {
      if (!continueRestored(profile, stored, shown, members)) return "another log";
      nameRelayHead(profile.db, conversation, Number(shown.head), Number(shown.rosterVersion));
      return undefined;
    }
    // A direct conversation is opened anew after a loss. A group cannot be: nobody would sign all of its entries again.
    if (!isSame && log !== undefined && isGroup(stored.kind)) return "another log";
    // Another process was quicker: this is old news.
    if (isSame && Number(shown.head) < log.head.sequence) return undefined;
    if (!isSame) {
      deleteAllStaged(profile.db, conversation);
      forgetPromises(profile.db, conversation);
      forgetErased(profile.db, conversation);
      if (log !== undefined) forgetReceipts(profile, conversation);
      // A newcomer's log begins where he joined; what the relay says of it shows as soon as somebody speaks of it.
      const isLate = shown.start > 0n && shown.startHash.length === 32;
      if (isLate && !isGroup(stored.kind) && wasThereFromTheStart(profile)) return "less";
      // What was put back began as an incarnation that nobody speaks of any more.
      const isToldStart = isLate || (wasPutBack(shown) && shown.startHash.length === 32);
      const start = isToldStart
        ? { sequence: Number(shown.start), hash: hash(shown.startHash) }
        : logStart(id, made);
      const generation = startLog(profile.db, conversation, made, start);
      saveLogHash(profile.db, conversation, generation, start);
      keepHeads(profile.db, conversation, generation, start.sequence);
      // Who came into a group by himself knows that there was something before.
      if (isLate && stored.standing === "member") showStart(profile, stored, start);
    }
    if (!isSame && log !== undefined) {
      sendLostAgain(profile, stored, 0, members);
      const text = `The relay has lost ${theConversation(stored)} and begun it anew: messages may be missing.`;
      record(profile, "note", {
        kind: "log_lost",
        text,
        conversation,
        evidence: { before: log, after: made },
      });
    }
    nameRelayHead(profile.db, conversation, Number(shown.head), Number(shown.rosterVersion));
    return undefined;
  });
  if (untrue !== undefined) {
    const stored = readConversation(profile.db, conversation);
    if (untrue === "less") {
      throw alarm(profile, {
        kind: "log_withheld",
        text: `The relay leaves out the beginning of ${theConversation(stored)}.`,
        conversation,
      });
    }
    throw alarm(profile, {
      kind: "log_forked",
      text: `The relay shows ${untrue} of ${theConversation(stored)} than before.`,
      conversation,
    });
  }
}

export function isCount(value: bigint): boolean {
  return value <= BigInt(Number.MAX_SAFE_INTEGER);
}
