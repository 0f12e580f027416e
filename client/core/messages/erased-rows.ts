// Rows that the relay had erased before they came here. What stood there is the word of whoever took it back, under
// encryption; that somebody did is not believed of the relay.
import type { DeviceAddress } from "../../../keys/index.ts";
import { StubReason } from "../../../proto/gen/sotto/relay/v1/messaging_pb.ts";
import type { NewAnnotation } from "../../store/annotations.ts";
import { readConversation, type StoredConversation } from "../../store/conversations.ts";
import { transact } from "../../store/database.ts";
import {
  addErased,
  countErased,
  countStandIns,
  erasedBefore,
  removeErased,
} from "../../store/erased-rows.ts";
import { addMessage, newestOfDevice } from "../../store/messages.ts";
import type { StagedRow } from "../../store/staged-rows.ts";
import { theConversation } from "../conversations/conversations.ts";
import { record } from "../people/security.ts";
import type { Profile } from "../profile.ts";
import { applyWaiting } from "./apply-annotation.ts";
import type { DeletedMessage } from "./content.ts";
import { mayDelete } from "./fold-annotations.ts";

/** The delete is in the log before the relay erases anything: it comes with the next catch-up at the latest. */
const DELETE_COMES_WITHIN_MS = 60_000;

/** Inside a transaction. */
export function keepErased(
  { db, runtime }: Profile,
  { conversation }: StoredConversation,
  row: StagedRow,
): void {
  const { sequence, stub } = row;
  addErased(db, { conversation, sequence, isDeleted: stub === StubReason.DELETED, seenAt: runtime.now() });
}

/**
 * In the place of a message that was taken back before it came here stands what everybody else has left of it. Inside a
 * transaction, after the delete itself is kept.
 */
export function standIn(
  profile: Profile,
  { conversation }: StoredConversation,
  made: NewAnnotation,
  { sequence, accountId, sentAt }: DeletedMessage,
): void {
  const { db, runtime } = profile;
  if (!mayDelete({ accountId }, made) || !removeErased(db, conversation, sequence)) return;
  const position = addMessage(db, {
    conversation,
    ...made.target,
    accountId,
    sequence,
    kind: "text",
    state: "received",
    unread: false,
    deleted: true,
    sentAt,
    receivedAt: runtime.now(),
  });
  if (position !== undefined) applyWaiting(profile, position);
}

/** How many rows before this one, and after the last that came of this device, the relay has erased. */
export function erasedSince(
  { db }: Profile,
  { conversation }: StoredConversation,
  device: DeviceAddress,
  before: number,
): { readonly deleted: number; readonly expired: number } {
  const after = newestOfDevice(db, conversation, device.deviceId, before);
  const count = (isDeleted: boolean) => countErased(db, conversation, { after, before, isDeleted });
  // An admin's delete may have come before the author writes again.
  const told = countStandIns(db, conversation, device, { after, before });
  return { deleted: count(true) + told, expired: count(false) };
}

/** A delete that nobody signed, so to say: the relay keeps a message back. */
export function noteUndeleted(profile: Profile): void {
  const { db, runtime } = profile;
  transact(db, () => {
    for (const { conversation, sequence } of erasedBefore(db, runtime.now() - DELETE_COMES_WITHIN_MS)) {
      removeErased(db, conversation, sequence);
      record(profile, "note", {
        kind: "message_missing",
        text: `A message in ${theConversation(readConversation(db, conversation))} did not arrive: the relay calls it deleted, and nobody has deleted it.`,
        conversation,
        evidence: { row: sequence },
      });
    }
  });
}
