// A conversation as it is shown: messages, and the events that are lines of it, in the order of the log.
import { deviceId, messageId } from "../../keys/index.ts";
import type { MessageName } from "./annotations.ts";
import { type Database, statement } from "./database.ts";
import { type EventRow, eventFromRow, type StoredEvent } from "./events.ts";
import { type MessageRow, messageFromRow, type StoredMessage } from "./messages.ts";

/** What is not in the log yet, or never will be, comes last. */
const UNSENT = 9007199254740991;

/** Between two lines. The second number tells apart what stands at one number of the log. */
export interface TranscriptPlace {
  readonly sequence: number;
  readonly position: number;
}

export const lastPlace: TranscriptPlace = { sequence: UNSENT, position: UNSENT };

export type TranscriptLine =
  | { readonly type: "message"; readonly stored: StoredMessage }
  | { readonly type: "event"; readonly stored: StoredEvent };

export function placeOf({ stored }: TranscriptLine): TranscriptPlace {
  const position = "event" in stored ? stored.arrival : stored.position;
  return { sequence: stored.sequence ?? UNSENT, position };
}

/** Those just before or after a place, oldest first. */
export function readLines(
  db: Database,
  conversation: number,
  direction: "before" | "after",
  place: TranscriptPlace,
  limit: number,
): TranscriptLine[] {
  const [than, order] = direction === "before" ? ["<", "desc"] : [">", "asc"];
  const messages = statement<[number, number, number, number], MessageRow>(
    db,
    `select * from messages
     where conversation = ? and (coalesce(sequence, ${UNSENT}), position) ${than} (?, ?)
       and kind <> 'silent' and gone = 0
     order by coalesce(sequence, ${UNSENT}) ${order}, position ${order} limit ?`,
  ).all(conversation, place.sequence, place.position, limit);
  const events = statement<[number, number, number, number], EventRow>(
    db,
    `select * from events
     where conversation = ? and sequence is not null and (sequence, arrival) ${than} (?, ?)
     order by sequence ${order}, arrival ${order} limit ?`,
  ).all(conversation, place.sequence, place.position, limit);
  const lines: TranscriptLine[] = [
    ...messages.map((row) => ({ type: "message" as const, stored: messageFromRow(row) })),
    ...events.map((row) => ({ type: "event" as const, stored: eventFromRow(row) })),
  ];
  lines.sort((one, other) => compare(placeOf(one), placeOf(other)));
  return direction === "before" ? lines.slice(-limit) : lines.slice(0, limit);
}

function compare(one: TranscriptPlace, other: TranscriptPlace): number {
  return one.sequence - other.sequence || one.position - other.position;
}

/** Messages that came to be known after `position`, whatever they are, in that order. */
export function messagesAfterPosition(
  db: Database,
  conversation: number,
  position: number,
  limit: number,
): StoredMessage[] {
  return statement<[number, number, number], MessageRow>(
    db,
    "select * from messages where conversation = ? and position > ? order by position limit ?",
  )
    .all(conversation, position, limit)
    .map(messageFromRow);
}

/** What this account does with messages, and the relay has not taken yet: by what carries it, what it is done to. */
export function unsentTargets(db: Database, conversation: number): Map<number, MessageName> {
  const rows = statement<
    [number],
    { position: number; target_message: Uint8Array; target_device: Uint8Array }
  >(
    db,
    `select outbox.position, target_message, target_device
     from outbox join messages using (position)
       join annotations on annotations.device_id = messages.device_id
         and annotations.message_id = messages.message_id
     where outbox.conversation = ? and purpose = 'control'`,
  ).all(conversation);
  return new Map(
    rows.map(({ position, target_message: id, target_device: device }) => [
      position,
      { messageId: messageId(id), deviceId: deviceId(device) },
    ]),
  );
}

/** Own messages that wait for the relay, or that it did not take. */
export function unsentMessages(db: Database, conversation: number): StoredMessage[] {
  return statement<[number], MessageRow>(
    db,
    `select * from messages
     where conversation = ? and coalesce(sequence, ${UNSENT}) = ${UNSENT} and kind <> 'silent' and gone = 0
     order by position`,
  )
    .all(conversation)
    .map(messageFromRow);
}
