import { equal, toHex } from "../../../keys/index.ts";
import { findMessage, findMessagesBetween, type StoredMessage } from "../../store/messages.ts";
import { ChatError } from "../chat-error.ts";
import type { Profile } from "../profile.ts";

/** Names one message: ids are their devices' choice. */
export function keyOf({ messageId, deviceId }: Pick<StoredMessage, "messageId" | "deviceId">): string {
  return `${toHex(messageId)}/${toHex(deviceId)}`;
}

export function messageWithKey({ db }: Profile, key: string): StoredMessage | undefined {
  const [, id, device] = /^([0-9a-f]{32})\/([0-9a-f]{32})$/.exec(key) ?? [];
  if (id === undefined || device === undefined) return undefined;
  return findMessage(db, Buffer.from(id, "hex"), Buffer.from(device, "hex"));
}

const WHOLE_ID = 32;
const MAX_CANDIDATES = 8;

/**
 * The message with this key or id, or the only one whose id begins so. Ids are their senders' choice: of several with the same
 * one, an own message comes first, then the one that was here first. Throws `bad_input`, which names the candidates, and
 * `unknown_message`.
 */
export function messageCalled(profile: Profile, given: string): StoredMessage {
  const keyed = messageWithKey(profile, given);
  if (keyed !== undefined) return keyed;
  const id = given.toLowerCase();
  if (!/^[0-9a-f]{4,32}$/.test(id)) {
    throw new ChatError("bad_input", `"${given}" is not the id of a message.`, {
      hint: "An id has 32 hex digits; its first four or more will do.",
    });
  }
  const first = Buffer.from(id.padEnd(WHOLE_ID, "0"), "hex");
  const last = Buffer.from(id.padEnd(WHOLE_ID, "f"), "hex");
  const found = findMessagesBetween(profile.db, first, last, MAX_CANDIDATES + 1);
  const own = found.find(({ accountId }) => equal(accountId, profile.identity.accountId));
  const [message, ...others] = found;
  if (message === undefined) {
    throw new ChatError("unknown_message", `There is no message ${id}.`, {
      hint: "`chat read --json` shows the ids.",
    });
  }
  const isOne = others.every((other) => equal(other.messageId, message.messageId));
  if (isOne) return own ?? message;
  const candidates = [...new Set(found.slice(0, MAX_CANDIDATES).map((each) => toHex(each.messageId)))];
  const rest = found.length > MAX_CANDIDATES ? " and more" : "";
  throw new ChatError("bad_input", `More than one message begins with ${id}.`, {
    hint: `Give more digits: ${candidates.join(", ")}${rest}.`,
  });
}
