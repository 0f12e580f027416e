/**
 * - `missing`: there is no key. `unreadable`: the file is not one of ours.
 * - `passphrase_needed`, `wrong_passphrase`; `no_argon2`: this Node is too old to seal with a passphrase.
 * - `keyring`: the system's keyring does not give the key, or keep it.
 */
export type ProfileKeyErrorCode =
  | "missing"
  | "unreadable"
  | "passphrase_needed"
  | "wrong_passphrase"
  | "no_argon2"
  | "keyring";

export class ProfileKeyError extends Error {
  override readonly name = "ProfileKeyError";
  readonly code: ProfileKeyErrorCode;

  constructor(code: ProfileKeyErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.code = code;
  }
}
