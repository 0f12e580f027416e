import {
  type AccountId,
  accountId,
  type DeviceId,
  deviceId,
  type MessageId,
  messageId,
} from "../../keys/index.ts";
import { type Database, statement } from "./database.ts";
import { newestArrival } from "./messages.ts";

/** As `chat tail` names them. */
export type EventKind =
  | "edit"
  | "delete"
  | "reaction"
  | "vote"
  | "pin"
  | "receipt"
  | "joined"
  | "left"
  | "removed"
  | "invited"
  | "role"
  | "renamed"
  | "policy"
  | "request"
  | "device_added"
  | "key_changed"
  | "expired";

export interface StoredEvent {
  /** The order in which this profile came to know of it, numbered together with the messages. */
  readonly arrival: number;
  /** 16 bytes: the same on every device for the same happening. */
  readonly eventId: Uint8Array;
  readonly event: EventKind;
  readonly conversation: number;
  readonly accountId: AccountId;
  readonly deviceId: DeviceId | undefined;
  /** The message that it is about. */
  readonly target: { readonly messageId: MessageId; readonly deviceId: DeviceId } | undefined;
  /** Of what is a line of the transcript: after which row of the log. */
  readonly sequence: number | undefined;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** What the kind adds; strings, numbers and booleans. */
  readonly details: Readonly<Record<string, unknown>>;
}

export interface EventRow {
  arrival: number;
  event_id: Uint8Array;
  event: EventKind;
  conversation: number;
  account_id: Uint8Array;
  device_id: Uint8Array | null;
  target_device: Uint8Array | null;
  target_message: Uint8Array | null;
  sequence: number | null;
  at: number;
  details: string | null;
}

export function eventFromRow(row: EventRow): StoredEvent {
  const { target_device: device, target_message: message } = row;
  return {
    arrival: row.arrival,
    eventId: new Uint8Array(row.event_id),
    event: row.event,
    conversation: row.conversation,
    accountId: accountId(row.account_id),
    deviceId: row.device_id === null ? undefined : deviceId(row.device_id),
    target:
      device === null || message === null
        ? undefined
        : { messageId: messageId(message), deviceId: deviceId(device) },
    sequence: row.sequence ?? undefined,
    at: row.at,
    details: row.details === null ? {} : JSON.parse(row.details),
  };
}

type Extra = "deviceId" | "target" | "sequence" | "details";

export type NewEvent = Omit<StoredEvent, "arrival" | Extra> & Partial<Pick<StoredEvent, Extra>>;

/** Inside a transaction. What happens again under its id is not told again. */
export function addEvent(db: Database, made: NewEvent): void {
  statement<unknown[], never>(
    db,
    `insert into events (arrival, event_id, event, conversation, account_id, device_id, target_device, target_message,
       sequence, at, details)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (event_id) do nothing`,
  ).run(
    newestArrival(db) + 1,
    made.eventId,
    made.event,
    made.conversation,
    made.accountId,
    made.deviceId ?? null,
    made.target?.deviceId ?? null,
    made.target?.messageId ?? null,
    made.sequence ?? null,
    made.at,
    made.details === undefined ? null : JSON.stringify(made.details),
  );
}

/** Those that are lines of the transcript, the newest first. */
export function newestLines(db: Database, conversation: number, limit: number): StoredEvent[] {
  return statement<[number, number], EventRow>(
    db,
    `select * from events where conversation = ? and sequence is not null
     order by sequence desc, arrival desc limit ?`,
  )
    .all(conversation, limit)
    .map(eventFromRow);
}

/** Those that became known after `after`, in that order. */
export function eventsArrivedAfter(db: Database, after: number, limit: number): StoredEvent[] {
  return statement<[number, number], EventRow>(
    db,
    "select * from events where arrival > ? order by arrival limit ?",
  )
    .all(after, limit)
    .map(eventFromRow);
}
