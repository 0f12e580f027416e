import { findNumbered, type StoredConversation } from "../../store/conversations.ts";
import { snapshot } from "../../store/database.ts";
import { findMessage, findMessageById, type StoredMessage } from "../../store/messages.ts";
import {
  lastPlace,
  placeOf,
  readLines,
  type TranscriptLine,
  type TranscriptPlace,
} from "../../store/transcript.ts";
import { type ChatEvent, toEvent } from "../event.ts";
import type { Profile } from "../profile.ts";
import { keyOf, messageWithKey } from "./find-message.ts";
import { type Message, toMessage } from "./message.ts";

/** A message, or something that happened, as a line of a conversation. */
export type TranscriptItem = MessageItem | EventItem;

interface Line {
  /** Unique in the profile, and the same whatever becomes of it. */
  readonly key: string;
  /** Its number in the order of the transcript. What is not sent yet comes last, and moves when it is. */
  readonly place: number;
}

export interface MessageItem extends Line {
  readonly type: "message";
  readonly message: Message;
  readonly unread: boolean;
  readonly mentionsMe: boolean;
  /** The key of the message that this one answers, if that is here. */
  readonly answers: string | null;
}

export interface EventItem extends Line {
  readonly type: "event";
  readonly event: ChatEvent;
}

/** A part of a conversation without gaps, oldest first. */
export interface TranscriptPage {
  readonly items: readonly TranscriptItem[];
  readonly hasOlder: boolean;
  readonly hasNewer: boolean;
}

/** Where to read: at the start or the end, around a message, or before or after a place. */
export type TranscriptWish =
  | { readonly at: "start" | "end" }
  | { readonly around: string }
  | { readonly before: number }
  | { readonly after: number };

/** Above every number of a log. */
const UNSENT = 2 ** 52;

/** One page. Around a message that is not here, the end. */
export function readTranscript(
  profile: Profile,
  conversation: number,
  wish: TranscriptWish,
  limit: number,
): TranscriptPage {
  return snapshot(profile.db, () => {
    const stored = findNumbered(profile.db, conversation);
    if (stored === undefined) return { items: [], hasOlder: false, hasNewer: false };
    const show = (lines: readonly TranscriptLine[]) => lines.map((line) => toItem(profile, stored, line));
    const before = (place: TranscriptPlace, count: number) => {
      const lines = readLines(profile.db, conversation, "before", place, count + 1);
      return { items: show(lines.slice(-count)), isMore: lines.length > count };
    };
    const after = (place: TranscriptPlace, count: number) => {
      const lines = readLines(profile.db, conversation, "after", place, count + 1);
      return { items: show(lines.slice(0, count)), isMore: lines.length > count };
    };
    if ("before" in wish) {
      const { items, isMore } = before(placeNumbered(wish.before, 0), limit);
      return { items, hasOlder: isMore, hasNewer: true };
    }
    if ("after" in wish) {
      const { items, isMore } = after(placeNumbered(wish.after, Number.MAX_SAFE_INTEGER), limit);
      return { items, hasOlder: true, hasNewer: isMore };
    }
    if ("at" in wish && wish.at === "start") {
      const { items, isMore } = after(placeNumbered(-1, 0), limit);
      return { items, hasOlder: false, hasNewer: isMore };
    }
    const middle = "around" in wish ? messageWithKey(profile, wish.around) : undefined;
    if (middle?.conversation !== conversation) {
      const { items, isMore } = before(lastPlace, limit);
      return { items, hasOlder: isMore, hasNewer: false };
    }
    const place = placeOf({ type: "message", stored: middle });
    const older = before(place, Math.floor(limit / 2));
    const newer = after({ ...place, position: place.position - 1 }, Math.ceil(limit / 2));
    return { items: [...older.items, ...newer.items], hasOlder: older.isMore, hasNewer: newer.isMore };
  });
}

export function toItem(profile: Profile, stored: StoredConversation, line: TranscriptLine): TranscriptItem {
  const place = placeNumber(placeOf(line));
  if (line.type === "event") {
    const event = toEvent(profile, stored, line.stored);
    return { type: "event", key: event.eventId, place, event };
  }
  const { unread, mentionsMe } = line.stored;
  const message = toMessage(profile, stored, line.stored);
  const answers = message.quote === null ? null : answeredBy(profile, line.stored);
  return { type: "message", key: keyOf(line.stored), place, message, unread, mentionsMe, answers };
}

function answeredBy({ db }: Profile, { replyTo, replyToDevice }: StoredMessage): string | null {
  if (replyTo === undefined) return null;
  const found =
    replyToDevice === undefined ? findMessageById(db, replyTo) : findMessage(db, replyTo, replyToDevice);
  return found === undefined ? null : keyOf(found);
}

/** Where a message is in the transcript of its conversation. */
export function spotOf(stored: StoredMessage): Line {
  return { key: keyOf(stored), place: placeNumber(placeOf({ type: "message", stored })) };
}

function placeNumber({ sequence, position }: TranscriptPlace): number {
  return sequence === lastPlace.sequence ? UNSENT + position : sequence;
}

function placeNumbered(place: number, position: number): TranscriptPlace {
  if (place >= UNSENT) return { sequence: lastPlace.sequence, position: place - UNSENT };
  return { sequence: place, position };
}
