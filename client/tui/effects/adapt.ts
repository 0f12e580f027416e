// The use cases' objects as the model has them. Here, and nowhere else, what came from others is made safe.
import type { ConversationHead as CoreHead } from "../../core/conversations/conversation-head.ts";
import type { ConversationSummary } from "../../core/conversations/summarize-conversations.ts";
import type { ChatEvent } from "../../core/event.ts";
import { explainFailure } from "../../core/explain-failure.ts";
import type { GroupInfo, RoomListed } from "../../core/groups/group-info.ts";
import type { EventItem, MessageItem, TranscriptItem } from "../../core/messages/read-transcript.ts";
import type { MessageFound } from "../../core/messages/search-messages.ts";
import type { PersonListed } from "../../core/people/people.ts";
import type { ContactRequest } from "../../core/people/trust.ts";
import { safeBlock, safeText } from "../../safe-text.ts";
import type {
  ConversationHead,
  ConversationRow,
  Entry,
  EventEntry,
  GroupDetails,
  MessageEntry,
  PersonRow,
  RequestRow,
  RoomRow,
  SearchHit,
} from "../model/data.ts";
import type { Failure } from "../model/event.ts";

const QUOTE_LENGTH = 400;

export function failureOf(error: unknown): Failure {
  const { code, message, hint } = explainFailure(error);
  return { code, message: safeText(message), hint: hint === undefined ? undefined : safeText(hint) };
}

export function rowOf(summary: ConversationSummary, name: string): ConversationRow {
  const { kind, title, unread, mentions, queued, standing, invitedBy, notify, isVerified, activity } =
    summary;
  return {
    name: safeText(name),
    kind,
    title: title === null ? undefined : safeText(title),
    unread,
    mentions,
    queued,
    standing,
    invitedBy: invitedBy === null ? undefined : safeText(invitedBy),
    notify,
    isVerified,
    activity,
  };
}

export function headOf(name: string, head: CoreHead | undefined, own: string): ConversationHead {
  const { kind, members, mayPost, alarms, verified, person } = head ?? {
    kind: "dm",
    members: [own, name],
    mayPost: true,
    alarms: 0,
    verified: [],
    person: null,
  };
  const isVerified = kind === "dm" && verified.length > 0;
  return {
    name: safeText(name),
    kind,
    members: members.map(safeText),
    verified: verified.map(safeText),
    encryption: encryptionOf(alarms, isVerified, person?.isChanged === true),
    canPost: mayPost,
    trust: person ?? undefined,
  };
}

function encryptionOf(alarms: number, isVerified: boolean, isChanged: boolean): string {
  if (isChanged) return "keys have changed";
  const how = isVerified ? "end-to-end encrypted, verified" : "end-to-end encrypted";
  return alarms === 0 ? how : `${how}, ${alarms} ${alarms === 1 ? "alarm" : "alarms"}`;
}

export function requestOf({ kind, name: from, newest, messages }: ContactRequest, name: string): RequestRow {
  const text = newest === null ? "" : newest.text.slice(0, QUOTE_LENGTH).toWellFormed().replace(/\s+/g, " ");
  return {
    name: safeText(name),
    kind: kind === "message" ? "person" : "group",
    from: safeText(from),
    text: safeText(text),
    messages,
    at: newest?.receivedAt ?? newest?.sentAt ?? 0,
  };
}

export function entryOf(item: TranscriptItem, own: string): Entry {
  return item.type === "event" ? eventEntryOf(item) : messageEntryOf(item, own);
}

function eventEntryOf({ key, place, event }: EventItem): EventEntry {
  return { kind: "event", key, at: event.at, text: sentenceOf(event), gravity: "note", position: place };
}

function messageEntryOf(item: MessageItem, own: string): MessageEntry {
  const { message } = item;
  const { votes, reactions, delivery, sharedBy, unreadable } = message;
  const isGroup = message.kind === "group" || message.kind === "room";
  return {
    kind: "message",
    key: item.key,
    id: message.id,
    from: safeText(message.from),
    own: message.from === own,
    text: safeBlock(shownText(message)),
    quote: quoteOf(item),
    edited: message.edited,
    deleted: message.deleted,
    pinned: message.pinned,
    unread: item.unread,
    mentionsMe: item.mentionsMe,
    votes: { up: votes.up, down: votes.down, mine: votes.mine ?? undefined },
    reactions: Object.entries(reactions).map(([emoji, by]) => ({
      emoji: safeText(emoji),
      by: by.map(safeText),
      mine: by.includes(own),
    })),
    expiresAt: message.expiresAt ?? undefined,
    sharedBy: sharedBy === null ? undefined : safeText(sharedBy),
    sentAt: message.sentAt,
    state: message.state,
    content: message.content,
    trouble: whyOf(message),
    remedy: unreadable === null ? undefined : safeText(unreadable.remedy),
    receipts:
      delivery === null || !isGroup
        ? undefined
        : {
            delivered: delivery.deliveredTo.map(safeText),
            read: delivery.readBy.map(safeText),
            missing: delivery.missing.map(safeText),
          },
    position: item.place,
  };
}

/** The line that stands for all that was said before this device was known is no message that failed. */
function shownText({ text, unreadable, trouble }: MessageItem["message"]): string {
  const isStart = unreadable?.cause === "before_device" && trouble?.text.startsWith("earlier ") === true;
  return isStart ? `E${trouble.text.slice(1)}.` : text;
}

function whyOf({ trouble, unreadable }: MessageItem["message"]): string | undefined {
  const why = unreadable?.why ?? trouble?.text;
  return why === undefined ? undefined : safeText(why);
}

/** On one line: more than its beginning is never shown. */
function quoteOf({ message: { quote }, answers }: MessageItem): MessageEntry["quote"] {
  if (quote === null) return undefined;
  const text = quote.text.slice(0, QUOTE_LENGTH).toWellFormed().replace(/\s+/g, " ");
  return { key: answers ?? undefined, from: safeText(quote.from), text: safeText(text) };
}

/** What happened to a group, as a sentence without a full stop. */
function sentenceOf({ event, from, details }: ChatEvent): string {
  const word = (name: string) => (typeof details[name] === "string" ? details[name] : "somebody");
  return safeText(sentence(event, from, word));
}

function sentence(event: ChatEvent["event"], from: string, word: (name: string) => string): string {
  switch (event) {
    case "joined":
      return `${from} joined`;
    case "left":
      return `${from} left`;
    case "invited":
      return `${from} invited ${word("member")}`;
    case "removed":
      return `${from} removed ${word("member")}`;
    case "role":
      return `${from} made ${word("member")} ${word("role") === "member" ? "a" : "an"} ${word("role")}`;
    case "renamed":
      return `${from} called it ${word("title")}`;
    case "policy":
      return `${from} changed who may do what`;
    case "device_added":
      return `${from} has a new device`;
    case "key_changed":
      return `the keys of ${from} have changed`;
    default:
      return `${from}: ${event}`;
  }
}

export function personOf({ name, account, registeredAt }: PersonListed, known: boolean): PersonRow {
  return { name: safeText(name), account: safeText(account), since: registeredAt, known };
}

export function roomOf({ name, members, joined }: RoomListed): RoomRow {
  return { name: safeText(name), members, joined };
}

/** Of a group whose log has not come yet. */
const unknownPolicy = { invite: "owner", post: "owner", pin: "owner", history: "asked" } as const;

export function groupOf(
  info: GroupInfo,
  history: readonly ChatEvent[],
  {
    name,
    own,
    notify,
    verified,
  }: {
    readonly name: string;
    readonly own: string;
    readonly notify: ConversationRow["notify"];
    readonly verified: readonly string[];
  },
): GroupDetails {
  const members = info.members.map((member) => ({
    name: safeText(member.name),
    role: member.role,
    isVerified: verified.includes(member.name),
  }));
  return {
    name: safeText(name),
    kind: info.kind,
    title: safeText(info.title),
    members,
    invited: info.invited.map(({ name: invited, by }) => ({ name: safeText(invited), by: safeText(by) })),
    policy: info.policy ?? unknownPolicy,
    mine: info.standing === "member" ? info.members.find((member) => member.name === own)?.role : undefined,
    history: history.map((event) => ({ at: event.at, text: sentenceOf(event) })),
    notify,
  };
}

export function hitOf({ message, key, place, snippet }: MessageFound, conversation: string): SearchHit {
  return {
    key,
    conversation: safeText(conversation),
    from: safeText(message.from),
    at: message.sentAt,
    position: place,
    snippet: snippet.map(({ text, isMatch }) => ({ text: safeText(text), isMatch })),
  };
}
