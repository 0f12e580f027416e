import { MAX_TEXT_BYTES } from "../../text-size.ts";
import { ChatError } from "../chat-error.ts";

export { MAX_TEXT_BYTES };

/** How many emoji one person puts on a message. */
export const MAX_EMOJI = 16;
const MAX_EMOJI_BYTES = 64;

export function checkText(text: string): void {
  if (text === "") throw new ChatError("text_empty", "The message is empty.");
  if (!text.isWellFormed()) throw new ChatError("bad_input", "The text is not well-formed Unicode.");
  if (Buffer.byteLength(text) > MAX_TEXT_BYTES) throw textTooLong();
}

export function textTooLong(): ChatError {
  const most = MAX_TEXT_BYTES.toLocaleString("en");
  return new ChatError("text_too_long", `The text is too long: a message has at most ${most} bytes.`, {
    hint: "Send it in parts.",
  });
}

/** One character as people see it, which may be many code points; nothing that is blank or a control. */
export function isEmoji(text: string): boolean {
  if (text === "" || Buffer.byteLength(text) > MAX_EMOJI_BYTES || !text.isWellFormed()) return false;
  if (/[\s\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u.test(text)) return false;
  return [...new Intl.Segmenter("en").segment(text)].length === 1;
}
