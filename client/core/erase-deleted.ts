import { equal } from "../../keys/index.ts";
import { NetError } from "../net/net-error.ts";
import type { RelayConnection } from "../net/relay-connection.ts";
import { annotationsOf, findTarget } from "../store/annotations.ts";
import { findNumbered } from "../store/conversations.ts";
import { findMessage, readMessage } from "../store/messages.ts";
import type { Profile } from "./profile.ts";

/**
 * Of what was just sent: the relay forgets the rows of own messages that were taken back. A favour that it can decline;
 * everybody else's devices forget them by the delete itself.
 */
export async function eraseDeleted(
  profile: Profile,
  connection: RelayConnection,
  positions: readonly number[],
): Promise<void> {
  for (const position of positions) {
    const row = rowToErase(profile, position);
    if (row === undefined) continue;
    try {
      await connection.eraseRow(row.conversationId, BigInt(row.sequence));
    } catch (error) {
      if (!(error instanceof NetError)) throw error;
    }
  }
}

function rowToErase({ db, identity }: Profile, position: number) {
  const carrier = readMessage(db, position);
  if (carrier?.kind !== "silent" || carrier.state !== "sent") return undefined;
  const name = findTarget(db, carrier);
  const target = name && findMessage(db, name.messageId, name.deviceId);
  if (target?.sequence === undefined || !equal(target.accountId, identity.accountId)) return undefined;
  const isDelete = annotationsOf(db, target.conversation, target).some(
    ({ messageId, change }) => change.kind === "delete" && equal(messageId, carrier.messageId),
  );
  const conversationId = findNumbered(db, target.conversation)?.conversationId;
  return isDelete && conversationId !== undefined ? { conversationId, sequence: target.sequence } : undefined;
}
