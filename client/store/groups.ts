import { type AccountId, type ConversationId, toHex } from "../../keys/index.ts";
import {
  type ConversationKind,
  findNumbered,
  type Notify,
  readConversation,
  type Standing,
  type StoredConversation,
} from "./conversations.ts";
import { type Database, statement } from "./database.ts";
import { readOwnValue, wishedAliases } from "./own-state.ts";

export type GroupKind = Extract<ConversationKind, "group" | "room">;

/** Groups and rooms under an alias, those that one is in first; more than one only when the others are past or pending. */
export function findGroups(db: Database, alias: string): StoredConversation[] {
  return statement<[string], { conversation: number }>(
    db,
    `select conversation from conversations where peer_name = ? and kind in ('group', 'room')
     order by standing = 'member' desc, standing = 'invited' desc, conversation desc`,
  )
    .all(alias)
    .flatMap(({ conversation }) => findNumbered(db, conversation) ?? []);
}

/** Invitations that were neither accepted nor declined, the newest first. */
export function readInvitations(db: Database): StoredConversation[] {
  return statement<[], { conversation: number }>(
    db,
    "select conversation from conversations where standing = 'invited' order by conversation desc",
  )
    .all()
    .flatMap(({ conversation }) => findNumbered(db, conversation) ?? []);
}

export interface NewGroup {
  readonly conversationId: ConversationId;
  readonly kind: GroupKind;
  readonly alias: string;
  readonly title: string;
  readonly standing: Standing;
  readonly invitedBy?: AccountId;
}

/** Its number. The alias of one that one is a member of must be free. */
export function addGroup(db: Database, made: NewGroup): number {
  const { lastInsertRowid } = statement<unknown[], never>(
    db,
    `insert into conversations (conversation_id, kind, peer_name, title, standing, invited_by)
     values (?, ?, ?, ?, ?, ?)`,
  ).run(made.conversationId, made.kind, made.alias, made.title, made.standing, made.invitedBy ?? null);
  return Number(lastInsertRowid);
}

/** Whether another group or room that one is in has this alias. */
export function isAliasTaken(db: Database, alias: string, conversationId?: Uint8Array): boolean {
  return findGroups(db, alias).some(
    (group) =>
      group.standing === "member" &&
      (conversationId === undefined ||
        group.conversationId === undefined ||
        toHex(group.conversationId) !== toHex(conversationId)),
  );
}

export function setAlias(db: Database, conversation: number, alias: string): void {
  statement<[string, number], never>(
    db,
    "update conversations set peer_name = ? where conversation = ? and kind in ('group', 'room')",
  ).run(alias, conversation);
}

export function setTitle(db: Database, conversation: number, title: string): void {
  statement<[string, number], never>(db, "update conversations set title = ? where conversation = ?").run(
    title,
    conversation,
  );
}

export function setStanding(db: Database, conversation: number, standing: Standing): void {
  statement<[Standing, number], never>(
    db,
    "update conversations set standing = ? where conversation = ?",
  ).run(standing, conversation);
}

/** This account is in now; should another group have taken the alias meanwhile, under one with a number. */
export function enterGroup(db: Database, conversation: number): void {
  const { conversationId, peerName } = readConversation(db, conversation);
  let alias = peerName;
  for (let next = 2; isAliasTaken(db, alias, conversationId); next += 1) {
    alias = `${peerName.slice(0, 24)}-${next}`;
  }
  setAlias(db, conversation, alias);
  setStanding(db, conversation, "member");
  const wish = conversationId && readOwnValue(db, "group", conversationId);
  if (wish === undefined) return;
  const { title } = JSON.parse(wish) as { title?: string };
  if (title !== undefined && title !== "") setTitle(db, conversation, title);
  assignAliases(db);
}

/**
 * Calls groups as they were last called on any device of the account. Where several were given one alias, that with the
 * lowest id has it, and the others their digits too: the same on every device, in whatever order it hears of them.
 */
export function assignAliases(db: Database): void {
  const taken = new Set<string>();
  const changed: { conversation: number; alias: string }[] = [];
  for (const { conversation, alias: now, wish, digits } of wishedAliases(db)) {
    const alias = taken.has(wish) ? `${wish.slice(0, 23)}-${digits}` : wish;
    taken.add(alias);
    if (alias !== now) changed.push({ conversation, alias });
  }
  // Two may have to change places.
  for (const { conversation } of changed) setAlias(db, conversation, `#${conversation}`);
  for (const { conversation, alias } of changed) setAlias(db, conversation, alias);
}

export function setInvitedBy(db: Database, conversation: number, account: AccountId): void {
  statement<[Uint8Array, number], never>(
    db,
    "update conversations set invited_by = ? where conversation = ?",
  ).run(account, conversation);
}

/** The verified membership at the head of the log; undefined before the first row of all. */
export function saveMembership(db: Database, conversation: number, membership: Uint8Array | undefined): void {
  statement<[Uint8Array | null, number], never>(
    db,
    "update conversations set membership = ? where conversation = ?",
  ).run(membership ?? null, conversation);
}

export function setNotify(db: Database, conversation: number, notify: Notify): void {
  statement<[Notify, number], never>(db, "update conversations set notify = ? where conversation = ?").run(
    notify,
    conversation,
  );
}

/** Puts the log back to the beginning, for who joins again: it goes on from where he comes in. */
export function forgetLog(db: Database, conversation: number): void {
  statement<[number], never>(
    db,
    `update conversations set incarnation = null, log_hash = null, roster_version = null, roster_hash = null
     where conversation = ?`,
  ).run(conversation);
  // What was sent in between is not missing.
  statement<[number], never>(db, "delete from senders where conversation = ?").run(conversation);
}
