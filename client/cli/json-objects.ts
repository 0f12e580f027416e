// The objects of `--json`. Fields are only ever added: scripts read them.

import type { DeviceListed } from "../core/account/devices.ts";
import type { KeyDetails } from "../core/account/key-details.ts";
import type { Me } from "../core/account/whoami.ts";
import type { DeliveryNames } from "../core/conversations/delivery-state.ts";
import type { ConversationRow } from "../core/conversations/list-conversations.ts";
import type { GroupInfo, RoomListed } from "../core/groups/group-info.ts";
import type { ChatEvent } from "../core/inbox/watch-messages.ts";
import type { Message } from "../core/messages/message.ts";
import type { PersonListed } from "../core/people/people.ts";
import type { Contact, ContactRequest } from "../core/people/trust.ts";
import type { Settings } from "../core/settings.ts";
import type { SignalChange } from "../core/signals/signals.ts";
import { dateOf } from "./times.ts";

export function messageObject(message: Message): object {
  return {
    type: "message",
    id: message.id,
    conversation: message.conversation,
    kind: message.kind,
    from: message.from,
    device: message.device,
    text: message.text,
    reply_to: message.replyTo,
    edited: message.edited,
    deleted: message.deleted,
    reactions: message.reactions,
    votes: message.votes,
    attachments: message.attachments,
    sent_at: isoTime(message.sentAt),
    received_at: message.receivedAt === null ? null : isoTime(message.receivedAt),
    state: message.state,
    pinned: message.pinned,
    expires_at: message.expiresAt === null ? null : isoTime(message.expiresAt),
    ...(message.delivery === null ? {} : deliveryFields(message.delivery)),
    shared_by: message.sharedBy,
    unreadable: message.unreadable && {
      cause: message.unreadable.cause,
      remedy: message.unreadable.remedy,
    },
  };
}

export function eventObject(event: ChatEvent): object {
  return {
    type: "event",
    event_id: event.eventId,
    event: event.event,
    conversation: event.conversation,
    kind: event.kind,
    from: event.from,
    message: event.message,
    at: isoTime(event.at),
    ...event.details,
  };
}

/** Without an id: it is not stored, and never comes again. */
export function typingObject({ conversation, conversationKind, from, at }: SignalChange): object {
  return { type: "event", event: "typing", conversation, kind: conversationKind, from, at: isoTime(at) };
}

export function settingsObject(settings: Settings): object {
  return { type: "settings", ...settings };
}

/** A message of one's own, with who has it. */
export function deliveredObject(message: Message, names: DeliveryNames): object {
  return { ...messageObject(message), ...deliveryFields(names) };
}

function deliveryFields({ deliveredTo, readBy, missing }: DeliveryNames): object {
  return { delivered_to: deliveredTo, read_by: readBy, missing };
}

export function conversationObject(row: ConversationRow): object {
  return {
    type: "conversation",
    name: row.name,
    kind: row.kind,
    unread: row.unread,
    mentions: row.mentions,
    queued: row.queued,
    standing: row.standing,
    title: row.title,
    invited_by: row.invitedBy,
    notify: row.notify,
    last_message_at: row.lastMessage === null ? null : isoTime(row.lastMessage.sentAt),
  };
}

export function groupObject(group: GroupInfo): object {
  return {
    type: "group",
    name: group.name,
    kind: group.kind,
    title: group.title,
    conversation: group.conversation,
    standing: group.standing,
    members: group.members,
    invited: group.invited,
    policy: group.policy ?? null,
  };
}

export function roomObject(room: RoomListed): object {
  return {
    type: "room",
    name: room.name,
    members: room.members,
    joined: room.joined,
    created_at: isoTime(room.createdAt),
  };
}

export function personObject(person: PersonListed): object {
  return {
    type: "person",
    name: person.name,
    account: person.account,
    registered_at: isoTime(person.registeredAt),
  };
}

export function requestObject({
  kind,
  name,
  account,
  group,
  title,
  messages,
  newest,
}: ContactRequest): object {
  return {
    type: "request",
    request: kind,
    name,
    account,
    group,
    title,
    messages,
    text: newest?.text ?? null,
    at: newest === null ? null : isoTime(newest.receivedAt ?? newest.sentAt),
  };
}

export function contactObject({ name, accountId, standing, verifiedAt }: Contact): object {
  return {
    type: "contact",
    name,
    account: Buffer.from(accountId).toString("hex"),
    standing,
    verified: verifiedAt !== null,
    verified_at: verifiedAt === null ? null : isoTime(verifiedAt),
  };
}

/** `changedTo`: with the account that came under the name, and about which nobody has decided. */
export function safetyNumberObject(contact: Contact, number: string, changedTo?: string): object {
  return {
    type: "safety_number",
    name: contact.name,
    number,
    verified: contact.verifiedAt !== null,
    verified_at: contact.verifiedAt === null ? null : isoTime(contact.verifiedAt),
    new_number: changedTo ?? null,
  };
}

export function meObject(me: Me): object {
  return {
    type: "me",
    name: me.name,
    account: me.account,
    device: me.device,
    relay: me.relay,
    profile: me.profile,
    registered_at: isoTime(me.registeredAt),
  };
}

export function deviceObject({ id, account, name, isCurrent, addedAt }: DeviceListed): object {
  return { type: "device", id, account, name, current: isCurrent, added_at: isoTime(addedAt) };
}

/** `prekeysLeft` is undefined while the relay does not answer. */
export function keysObject(details: KeyDetails, prekeysLeft: number | undefined): object {
  return {
    type: "keys",
    name: details.name,
    fingerprint: details.fingerprint,
    device: details.devices.find(({ isThis }) => isThis)?.id ?? null,
    devices: details.devices.length,
    prekeys_left: prekeysLeft ?? null,
    sessions: details.sessions,
  };
}

/** A sender can claim any time; one that no calendar has is shown as the nearest that it has. */
function isoTime(milliseconds: number): string {
  return dateOf(milliseconds).toISOString();
}
