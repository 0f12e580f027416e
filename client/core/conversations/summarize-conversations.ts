import type { ConversationKind, Notify, Standing } from "../../store/conversations.ts";
import { snapshot } from "../../store/database.ts";
import {
  newestChange,
  readSummaries,
  type StoredSummary,
  summariesChangedAfter,
} from "../../store/summaries.ts";
import { nameOf } from "../groups/memberships.ts";
import { conversationName } from "../messages/message.ts";
import type { Profile } from "../profile.ts";

/** A conversation as a list shows it, without any message. */
export interface ConversationSummary {
  /** Its local number. */
  readonly conversation: number;
  /** The name to send to. */
  readonly name: string;
  readonly kind: ConversationKind;
  /** Of a group or room, as it is called by others; otherwise null. */
  readonly title: string | null;
  readonly unread: number;
  /** Of the unread ones: those that name this account. */
  readonly mentions: number;
  /** Messages that wait for the relay. */
  readonly queued: number;
  readonly standing: Standing;
  /** Of an invitation. */
  readonly invitedBy: string | null;
  readonly notify: Notify;
  /** Of a direct conversation: whether the safety numbers were found equal. */
  readonly isVerified: boolean;
  /** Counts up with what is written, over all conversations. */
  readonly activity: number;
}

export interface Summaries {
  readonly rows: readonly ConversationSummary[];
  /** What `changedSummaries` goes on from. */
  readonly mark: number;
}

export interface ChangedSummaries extends Summaries {
  /** Names of those that do not belong into a list any more. */
  readonly gone: readonly string[];
}

/** Invitations, then the conversations that were active last: all, or the first so many, which is quicker. */
export function summarizeConversations(profile: Profile, limit = Number.MAX_SAFE_INTEGER): Summaries {
  const { db } = profile;
  return snapshot(db, () => ({
    rows: readSummaries(db, limit).map((stored) => summaryOf(profile, stored)),
    mark: newestChange(db),
  }));
}

/**
 * The conversations of which something has changed that a list or a transcript shows: messages, their states, edits,
 * votes, receipts, members, names.
 */
export function changedSummaries(profile: Profile, after: number): ChangedSummaries {
  const { db } = profile;
  return snapshot(db, () => {
    const mark = newestChange(db);
    const changed = mark > after ? summariesChangedAfter(db, after) : [];
    return {
      rows: changed.filter(({ isListed }) => isListed).map((stored) => summaryOf(profile, stored)),
      gone: changed.filter(({ isListed }) => !isListed).map(conversationName),
      mark,
    };
  });
}

function summaryOf(profile: Profile, stored: StoredSummary): ConversationSummary {
  const { kind, title, unread, mentions, queued, standing, invitedBy, notify, activity } = stored;
  return {
    conversation: stored.conversation,
    name: conversationName(stored),
    kind,
    title: title ?? null,
    unread,
    mentions,
    queued,
    standing,
    invitedBy: standing === "invited" && invitedBy !== undefined ? nameOf(profile, invitedBy) : null,
    notify,
    isVerified: stored.isVerified,
    activity,
  };
}
