// One transaction for an entry and all that follows from it. Lock order: accounts, then the conversation.
import {
  type AccountId,
  type ConversationId,
  decodeStoredMembership,
  equal,
  groupConversationId,
  incarnation,
  invitationOf,
  logStart,
  type MembershipEntry,
  type MembershipState,
  memberOf,
  type Random,
  readMembershipEntry,
} from "../../keys/public.ts";
import type { AppendEntryRequest } from "../../proto/gen/sotto/relay/v1/groups_pb.ts";
import { ConversationKind } from "../../proto/gen/sotto/relay/v1/messaging_pb.ts";
import type { Database, Queries } from "../db/pool.ts";
import { ErrorReason, RelayError, unknownAccount, unknownConversation } from "../errors.ts";
import type { Bus } from "../fanout/bus.ts";
import { conversationMessage } from "../messaging/conversation-message.ts";
import { countOpened } from "../messaging/sql/count-opened.ts";
import { insertConversation } from "../messaging/sql/insert-conversation.ts";
import { lockAccounts } from "../messaging/sql/lock-accounts.ts";
import { selectConversations } from "../messaging/sql/select-conversations.ts";
import type { Caller } from "../service.ts";
import { checkEntry, selectSigner } from "./check-entry.ts";
import { lockMembership } from "./sql/lock-membership.ts";
import { selectEntry } from "./sql/select-entry.ts";
import { wasEverMember } from "./sql/was-ever-member.ts";
import { type Appended, type Place, storeEntry } from "./store-entry.ts";

export interface AppendEntrySetup {
  readonly database: Database;
  readonly bus: Bus;
  readonly random: Random;
  readonly clock: () => number;
  readonly maxOpened: number;
}

export async function appendEntry(setup: AppendEntrySetup, request: AppendEntryRequest, caller: Caller) {
  // A copy: the request is a view of the wire buffer.
  const entry = readMembershipEntry(Uint8Array.from(request.entry));
  const id = entry.conversation ?? groupConversationId(entry.bytes);
  const appended = await setup.database.transaction((transaction) =>
    append(setup, transaction, entry, id, caller),
  );
  for (const event of appended.events) setup.bus.publish(event);
  const [row] = await selectConversations(setup.database, caller.accountId, caller.deviceId, [id]);
  return {
    sequence: appended.sequence,
    logHash: appended.logHash,
    ...(row && { conversation: conversationMessage(row) }),
  };
}

async function append(
  setup: AppendEntrySetup,
  transaction: Queries,
  entry: MembershipEntry,
  id: ConversationId,
  caller: Caller,
): Promise<Appended> {
  const isOwn =
    equal(entry.signer.accountId, caller.accountId) && equal(entry.signer.deviceId, caller.deviceId);
  if (!isOwn && entry.conversation === null) throw anothersEntry();
  // The devices of a newcomer must not change between the reading of them and the commit; nor may a device sign that is
  // being revoked.
  const accounts = accountsOf(entry);
  if ((await lockAccounts(transaction, accounts)) < accounts.length) throw unknownAccount();
  const chain = await selectSigner(transaction, entry);
  const isNew = entry.conversation === null && (await open(setup, transaction, entry, id));
  const locked = await lockMembership(transaction, id);
  if (locked === undefined || (locked.state === null && !isNew)) throw unknownConversation();

  const stored = isNew ? undefined : await selectEntry(transaction, id, entry.sequence);
  if (stored !== undefined && equal(stored.hash, entry.hash)) {
    return { sequence: stored.log_sequence, logHash: stored.log_hash, events: [] };
  }
  const before = locked.state === null ? undefined : decodeStoredMembership(locked.state);
  // A relay that was put back has lost entries: a member gives them again. Each fits in one place only.
  if (!isOwn && (before === undefined || memberOf(before, caller.accountId) === undefined))
    throw anothersEntry();
  if (before !== undefined) {
    await checkKnown(transaction, before, entry);
    checkPlace(before, entry);
  }
  const after = checkEntry(before, entry, chain);
  const place: Place = { id, locked, storedAt: setup.clock() };
  return storeEntry(transaction, place, entry, { before, after });
}

function anothersEntry(): RelayError {
  return new RelayError(ErrorReason.BAD_SIGNATURE, "an entry of another device");
}

/** Those that have to exist. */
function accountsOf({ content, signer: { accountId } }: MembershipEntry): AccountId[] {
  if (content.type !== "invite" || equal(content.accountId, accountId)) return [accountId];
  return [accountId, content.accountId];
}

/** False: it is there already. */
async function open(
  { random, clock, maxOpened }: AppendEntrySetup,
  transaction: Queries,
  { content, signer }: MembershipEntry,
  id: ConversationId,
): Promise<boolean> {
  if (content.type !== "create") return false;
  const first = incarnation(random(16));
  const isNew = await insertConversation(transaction, {
    conversationId: id,
    kind: content.kind === "room" ? ConversationKind.ROOM : ConversationKind.GROUP,
    incarnation: first,
    openedBy: signer.accountId,
    openedAt: clock(),
    logHash: logStart(id, first).hash,
    members: [signer.accountId],
  });
  // It counts itself.
  if (isNew && (await countOpened(transaction, signer.accountId)).all > maxOpened) {
    throw new RelayError(ErrorReason.QUOTA_EXCEEDED, `an account opens at most ${maxOpened} conversations`);
  }
  return isNew;
}

/** To a stranger a group does not exist. */
async function checkKnown(
  transaction: Queries,
  state: MembershipState,
  { signer: { accountId } }: MembershipEntry,
): Promise<void> {
  const known =
    state.kind === "room" ||
    memberOf(state, accountId) !== undefined ||
    invitationOf(state, accountId) !== undefined ||
    (await wasEverMember(transaction, state.conversation, accountId));
  if (!known) throw unknownConversation();
}

function checkPlace({ head }: MembershipState, { sequence, previous }: MembershipEntry): void {
  if (sequence !== head.sequence + 1 || !equal(previous, head.hash)) {
    throw new RelayError(ErrorReason.HEAD_MOVED, "the entry does not follow the newest one");
  }
}
