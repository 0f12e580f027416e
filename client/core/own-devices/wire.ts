import { Notify, Standing } from "../../../proto/gen/sotto/chat/v1/content_pb.ts";
import type { ContactStanding } from "../../store/contacts.ts";
import type { StoredConversation } from "../../store/conversations.ts";

/** Of one message, told or taken: what is more goes in several. */
export const MAX_VALUES = 300;
/** Of one conversation. */
export const MAX_UNREAD = 512;

export const standings = {
  stranger: Standing.UNSPECIFIED,
  accepted: Standing.ACCEPTED,
  blocked: Standing.BLOCKED,
} as const satisfies Record<ContactStanding, Standing>;

export const levels = {
  all: Notify.UNSPECIFIED,
  mentions: Notify.MENTIONS,
  none: Notify.NONE,
} as const satisfies Record<StoredConversation["notify"], Notify>;

/** What a value of the wire stands for here; undefined: it is of a newer version. */
export function meaningOf<Name extends string>(table: Record<Name, number>, value: number): Name | undefined {
  return (Object.keys(table) as Name[]).find((name) => table[name] === value);
}
