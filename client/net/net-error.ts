/**
 * Why the relay could not be asked, or what it answered.
 * - `unreachable`: no connection, a broken one, or the relay is draining: try again later.
 * - `timeout`: connected, but no answer in time: the outcome is unknown.
 * - `untrusted`: TLS failed, or the relay broke the protocol.
 * - `refused`: the relay said no; `reason` says why.
 */
export type NetErrorCode = "unreachable" | "timeout" | "untrusted" | "refused";

/** Names of `ErrorReason` in lower case without its prefix, as they stand in the trailing metadata. */
export type RefusalReason =
  | "malformed"
  | "name_taken"
  | "unknown_account"
  | "unknown_device"
  | "unknown_conversation"
  | "login_failed"
  | "token_invalid"
  | "token_expired"
  | "token_reused"
  | "bad_signature"
  | "head_moved"
  | "stale_roster"
  | "message_id_reused"
  | "rate_limited"
  | "quota_exceeded"
  | "superseded"
  | "relay_unavailable"
  | "internal"
  | "not_permitted"
  | "invitation_needed"
  | "invitation_invalid"
  | "registration_closed"
  | "directory_closed"
  | "account_disabled"
  | "account_deleted"
  | "unspecified";

/** `not_pinned`: it is another than the relay's address names. `self_signed`: nobody vouches for it, and no address does. */
export type CertificateTrouble = "not_pinned" | "self_signed";

export class NetError extends Error {
  override readonly name = "NetError";
  readonly code: NetErrorCode;
  readonly reason: RefusalReason | undefined;
  /** Of `untrusted`: what is wrong with the relay's certificate, where there is something to do about it. */
  readonly certificate: CertificateTrouble | undefined;
  /** Milliseconds. */
  readonly retryAfter: number | undefined;

  constructor(
    code: NetErrorCode,
    message: string,
    options: {
      reason?: RefusalReason;
      certificate?: CertificateTrouble | undefined;
      retryAfter?: number;
      cause?: unknown;
    } = {},
  ) {
    super(message, { cause: options.cause });
    this.code = code;
    this.reason = options.reason;
    this.certificate = options.certificate;
    this.retryAfter = options.retryAfter;
  }
}

const deviceRefusals: ReadonlySet<RefusalReason | undefined> = new Set<RefusalReason>([
  "token_reused",
  "token_invalid",
  "unknown_device",
  "account_disabled",
]);

/** Whether the relay does not take this device any more, so that waiting does not help. */
export function isDeviceRefused({ code, reason }: NetError): boolean {
  return code === "refused" && deviceRefusals.has(reason);
}
