/** Every way in which an input can fail here. The list is closed: callers map each code once (SPEC §0.5). */
export type KeysErrorCode =
  | "malformed"
  | "unsupported_version"
  | "bad_signature"
  | "decrypt_failed"
  | "rollback"
  | "fork"
  | "wrong_account"
  | "wrong_conversation"
  | "unknown_chain"
  | "chain_behind"
  | "not_permitted"
  | "too_far"
  | "replayed"
  | "bad_key"
  | "prekey_unknown"
  | "prekey_expired"
  | "roster_mismatch"
  | "bad_words";

export interface KeysErrorOptions {
  /** Public data that shows the fault to others, e.g. the two heads of a fork. Never a secret. */
  readonly evidence?: unknown;
  readonly cause?: unknown;
}

export class KeysError extends Error {
  override readonly name = "KeysError";
  readonly code: KeysErrorCode;
  readonly evidence: unknown;

  constructor(code: KeysErrorCode, message: string, options: KeysErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.evidence = options.evidence;
  }
}
