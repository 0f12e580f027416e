import { type AccountId, accountId } from "../../keys/index.ts";
import type { ConversationKind, Notify, Standing } from "./conversations.ts";
import { type Database, statement } from "./database.ts";

/** What a list shows of a conversation. */
export interface StoredSummary {
  readonly conversation: number;
  readonly kind: ConversationKind;
  readonly peerName: string;
  readonly unread: number;
  /** Of the unread ones: those that name this account. */
  readonly mentions: number;
  /** Messages that wait for the relay. */
  readonly queued: number;
  readonly standing: Standing;
  readonly title: string | undefined;
  readonly invitedBy: AccountId | undefined;
  readonly notify: Notify;
  /** Counts up with what is written, over all conversations. */
  readonly activity: number;
  /** Of a direct conversation: whether the safety numbers were found equal. */
  readonly isVerified: boolean;
  /** Whether it belongs into a list: not if nothing was ever written, or if it is a mere name of nobody. */
  readonly isListed: boolean;
}

interface Row {
  conversation: number;
  kind: ConversationKind;
  peer_name: string;
  unread: number;
  mentions: number;
  queued: number;
  standing: Standing;
  title: string | null;
  invited_by: Uint8Array | null;
  notify: Notify;
  activity: number | null;
  is_verified: number;
  is_listed: number;
}

const isListed = "shelf = 'open' and activity is not null and (conversation_id is not null or queued > 0)";
// The loop goes over the summaries: a conversation's row is large.
const selected = `
  select conversation, kind, peer_name, unread, mentions, queued, standing, title, invited_by, notify, activity,
    exists (select 1 from contacts where account_id = peer_account and verified_at is not null) as is_verified,
    ${isListed} as is_listed
  from summaries cross join conversations using (conversation)`;

function fromRow(row: Row): StoredSummary {
  return {
    conversation: row.conversation,
    kind: row.kind,
    peerName: row.peer_name,
    unread: row.unread,
    mentions: row.mentions,
    queued: row.queued,
    standing: row.standing,
    title: row.title ?? undefined,
    invitedBy: row.invited_by === null ? undefined : accountId(row.invited_by),
    notify: row.notify,
    activity: row.activity ?? 0,
    isVerified: row.is_verified === 1,
    isListed: row.is_listed === 1,
  };
}

/** The last active first, but before them all invitations. Those that are listed; `limit` does not count invitations. */
export function readSummaries(db: Database, limit: number): StoredSummary[] {
  const invited = statement<[], Row>(
    db,
    `${selected} where summaries.conversation in (
       select conversation from conversations where standing = 'invited' and shelf = 'open')
     order by activity desc`,
  ).all();
  const others = statement<[number], Row>(
    db,
    `${selected} where ${isListed} and standing <> 'invited' order by activity desc limit ?`,
  ).all(limit);
  return [...invited, ...others].map(fromRow);
}

/** Those of which something has changed after `change`, listed or not, the last change last. */
export function summariesChangedAfter(db: Database, change: number): StoredSummary[] {
  return statement<[number], Row>(db, `${selected} where change > ? order by change`)
    .all(change)
    .map(fromRow);
}

/** Numbers of the conversations in which something was written last. */
export function lastActive(db: Database, limit: number): number[] {
  return statement<[number], { conversation: number }>(
    db,
    "select conversation from summaries where activity is not null order by activity desc limit ?",
  )
    .all(limit)
    .map(({ conversation }) => conversation);
}

/** Where changes are counted to; 0 before there is any conversation. */
export function newestChange(db: Database): number {
  const row = statement<[], { change: number | null }>(
    db,
    "select max(change) as change from summaries",
  ).get();
  return row?.change ?? 0;
}
