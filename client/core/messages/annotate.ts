import { equal } from "../../../keys/index.ts";
import { type Annotation, annotationsOf, type Change, readOriginal } from "../../store/annotations.ts";
import { readConversation } from "../../store/conversations.ts";
import { snapshot, transact } from "../../store/database.ts";
import { addErasure } from "../../store/erasures.ts";
import { clearBody, findMessage, readMessage, type StoredMessage } from "../../store/messages.ts";
import { ChatError } from "../chat-error.ts";
import { ownRights, type Rights } from "../groups/rights.ts";
import { encodeChange } from "../outbox/encode-content.ts";
import { queueControl } from "../outbox/queue-silent.ts";
import { knowPeer, messageAt } from "../outbox/send-message.ts";
import type { Profile } from "../profile.ts";
import { applyAnnotation } from "./apply-annotation.ts";
import { messageCalled } from "./find-message.ts";
import { byVersion, mayDelete, ofKind, winner } from "./fold-annotations.ts";
import { mentionsIn, namesMe } from "./mentions.ts";
import type { Message } from "./message.ts";
import { checkText, isEmoji, MAX_EMOJI } from "./text-limits.ts";

export interface QueuedChange {
  /** The message as it stands with the change. */
  readonly message: Message;
  /** For `waitForMessage`: what carries the change; undefined when it stood so already, and the relay has that. */
  readonly position: number | undefined;
}

/**
 * Another text for one's own message. Throws `text_empty`, `text_too_long`, `bad_input`, `unknown_message`,
 * `not_allowed`, as do all of these.
 */
export function editMessage(profile: Profile, id: string, text: string): QueuedChange {
  checkText(text);
  return change(profile, id, (target) => {
    if (target.kind !== "text" || !equal(target.accountId, profile.identity.accountId)) {
      throw new ChatError("not_allowed", "Only who wrote a message can edit it.");
    }
    return { kind: "edit", text };
  });
}

/** Takes one's own message back, on every device that is told; in groups, as an admin, anybody's. */
export function deleteMessage(profile: Profile, id: string): QueuedChange {
  return change(profile, id, (target, _, { role }) => {
    if (!mayDelete(target, { accountId: profile.identity.accountId, role })) {
      throw new ChatError("not_allowed", "Only who wrote a message can delete it, or an admin of its group.");
    }
    return { kind: "delete" };
  });
}

/** Puts an emoji on a message beside those that this account has on it, or takes it back. */
export function reactTo(
  profile: Profile,
  id: string,
  { emoji, remove }: { readonly emoji: string; readonly remove: boolean },
): QueuedChange {
  if (!isEmoji(emoji)) throw new ChatError("bad_input", "A reaction is one emoji.");
  return change(profile, id, (_, own) => {
    const before = winner(ofKind(own, "reactions"))?.change.emoji ?? [];
    const others = before.filter((each) => each !== emoji);
    if (!remove && others.length >= MAX_EMOJI) {
      throw new ChatError("bad_input", `One person puts at most ${MAX_EMOJI} emoji on a message.`);
    }
    if (remove) return { kind: "reactions", emoji: others };
    return { kind: "reactions", emoji: before.includes(emoji) ? before : [...before, emoji] };
  });
}

export function voteOn(profile: Profile, id: string, value: "up" | "down" | "none"): QueuedChange {
  return change(profile, id, () => ({ kind: "vote", value }));
}

export function pinMessage(profile: Profile, id: string, pinned: boolean): QueuedChange {
  return change(profile, id, (_, __, { mayPin }) => {
    if (!mayPin) throw new ChatError("not_allowed", "Your role does not permit you to pin here.");
    return { kind: "pin", pinned };
  });
}

/** Every text that a message had, the first one first. */
export function editHistory(profile: Profile, id: string): { text: string; at: number }[] {
  return snapshot(profile.db, () => {
    const message = messageCalled(profile, id);
    if (message.deleted) return [];
    const edits = ofKind(annotationsOf(profile.db, message.conversation, message), "edit")
      .filter((edit) => equal(edit.accountId, message.accountId))
      .toSorted(byVersion);
    const original = {
      text: readOriginal(profile.db, message)?.text ?? message.text ?? "",
      at: message.sentAt,
    };
    return [original, ...edits.map(({ change: { text }, sentAt }) => ({ text, at: sentAt }))];
  });
}

/** Applies it here and queues it for the others, in one transaction. */
function change(
  profile: Profile,
  id: string,
  decide: (target: StoredMessage, own: readonly Annotation[], rights: Rights) => Change,
): QueuedChange {
  return transact(profile.db, () => {
    const target = messageCalled(profile, id);
    const all = annotationsOf(profile.db, target.conversation, target);
    const own = all.filter(({ accountId }) => equal(accountId, profile.identity.accountId));
    const rights = ownRights(profile, readConversation(profile.db, target.conversation));
    const made = decide(target, own, rights);
    checkTarget(target, made);
    knowPeer(profile, target.conversation);
    const earlier = standing(made.kind === "pin" ? all : own, made);
    if (earlier !== undefined) return asItStands(profile, target, earlier);
    const version = nextVersion(made.kind === "pin" ? all : own, made.kind);
    const now = profile.runtime.now();
    const { conversation, expiresAt } = target;
    const mentions = made.kind === "edit" ? mentionsIn(profile, conversation, made.text) : [];
    const content = encodeChange(target, made, version, mentions);
    const position = queueControl(profile, conversation, content, now, expiresAt);
    const carrier = readMessage(profile.db, position);
    if (carrier === undefined) throw new Error("what was just queued is not there");
    if (made.kind === "delete") {
      forgetQueuedEdits(profile, own);
      addErasure(profile.db, position);
    }
    const annotation = {
      conversation,
      target: { messageId: target.messageId, deviceId: target.deviceId },
      accountId: carrier.accountId,
      deviceId: carrier.deviceId,
      messageId: carrier.messageId,
      change: made,
      version,
      role: rights.role,
      mentionsMe: namesMe(profile, mentions),
      sentAt: now,
    };
    applyAnnotation(profile, annotation, rights);
    return { message: messageAt(profile, target.position), position };
  });
}

function checkTarget(target: StoredMessage, { kind }: Change): void {
  if (target.kind === "unreadable") {
    throw new ChatError("bad_input", "That message could not be read: nobody else knows it by this id.");
  }
  if (target.state === "failed") throw new ChatError("bad_input", "That message was never sent.");
  if (target.deleted && kind !== "delete") throw new ChatError("not_allowed", "That message was deleted.");
}

/** What says the same already, and nothing newer says otherwise. */
function standing(all: readonly Annotation[], made: Change): Annotation | undefined {
  const newest = winner(all.filter(({ change: { kind } }) => kind === made.kind));
  if (newest !== undefined && JSON.stringify(newest.change) === JSON.stringify(made)) return newest;
  return undefined;
}

/** Queued still: whoever asks again waits for it again. */
function asItStands(
  profile: Profile,
  target: StoredMessage,
  { messageId, deviceId }: Annotation,
): QueuedChange {
  const carrier = findMessage(profile.db, messageId, deviceId);
  const position = carrier?.state === "queued" ? carrier.position : undefined;
  return { message: messageAt(profile, target.position), position };
}

/** Above all that are known of its kind on this message. */
function nextVersion(all: readonly Annotation[], kind: Change["kind"]): number {
  const newest = Math.max(
    0,
    ...all.filter((each) => each.change.kind === kind).map(({ version }) => version),
  );
  if (newest >= Number.MAX_SAFE_INTEGER) {
    throw new ChatError(
      "not_allowed",
      "Somebody has counted to the end of all versions: it cannot be changed.",
    );
  }
  return newest + 1;
}

/** Texts that were not sent yet are not sent any more. */
function forgetQueuedEdits(profile: Profile, own: readonly Annotation[]): void {
  for (const { messageId, deviceId } of ofKind(own, "edit")) clearBody(profile.db, messageId, deviceId);
}
