import {
  type AccountId,
  accountId,
  type ConversationId,
  conversationId,
  type DeviceAddress,
  type EphemeralKey,
  ephemeralKey,
  type Hash,
  hash,
  type Incarnation,
  incarnation,
  type LogHead,
  toHex,
} from "../../keys/index.ts";
import { type Database, statement } from "./database.ts";

export type ConversationKind = "self" | "dm" | "group" | "room";

/** Of this account in it. Nothing can be sent but by a member. */
export type Standing = "member" | "invited" | "left" | "removed";

/** Among one's own, or out of sight: of somebody not known who wrote or invited, or of somebody blocked. */
export type Shelf = "open" | "request" | "blocked";

/** What a person wants to hear of a conversation. */
export type Notify = "all" | "mentions" | "none";

/** A conversation as this profile has it. */
export interface StoredConversation {
  /** Local number. */
  readonly conversation: number;
  /** Undefined while provisional: the peer's account is not known yet. */
  readonly conversationId: ConversationId | undefined;
  readonly kind: ConversationKind;
  /** Of a group or room: its alias here. */
  readonly peerName: string;
  readonly peerAccount: AccountId | undefined;
  /** The incarnation of the log, and how far it is staged; undefined until the relay has opened it. */
  readonly log: { readonly incarnation: Incarnation; readonly head: LogHead } | undefined;
  readonly generation: number;
  readonly openedSequence: number;
  readonly relayHead: number;
  /** Whether it goes on from before what was here of it already: the relay was put back to an older state. */
  readonly restored: boolean;
  readonly roster: { readonly version: number; readonly hash: Hash } | undefined;
  /** Active devices of members that the roster leaves out, as `deviceAddressKey` names them. */
  readonly absent: ReadonlySet<string>;
  readonly rosterNamed: number;
  /** What this device sealed last. */
  readonly senderSequence: number;
  readonly previousContent: Hash | undefined;
  readonly ephemeralKey: EphemeralKey | undefined;
  /** Always `member` in a direct conversation. */
  readonly standing: Standing;
  /** The verified membership at the head of the log, as `keys/` encodes it; undefined in a direct conversation. */
  readonly membership: Uint8Array | undefined;
  /** Of a group: as its admins call it. Of a room: its name on the relay. */
  readonly title: string | undefined;
  readonly invitedBy: AccountId | undefined;
  readonly notify: Notify;
  /** JSON: what was read on other devices of the account and is not all here yet. */
  readonly ownRead: string | undefined;
  readonly shelf: Shelf;
}

interface Row {
  conversation: number;
  conversation_id: Uint8Array | null;
  kind: ConversationKind;
  peer_name: string;
  peer_account: Uint8Array | null;
  incarnation: Uint8Array | null;
  generation: number;
  log_sequence: number;
  log_hash: Uint8Array | null;
  opened_sequence: number;
  relay_head: number;
  roster_version: number | null;
  roster_hash: Uint8Array | null;
  roster_named: number;
  restored: number;
  absent: Uint8Array | null;
  sender_sequence: number;
  previous_content: Uint8Array | null;
  ephemeral_key: Uint8Array | null;
  standing: Standing;
  membership: Uint8Array | null;
  title: string | null;
  invited_by: Uint8Array | null;
  notify: Notify;
  own_read: string | null;
  shelf: Shelf;
}

function fromRow(row: Row): StoredConversation {
  const { incarnation: made, log_hash: logHash, roster_version: version, roster_hash: rosterHash } = row;
  return {
    conversation: row.conversation,
    conversationId: row.conversation_id === null ? undefined : conversationId(row.conversation_id),
    kind: row.kind,
    peerName: row.peer_name,
    peerAccount: row.peer_account === null ? undefined : accountId(row.peer_account),
    log:
      made === null || logHash === null
        ? undefined
        : { incarnation: incarnation(made), head: { sequence: row.log_sequence, hash: hash(logHash) } },
    generation: row.generation,
    openedSequence: row.opened_sequence,
    relayHead: row.relay_head,
    roster: version === null || rosterHash === null ? undefined : { version, hash: hash(rosterHash) },
    rosterNamed: row.roster_named,
    restored: row.restored === 1,
    absent: readAbsent(row.absent),
    senderSequence: row.sender_sequence,
    previousContent: row.previous_content === null ? undefined : hash(row.previous_content),
    ephemeralKey: row.ephemeral_key === null ? undefined : ephemeralKey(row.ephemeral_key),
    standing: row.standing,
    membership: row.membership === null ? undefined : new Uint8Array(row.membership),
    title: row.title ?? undefined,
    invitedBy: row.invited_by === null ? undefined : accountId(row.invited_by),
    notify: row.notify,
    ownRead: row.own_read ?? undefined,
    shelf: row.shelf,
  };
}

const ADDRESS_BYTES = 48;

function readAbsent(packed: Uint8Array | null): ReadonlySet<string> {
  const bytes = packed ?? new Uint8Array();
  const count = Math.floor(bytes.length / ADDRESS_BYTES);
  return new Set(
    Array.from({ length: count }, (_, at) =>
      toHex(bytes.slice(at * ADDRESS_BYTES, (at + 1) * ADDRESS_BYTES)),
    ),
  );
}

/** Account and device as one text. */
export function deviceAddressKey({ accountId, deviceId }: DeviceAddress): string {
  return toHex(accountId) + toHex(deviceId);
}

/** Undefined when it was provisional, and another process has found out who it is with. */
export function findNumbered(db: Database, conversation: number): StoredConversation | undefined {
  const row = statement<[number], Row>(db, "select * from conversations where conversation = ?").get(
    conversation,
  );
  return row && fromRow(row);
}

/** One that is there: of a message read in the same transaction, or one that is not provisional. */
export function readConversation(db: Database, conversation: number): StoredConversation {
  const found = findNumbered(db, conversation);
  if (found === undefined) throw new Error(`no conversation ${conversation}`);
  return found;
}

export function readConversations(db: Database): StoredConversation[] {
  return statement<[], Row>(db, "select * from conversations order by conversation").all().map(fromRow);
}

/** Those out of sight on one shelf, the last active first. */
export function readShelved(db: Database, shelf: Exclude<Shelf, "open">): StoredConversation[] {
  return statement<[Shelf], Row>(
    db,
    `select conversations.* from conversations join summaries using (conversation)
     where shelf <> 'open' and shelf = ? order by activity desc, conversation desc`,
  )
    .all(shelf)
    .map(fromRow);
}

export function findConversation(db: Database, id: Uint8Array): StoredConversation | undefined {
  const row = statement<[Uint8Array], Row>(db, "select * from conversations where conversation_id = ?").get(
    id,
  );
  return row && fromRow(row);
}

/** A direct conversation, or the one with oneself, under an id that was reckoned from its accounts. */
export function findDirect(db: Database, id: Uint8Array): StoredConversation | undefined {
  const found = findConversation(db, id);
  return found?.kind === "dm" || found?.kind === "self" ? found : undefined;
}

/**
 * What follows from accounts is no group's id: whoever invited to a group under it made it up, so that these two should
 * not find each other.
 */
function takeFromGroup(db: Database, id: ConversationId): void {
  statement<[Uint8Array], never>(
    db,
    `update conversations set conversation_id = null, standing = 'left', incarnation = null, log_hash = null
     where conversation_id = ? and kind in ('group', 'room')`,
  ).run(id);
}

/** A direct conversation under a name that no account has: with an account that had a name before. */
export function findFormer(db: Database, name: string): StoredConversation | undefined {
  const row = statement<[string], Row>(
    db,
    "select * from conversations where peer_name = ? and conversation_id is not null and kind = 'dm'",
  ).get(name);
  return row && fromRow(row);
}

export function setPeerName(db: Database, conversation: number, name: string): void {
  statement<[string, number], never>(
    db,
    "update conversations set peer_name = ? where conversation = ? and kind = 'dm'",
  ).run(name, conversation);
}

/** A conversation for which only the peer's name is known. */
export function findProvisional(db: Database, peerName: string): StoredConversation | undefined {
  const row = statement<[string], Row>(
    db,
    "select * from conversations where peer_name = ? and conversation_id is null and kind = 'dm'",
  ).get(peerName);
  return row && fromRow(row);
}

export interface NewConversation {
  readonly conversationId?: ConversationId;
  readonly kind: "self" | "dm";
  readonly peerName: string;
  readonly peerAccount?: AccountId;
}

/** Its number. */
export function addConversation(db: Database, made: NewConversation): number {
  if (made.conversationId !== undefined) takeFromGroup(db, made.conversationId);
  const { lastInsertRowid } = statement<[Uint8Array | null, string, string, Uint8Array | null], never>(
    db,
    "insert into conversations (conversation_id, kind, peer_name, peer_account) values (?, ?, ?, ?)",
  ).run(made.conversationId ?? null, made.kind, made.peerName, made.peerAccount ?? null);
  return Number(lastInsertRowid);
}

/** The peer of a provisional conversation is known now. */
export function settleConversation(
  db: Database,
  provisional: number,
  id: ConversationId,
  peer: AccountId,
): void {
  takeFromGroup(db, id);
  statement<[Uint8Array, Uint8Array, number], never>(
    db,
    "update conversations set conversation_id = ?, peer_account = ? where conversation = ?",
  ).run(id, peer, provisional);
}

/** Moves what was queued for a provisional conversation to the one that has turned out to be the same. */
export function mergeConversation(db: Database, provisional: number, into: number): void {
  for (const sql of [
    "update messages set conversation = ? where conversation = ?",
    "update outbox set conversation = ? where conversation = ?",
    "update annotations set conversation = ? where conversation = ?",
    "update events set conversation = ? where conversation = ?",
    "update or ignore idempotency_keys set conversation = ? where conversation = ?",
  ]) {
    statement<[number, number], never>(db, sql).run(into, provisional);
  }
  for (const sql of [
    "delete from idempotency_keys where conversation = ?",
    "delete from conversations where conversation = ?",
  ]) {
    statement<[number], never>(db, sql).run(provisional);
  }
}

/**
 * A new log begins: the first one, or one in place of a log that the relay has lost. `start` is what comes before its
 * first row here: h_0, or where this account joined. Returns its generation.
 */
export function startLog(db: Database, conversation: number, made: Incarnation, start: LogHead): number {
  const row = statement<[Uint8Array, number, Uint8Array, number, number], { generation: number }>(
    db,
    `update conversations set generation = generation + 1, incarnation = ?, log_sequence = ?, log_hash = ?,
       opened_sequence = ?, relay_head = 0, roster_version = null, roster_hash = null, roster_named = 0,
       absent = null
     where conversation = ? returning generation`,
  ).get(made, start.sequence, start.hash, start.sequence, conversation);
  return row?.generation ?? 0;
}

export function advanceLog(db: Database, conversation: number, head: LogHead): void {
  statement<[number, Uint8Array, number, number], never>(
    db,
    `update conversations set log_sequence = ?, log_hash = ?, relay_head = max(relay_head, ?)
     where conversation = ?`,
  ).run(head.sequence, head.hash, head.sequence, conversation);
}

export function nameRelayHead(db: Database, conversation: number, head: number, rosterVersion: number): void {
  statement<[number, number, number], never>(
    db,
    "update conversations set relay_head = ?, roster_named = ? where conversation = ?",
  ).run(head, rosterVersion, conversation);
}

/** The relay has spoken of a roster of this version: the next message is sealed for one at least as new. */
export function nameRoster(db: Database, conversation: number, version: number): void {
  statement<[number, number], never>(
    db,
    "update conversations set roster_named = max(roster_named, ?) where conversation = ?",
  ).run(version, conversation);
}

export function setOpened(db: Database, conversation: number, sequence: number): void {
  statement<[number, number], never>(
    db,
    "update conversations set opened_sequence = ? where conversation = ?",
  ).run(sequence, conversation);
}

/** Forgets the ephemeral key too: whoever has left holds it (SPEC §9.1). `absent`: active devices that it leaves out. */
export function setRoster(
  db: Database,
  conversation: number,
  roster: { readonly version: number; readonly hash: Hash } | undefined,
  absent: readonly DeviceAddress[] = [],
): void {
  const packed = Buffer.concat(absent.flatMap(({ accountId, deviceId }) => [accountId, deviceId]));
  statement<[number | null, Uint8Array | null, Uint8Array | null, number], never>(
    db,
    `update conversations set roster_version = ?, roster_hash = ?, absent = ?, ephemeral_key = null
     where conversation = ?`,
  ).run(roster?.version ?? null, roster?.hash ?? null, packed.length === 0 ? null : packed, conversation);
}

/** What the next message of this device counts on from. */
export function setSender(
  db: Database,
  conversation: number,
  sender: { readonly sequence: number; readonly content: Hash | undefined },
): void {
  statement<[number, Uint8Array | null, number], never>(
    db,
    "update conversations set sender_sequence = ?, previous_content = ? where conversation = ?",
  ).run(sender.sequence, sender.content ?? null, conversation);
}

/** Of all conversations: the next message carries a fresh one. */
export function forgetEphemeralKeys(db: Database): void {
  statement<[], never>(db, "update conversations set ephemeral_key = null").run();
}

/** How far all logs together are opened. */
export function sumOpened(db: Database): number {
  const row = statement<[], { opened: number }>(
    db,
    "select coalesce(sum(opened_sequence), 0) as opened from conversations",
  ).get();
  return row?.opened ?? 0;
}

/** What this device's messages carry until the roster changes. */
export function setEphemeralKey(db: Database, conversation: number, key: EphemeralKey): void {
  statement<[Uint8Array, number], never>(
    db,
    "update conversations set ephemeral_key = ? where conversation = ?",
  ).run(key, conversation);
}
