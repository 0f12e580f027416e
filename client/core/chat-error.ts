/** Every way in which a use case fails. `client/cli/exit-codes.ts` maps each to an exit status. */
export type ChatErrorCode =
  | "usage"
  | "bad_input"
  | "text_too_long"
  | "text_empty"
  | "not_utf8"
  | "bad_name"
  | "ambiguous_name"
  | "key_conflict"
  | "name_taken"
  | "unknown_person"
  | "unknown_conversation"
  | "unknown_message"
  | "relay_unreachable"
  | "internal"
  | "cannot_write"
  | "timed_out"
  | "security_stop"
  | "login_failed"
  | "signed_out"
  | "not_allowed"
  | "invitation_needed"
  | "invitation_invalid"
  | "account_disabled"
  | "rate_limited"
  | "not_set_up"
  | "already_set_up"
  | "interrupted";

/** What a failed use case says: a sentence for a person, a code for a script, and what to do next. */
export class ChatError extends Error {
  override readonly name = "ChatError";
  readonly code: ChatErrorCode;
  /** What to do next, one sentence. */
  readonly hint: string | undefined;
  /** Milliseconds to wait before trying again, where that helps. */
  readonly retryAfter: number | undefined;

  constructor(
    code: ChatErrorCode,
    message: string,
    options: { hint?: string; retryAfter?: number; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.retryAfter = options.retryAfter;
  }
}
