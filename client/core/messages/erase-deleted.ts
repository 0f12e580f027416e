import { NetError, type RefusalReason } from "../../net/net-error.ts";
import type { RelayConnection } from "../../net/relay-connection.ts";
import { findTarget } from "../../store/annotations.ts";
import { findNumbered } from "../../store/conversations.ts";
import { erasuresDue, removeErasure } from "../../store/erasures.ts";
import { findMessage, readMessage } from "../../store/messages.ts";
import { isCrowded } from "../../store/restored-logs.ts";
import { receiptsFloor } from "../conversations/delivery-state.ts";
import type { Profile } from "../profile.ts";

/**
 * The relay forgets the rows of what this device has taken back. A favour that it can decline: everybody's devices
 * forget them by the delete itself. What cannot be asked for now is asked for when the outbox is sent again.
 */
export async function eraseDeleted(profile: Profile, connection: RelayConnection): Promise<void> {
  for (const position of erasuresDue(profile.db)) {
    const row = rowToErase(profile, position);
    if (row !== undefined && !(await isSettled(connection.eraseRow(row.conversationId, row.sequence))))
      return;
    removeErasure(profile.db, position);
  }
}

/** Undefined: the relay did not take the delete, or has no such row (any more). */
function rowToErase(profile: Profile, position: number) {
  const { db } = profile;
  const carrier = readMessage(db, position);
  const name = carrier?.state === "sent" ? findTarget(db, carrier) : undefined;
  const target = name && findMessage(db, name.messageId, name.deviceId);
  if (target?.sequence === undefined) return undefined;
  // In the log that followed one that is lost, another row has its number.
  if (target.position <= receiptsFloor(profile, target.conversation)) return undefined;
  if (isCrowded(db, target.conversation, target.sequence)) return undefined;
  const conversationId = findNumbered(db, target.conversation)?.conversationId;
  return conversationId && { conversationId, sequence: BigInt(target.sequence) };
}

const forGood: ReadonlySet<RefusalReason> = new Set([
  "not_permitted",
  "unknown_conversation",
  "malformed",
  "unspecified",
]);

/** Done, or declined; false: to be asked again. */
async function isSettled(erased: Promise<void>): Promise<boolean> {
  try {
    await erased;
    return true;
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
    return error.reason !== undefined && forGood.has(error.reason);
  }
}
