import type { ChatErrorCode } from "../core/chat-error.ts";

/** Scripts depend on these; docs/cli.md says what each means. */
export const exitCodes: Readonly<Record<ChatErrorCode, number>> = {
  usage: 64,
  already_set_up: 64,
  bad_input: 65,
  text_too_long: 65,
  text_empty: 65,
  not_utf8: 65,
  bad_name: 65,
  ambiguous_name: 65,
  key_conflict: 65,
  unknown_person: 67,
  unknown_conversation: 67,
  unknown_message: 67,
  relay_unreachable: 69,
  internal: 70,
  cannot_write: 73,
  timed_out: 75,
  security_stop: 76,
  name_taken: 77,
  login_failed: 77,
  signed_out: 77,
  not_allowed: 77,
  rate_limited: 77,
  not_set_up: 78,
  interrupted: 130,
};
