import {
  asSecret,
  type ContentKey,
  contentKey,
  type Hash,
  hash,
  type Role,
  rankOf,
  roleRanked,
} from "../../keys/index.ts";
import { type Database, statement } from "./database.ts";

/** A row of a log as it came. */
export interface StagedRow {
  readonly conversation: number;
  readonly sequence: number;
  readonly rowHash: Hash;
  /** Empty in a stub, and in a row that this device made. */
  readonly envelope: Uint8Array;
  readonly wrap: Uint8Array;
  readonly stub: number;
  readonly storedAt: number;
  /** Once its wrap was opened. */
  readonly contentKey: ContentKey | undefined;
  /** The session that opened it. */
  readonly session: Hash | undefined;
  /** Why its wrap does not open. */
  readonly cause: string | undefined;
  /** A membership entry, in place of envelope and wrap. */
  readonly entry: Uint8Array | undefined;
  /** The sender's role in the group at this row; undefined in a direct conversation. */
  readonly senderRole: Role | undefined;
  /** Whether the sender may pin there at this row. */
  readonly senderMayPin: boolean;
}

interface Row {
  conversation: number;
  sequence: number;
  row_hash: Uint8Array;
  envelope: Uint8Array;
  wrap: Uint8Array;
  stub: number;
  stored_at: number;
  content_key: Uint8Array | null;
  session_id: Uint8Array | null;
  cause: string | null;
  entry: Uint8Array | null;
  sender_role: number | null;
  sender_may_pin: number;
}

function fromRow(row: Row): StagedRow {
  return {
    conversation: row.conversation,
    sequence: row.sequence,
    rowHash: hash(row.row_hash),
    envelope: new Uint8Array(row.envelope),
    wrap: new Uint8Array(row.wrap),
    stub: row.stub,
    storedAt: row.stored_at,
    contentKey: row.content_key === null ? undefined : contentKey(asSecret(new Uint8Array(row.content_key))),
    session: row.session_id === null ? undefined : hash(row.session_id),
    cause: row.cause ?? undefined,
    entry: row.entry === null ? undefined : new Uint8Array(row.entry),
    senderRole: row.sender_role === null ? undefined : roleRanked(row.sender_role),
    senderMayPin: row.sender_may_pin === 1,
  };
}

/** Where a wrap stands among all that its sender's device sealed for this one. */
export interface SessionPlace {
  readonly tag: Uint8Array;
  readonly chain: number;
  readonly n: number;
}

/** Without a place there is nothing to open: the row is ready. */
export function stageRow(
  db: Database,
  row: Omit<StagedRow, "contentKey" | "session" | "cause" | "entry" | "senderRole" | "senderMayPin"> &
    Partial<Pick<StagedRow, "entry" | "senderRole" | "senderMayPin">>,
  place: SessionPlace | undefined,
  cause?: string,
): void {
  statement<unknown[], never>(
    db,
    `insert into staged_rows (conversation, sequence, row_hash, envelope, wrap, stub, stored_at, session_tag, chain, n,
       stage, cause, entry, sender_role, sender_may_pin)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  ).run(
    row.conversation,
    row.sequence,
    row.rowHash,
    row.envelope,
    row.wrap,
    row.stub,
    row.storedAt,
    place?.tag ?? null,
    place?.chain ?? null,
    place?.n ?? null,
    place === undefined ? "ready" : "waiting",
    cause ?? null,
    row.entry ?? null,
    row.senderRole === undefined ? null : rankOf(row.senderRole),
    row.senderMayPin === false ? 0 : 1,
  );
}

/** The rows to be opened, in the order of their sessions, chains and numbers: SPEC §5.7. */
export function waitingRows(db: Database): { conversation: number; sequence: number }[] {
  return statement<[], { conversation: number; sequence: number }>(
    db,
    "select conversation, sequence from staged_rows where stage = 'waiting' order by session_tag, chain, n",
  ).all();
}

/** Undefined: another process has opened it meanwhile. */
export function readWaiting(db: Database, conversation: number, sequence: number): StagedRow | undefined {
  const row = statement<[number, number], Row>(
    db,
    "select * from staged_rows where conversation = ? and sequence = ? and stage = 'waiting'",
  ).get(conversation, sequence);
  return row && fromRow(row);
}

export function markReady(
  db: Database,
  row: Pick<StagedRow, "conversation" | "sequence">,
  outcome: { contentKey: ContentKey; session: Hash } | { cause: string },
): void {
  statement<unknown[], never>(
    db,
    `update staged_rows set stage = 'ready', content_key = ?, session_id = ?, cause = ?, session_tag = null, chain = null, n = null
     where conversation = ? and sequence = ?`,
  ).run(
    "contentKey" in outcome ? outcome.contentKey : null,
    "session" in outcome ? outcome.session : null,
    "cause" in outcome ? outcome.cause : null,
    row.conversation,
    row.sequence,
  );
}

/** Conversations whose next row can be shown. */
export function conversationsReady(db: Database): number[] {
  return statement<[], { conversation: number }>(
    db,
    `select conversation from conversations join staged_rows using (conversation)
     where sequence = opened_sequence + 1 and stage = 'ready' order by stored_at, conversation`,
  )
    .all()
    .map(({ conversation }) => conversation);
}

/** Ready rows that follow `after` without a gap, in order. */
export function readyRows(db: Database, conversation: number, after: number, limit: number): StagedRow[] {
  const rows = statement<[number, number, number], Row & { stage: string }>(
    db,
    "select * from staged_rows where conversation = ? and sequence > ? order by sequence limit ?",
  ).all(conversation, after, limit);
  const end = rows.findIndex((row, index) => row.stage !== "ready" || row.sequence !== after + 1 + index);
  return (end === -1 ? rows : rows.slice(0, end)).map(fromRow);
}

export function deleteStaged(db: Database, conversation: number, through: number): void {
  statement<[number, number], never>(
    db,
    "delete from staged_rows where conversation = ? and sequence <= ?",
  ).run(conversation, through);
}

/** A new incarnation of the log begins: what was staged of the old one goes. */
export function deleteAllStaged(db: Database, conversation: number): void {
  statement<[number], never>(db, "delete from staged_rows where conversation = ?").run(conversation);
}
