import { type Database, statement } from "./database.ts";

export type SecurityEventKind =
  | "chain_rollback"
  | "chain_fork"
  | "chain_invalid"
  | "chain_withheld"
  | "name_moved"
  | "roster_forged"
  | "membership_forged"
  | "prekey_forged"
  | "log_forked"
  | "log_invalid"
  | "log_lost"
  | "log_withheld"
  | "message_missing"
  | "message_replayed"
  | "message_id_reused"
  | "profile_restored"
  | "relay_restored"
  | "device_lapsed"
  | "device_added"
  | "device_removed";

export interface SecurityEvent {
  readonly event: number;
  readonly at: number;
  readonly kind: SecurityEventKind;
  /** A stop is an alarm, a note is worth knowing. */
  readonly gravity: "stop" | "note";
  readonly accountId: Uint8Array | undefined;
  readonly conversation: number | undefined;
  /** One sentence for a person. */
  readonly text: string;
  /** What shows it, as JSON; never a secret. */
  readonly evidence: string | undefined;
}

interface Row {
  event: number;
  at: number;
  kind: SecurityEventKind;
  gravity: "stop" | "note";
  account_id: Uint8Array | null;
  conversation: number | null;
  text: string;
  evidence: string | null;
}

/** What happens again takes the place of its last time, so that repetition neither hides nor fills anything. */
export function addSecurityEvent(db: Database, made: Omit<SecurityEvent, "event">): void {
  statement<unknown[], never>(
    db,
    "delete from security_events where kind = ? and account_id is ? and conversation is ? and text = ? and evidence is ?",
  ).run(made.kind, made.accountId ?? null, made.conversation ?? null, made.text, made.evidence ?? null);
  statement<unknown[], never>(
    db,
    `insert into security_events (at, kind, gravity, account_id, conversation, text, evidence)
     values (?, ?, ?, ?, ?, ?, ?)`,
  ).run(
    made.at,
    made.kind,
    made.gravity,
    made.accountId ?? null,
    made.conversation ?? null,
    made.text,
    made.evidence ?? null,
  );
}

/** Those after the given one, in order. */
export function readSecurityEvents(db: Database, after = 0): SecurityEvent[] {
  return statement<[number], Row>(db, "select * from security_events where event > ? order by event")
    .all(after)
    .map(fromRow);
}

/** The newest first. */
export function readNewestSecurityEvents(db: Database, limit: number): SecurityEvent[] {
  return statement<[number], Row>(db, "select * from security_events order by event desc limit ?")
    .all(limit)
    .map(fromRow);
}

export function newestSecurityEvent(db: Database): number {
  const row = statement<[], { event: number | null }>(
    db,
    "select max(event) as event from security_events",
  ).get();
  return row?.event ?? 0;
}

function fromRow(row: Row): SecurityEvent {
  return {
    event: row.event,
    at: row.at,
    kind: row.kind,
    gravity: row.gravity,
    accountId: row.account_id === null ? undefined : new Uint8Array(row.account_id),
    conversation: row.conversation ?? undefined,
    text: row.text,
    evidence: row.evidence ?? undefined,
  };
}
