import { equal, sha256, toHex } from "../../../keys/index.ts";
import {
  addAnnotation,
  annotationsOf,
  type Change,
  clearTexts,
  deleteAnnotation,
  deleteAnnotationsOf,
  dropOutdone,
  findTarget,
  keepOriginal,
  type MessageName,
  type NewAnnotation,
  readOriginal,
} from "../../store/annotations.ts";
import { addEvent, type EventKind } from "../../store/events.ts";
import { findMessage, readMessage, type StoredMessage, setShown } from "../../store/messages.ts";
import type { Rights } from "../groups/rights.ts";
import type { Profile } from "../profile.ts";
import { type Annotated, type Folded, foldAnnotations, mayDelete } from "./fold-annotations.ts";

/**
 * Keeps an annotation and brings its target up to date; without a target it waits for one. An event tells of it if it
 * changed anything. What its author may not do is not kept. Inside a transaction.
 */
export function applyAnnotation(
  profile: Profile,
  made: NewAnnotation,
  { mayPin }: Pick<Rights, "mayPin">,
): void {
  const { db } = profile;
  if (made.change.kind === "pin" && !mayPin) return;
  const target = targetOf(profile, made);
  if (target !== undefined && !mayApply(target, made)) return;
  const before = target && foldOf(profile, target);
  addAnnotation(db, made);
  // One's own may be taken back, and then what was before counts again.
  if (!equal(made.accountId, profile.identity.accountId)) dropOutdone(db, made);
  if (target === undefined || before === undefined) return;
  const after = refreshMessage(profile, target);
  if (stateOf(before) === stateOf(after)) return;
  addEvent(db, {
    eventId: eventIdOf(made),
    event: eventKinds[made.change.kind],
    conversation: made.conversation,
    accountId: made.accountId,
    deviceId: made.deviceId,
    target: made.target,
    at: made.sentAt,
    details: detailsOf(made.change),
  });
}

function targetOf(
  profile: Profile,
  { target, conversation }: Pick<NewAnnotation, "target" | "conversation">,
): StoredMessage | undefined {
  const found = findMessage(profile.db, target.messageId, target.deviceId);
  return found?.conversation === conversation ? found : undefined;
}

/** Rights that do not depend on what came before or after: the fold asks again for those whose target came late. */
function mayApply(target: StoredMessage, { accountId, change, role }: NewAnnotation): boolean {
  if (target.gone || target.deleted || target.kind === "silent" || target.kind === "unreadable") return false;
  if (change.kind === "edit") return target.kind === "text" && equal(accountId, target.accountId);
  if (change.kind === "delete") return mayDelete(target, { accountId, role });
  return true;
}

/** The same on every device for the same happening. */
export function eventIdOf({ messageId, deviceId }: MessageName, what = "annotation"): Uint8Array {
  return sha256(new TextEncoder().encode(`${what}\n${toHex(deviceId)}\n${toHex(messageId)}`)).slice(0, 16);
}

const eventKinds: Record<Change["kind"], EventKind> = {
  edit: "edit",
  delete: "delete",
  reactions: "reaction",
  vote: "vote",
  pin: "pin",
};

/** No texts: those are the message's, and go with it. */
function detailsOf(change: Change): Record<string, unknown> {
  switch (change.kind) {
    case "reactions":
      return { emoji: change.emoji };
    case "vote":
      return { value: change.value };
    case "pin":
      return { value: change.pinned };
    case "edit":
    case "delete":
      return {};
  }
}

export function foldOf(profile: Profile, message: StoredMessage): Folded {
  const annotations = annotationsOf(profile.db, message.conversation, message);
  const folded = foldAnnotations(asMade(profile, message), annotations);
  // One that was handed on may have been edited before.
  const wasEdited = message.sharedBy !== undefined && message.edited && !folded.deleted;
  return wasEdited ? { ...folded, edited: true } : folded;
}

function asMade(profile: Profile, message: StoredMessage): Annotated {
  const { text, mentionsMe } = (message.edited && readOriginal(profile.db, message)) || message;
  return { accountId: message.accountId, text, mentionsMe, isText: message.kind === "text" };
}

/** Writes what the annotations come to into the message. Inside a transaction. */
function refreshMessage(profile: Profile, message: StoredMessage): Folded {
  const { db } = profile;
  const folded = foldOf(profile, message);
  if (folded.edited && !message.edited) keepOriginal(db, message, { ...message, text: message.text ?? "" });
  if (folded.deleted) clearTexts(db, message);
  const text = message.kind === "text" && !folded.deleted ? folded.text : undefined;
  setShown(db, message.position, { ...folded, text });
  return folded;
}

/** For what came before its target did. Inside a transaction. */
export function applyWaiting(profile: Profile, position: number): void {
  const message = readMessage(profile.db, position);
  if (message === undefined || annotationsOf(profile.db, message.conversation, message).length === 0) return;
  if (message.gone) deleteAnnotationsOf(profile.db, message);
  else refreshMessage(profile, message);
}

/** The relay does not take what this device did: it is as if it had not been done, but for texts that are gone. */
export function takeBack(profile: Profile, position: number): void {
  const carrier = readMessage(profile.db, position);
  const name = carrier && findTarget(profile.db, carrier);
  const target = name && findMessage(profile.db, name.messageId, name.deviceId);
  if (carrier === undefined || target === undefined || target.deleted) return;
  deleteAnnotation(profile.db, carrier);
  refreshMessage(profile, target);
}

/** The same for a pin that came into the log when its author had no right to it any more: nobody else counts it. */
export function takeBackPin(profile: Profile, position: number): void {
  const carrier = readMessage(profile.db, position);
  const name = carrier && findTarget(profile.db, carrier);
  const target = name && targetOf(profile, { target: name, conversation: carrier.conversation });
  if (carrier === undefined || target === undefined) return;
  const made = annotationsOf(profile.db, target.conversation, target).find(
    ({ messageId, deviceId }) => equal(messageId, carrier.messageId) && equal(deviceId, carrier.deviceId),
  );
  if (made?.change.kind === "pin") takeBack(profile, position);
}

/** A value that tells two states apart. */
function stateOf({ text, edited, deleted, reactions, votes, pinned }: Folded): string {
  const names = [...reactions].map(([emoji, accounts]) => [emoji, ...accounts.map(toHex)]);
  return JSON.stringify([text, edited, deleted, pinned, names, votes.up.map(toHex), votes.down.map(toHex)]);
}
