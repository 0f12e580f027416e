import {
  type AccountId,
  accountId,
  type ConversationId,
  dmConversationId,
  equal,
  incarnation,
  logStart,
  type Random,
  selfConversationId,
} from "../../keys/public.ts";
import { ConversationKind, type OpenDirectRequest } from "../../proto/gen/sotto/relay/v1/messaging_pb.ts";
import type { Database } from "../db/pool.ts";
import { ErrorReason, RelayError, unknownAccount, unknownDevice } from "../errors.ts";
import type { Caller } from "../service.ts";
import { addRoster } from "./bump-rosters.ts";
import { conversationMessage, rosterMessage } from "./conversation-message.ts";
import { type Rosters, rosterKey } from "./rosters.ts";
import { countOpened } from "./sql/count-opened.ts";
import { insertConversation } from "./sql/insert-conversation.ts";
import { lockAccounts } from "./sql/lock-accounts.ts";
import { selectConversations } from "./sql/select-conversations.ts";

export interface OpenDirectSetup {
  readonly database: Database;
  readonly rosters: Rosters;
  readonly random: Random;
  readonly clock: () => number;
  readonly maxOpened: number;
  readonly maxOpenedADay: number;
}

const DAY_MS = 24 * 3_600_000;

/** The conversation with an account, made at the first call. Of two that race, one makes it and both return it. */
export async function openDirect(setup: OpenDirectSetup, request: OpenDirectRequest, caller: Caller) {
  const own = caller.accountId;
  const other = accountId(request.accountId);
  const toSelf = equal(own, other);
  const id = toSelf ? selfConversationId(own) : dmConversationId(own, other);

  const existing = await read(setup, caller, id);
  if (existing !== undefined) return existing;
  await open(setup, id, own, toSelf ? [own] : [own, other]);
  const opened = await read(setup, caller, id);
  if (opened === undefined) throw unknownDevice();
  return opened;
}

async function read({ database, rosters }: OpenDirectSetup, caller: Caller, id: ConversationId) {
  const [row] = await selectConversations(database, caller.accountId, caller.deviceId, [id]);
  if (row === undefined) return undefined;
  const version = { conversationId: id, version: row.roster_version };
  const roster = (await rosters.load(database, [version])).get(rosterKey(version));
  return roster && { conversation: conversationMessage(row), roster: rosterMessage(roster) };
}

function overQuota(what: string): RelayError {
  return new RelayError(ErrorReason.QUOTA_EXCEEDED, `an account opens at most ${what}`);
}

function open(
  { database, random, clock, maxOpened, maxOpenedADay }: OpenDirectSetup,
  id: ConversationId,
  own: AccountId,
  members: readonly AccountId[],
): Promise<void> {
  return database.transaction(async (transaction) => {
    // Their devices must not change between the reading of them and the commit: a change that does not see this
    // conversation yet would leave it with an old roster.
    if ((await lockAccounts(transaction, members)) < members.length) {
      throw unknownAccount();
    }
    const opened = await countOpened(transaction, own, clock() - DAY_MS);
    if (opened.all >= maxOpened) throw overQuota(`${maxOpened} conversations`);
    if (opened.lately >= maxOpenedADay) throw overQuota(`${maxOpenedADay} conversations in a day`);
    const first = incarnation(random(16));
    const isNew = await insertConversation(transaction, {
      conversationId: id,
      kind: ConversationKind.DIRECT,
      incarnation: first,
      openedBy: own,
      openedAt: clock(),
      logHash: logStart(id, first).hash,
      members,
    });
    if (isNew) await addRoster(transaction, id);
  });
}
