import { accountId, type DeviceAddress, deviceId, type Hash, hash } from "../../keys/index.ts";
import { type Database, statement } from "./database.ts";

type Purpose = "message" | "confirmation" | "renewal" | "control" | "receipt";

/** What is to be sent; sealed once there is a relay to send it to. */
export interface Intent {
  /** The order of the outbox. */
  readonly intent: number;
  readonly conversation: number;
  /** Its message. */
  readonly position: number;
  readonly purpose: Purpose;
  /** The device, and the session, that a confirmation or renewal is for. */
  readonly device: DeviceAddress | undefined;
  readonly session: Hash | undefined;
  /** Counts the seals that were refused. */
  readonly attempt: number;
  readonly sealed: SealedAttempt | undefined;
  /** Not sealed before: milliseconds since 1970. */
  readonly dueAt: number;
  /** The conversation that a receipt is about. */
  readonly about: number | undefined;
}

export interface SealedAttempt {
  readonly envelope: Uint8Array;
  readonly wraps: Uint8Array;
  /** Where the sender's count stood before: a new seal starts there again. */
  readonly before: { readonly sequence: number; readonly content: Hash | undefined };
}

interface Row {
  intent: number;
  conversation: number;
  position: number;
  purpose: Purpose;
  account_id: Uint8Array | null;
  device_id: Uint8Array | null;
  session_id: Uint8Array | null;
  attempt: number;
  envelope: Uint8Array | null;
  wraps: Uint8Array | null;
  sender_sequence: number | null;
  previous_content: Uint8Array | null;
  due_at: number;
  about: number | null;
}

function fromRow(row: Row): Intent {
  const { account_id: account, device_id: device, session_id: session, envelope, wraps } = row;
  return {
    intent: row.intent,
    conversation: row.conversation,
    position: row.position,
    purpose: row.purpose,
    device:
      account === null || device === null
        ? undefined
        : { accountId: accountId(account), deviceId: deviceId(device) },
    session: session === null ? undefined : hash(session),
    attempt: row.attempt,
    sealed:
      envelope === null || wraps === null
        ? undefined
        : {
            envelope: new Uint8Array(envelope),
            wraps: new Uint8Array(wraps),
            before: {
              sequence: row.sender_sequence ?? 0,
              content: row.previous_content === null ? undefined : hash(row.previous_content),
            },
          },
    dueAt: row.due_at,
    about: row.about ?? undefined,
  };
}

export interface NewIntent {
  readonly conversation: number;
  readonly position: number;
  readonly purpose: Purpose;
  readonly device?: DeviceAddress | undefined;
  readonly session?: Hash | undefined;
  readonly attempt?: number;
  readonly dueAt?: number;
  readonly about?: number | undefined;
}

export function addIntent(db: Database, made: NewIntent): void {
  statement<unknown[], never>(
    db,
    `insert into outbox (
       conversation, position, purpose, account_id, device_id, session_id, attempt, due_at, about
     ) values (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  ).run(
    made.conversation,
    made.position,
    made.purpose,
    made.device?.accountId ?? null,
    made.device?.deviceId ?? null,
    made.session ?? null,
    made.attempt ?? 0,
    made.dueAt ?? 0,
    made.about ?? null,
  );
}

/** Such as are due. */
export function hasIntents(db: Database, now: number): boolean {
  return (
    statement<[number], unknown>(db, "select 1 from outbox where due_at <= ? limit 1").get(now) !== undefined
  );
}

export function readIntent(db: Database, intent: number): Intent | undefined {
  const row = statement<[number], Row>(db, "select * from outbox where intent = ?").get(intent);
  return row && fromRow(row);
}

/** Those that are due, in the order of the outbox. */
export function readIntents(db: Database, now: number, limit: number): Intent[] {
  return statement<[number, number], Row>(
    db,
    "select * from outbox where due_at <= ? order by intent limit ?",
  )
    .all(now, limit)
    .map(fromRow);
}

/** Intents of one conversation up to `through`, in order. */
export function readIntentsOf(db: Database, conversation: number, through: number): Intent[] {
  return statement<[number, number], Row>(
    db,
    "select * from outbox where conversation = ? and intent <= ? order by intent",
  )
    .all(conversation, through)
    .map(fromRow);
}

/** All that waits in a conversation goes behind what `place` puts into the outbox. Inside a transaction. */
export function placeBefore(db: Database, conversation: number, place: () => void): void {
  const waiting = readIntentsOf(db, conversation, Number.MAX_SAFE_INTEGER);
  statement<[number], never>(db, "delete from outbox where conversation = ?").run(conversation);
  place();
  // What was sealed has its place among what this device sends, which is another one now.
  for (const { sealed, attempt, ...intent } of waiting) {
    addIntent(db, { ...intent, attempt: sealed === undefined ? attempt : attempt + 1 });
  }
}

export function saveSealed(db: Database, intent: number, sealed: SealedAttempt): void {
  statement<unknown[], never>(
    db,
    `update outbox set envelope = ?, wraps = ?, sender_sequence = ?, previous_content = ?, due_at = 0
     where intent = ?`,
  ).run(sealed.envelope, sealed.wraps, sealed.before.sequence, sealed.before.content ?? null, intent);
}

/** A sealed attempt that was refused for good: the next seal counts as another. */
export function discardSealed(db: Database, intent: number): void {
  statement<[number], never>(
    db,
    `update outbox set attempt = attempt + 1, envelope = null, wraps = null, sender_sequence = null,
       previous_content = null
     where intent = ?`,
  ).run(intent);
}

/** False: another process was quicker. */
export function removeIntent(db: Database, intent: number): boolean {
  return statement<[number], never>(db, "delete from outbox where intent = ?").run(intent).changes === 1;
}

export function findIntentOf(db: Database, position: number): Intent | undefined {
  const row = statement<[number], Row>(db, "select * from outbox where position = ?").get(position);
  return row && fromRow(row);
}
