import { Metadata, status } from "@grpc/grpc-js";
import { KeysError } from "../keys/public.ts";
import { ErrorReason } from "../proto/gen/sotto/relay/v1/errors_pb.ts";
import { ERROR_REASON_KEY, RETRY_AFTER_KEY } from "../proto/grpc.ts";
import { isUnavailable } from "./db/pool.ts";

export { ErrorReason };

/** A known member of `ErrorReason` that says something. */
export type RelayErrorReason = Exclude<
  (typeof ErrorReason)[keyof typeof ErrorReason],
  typeof ErrorReason.UNSPECIFIED
>;

/** Each reason's name on the wire, and the gRPC status beside it (errors.proto). */
const reasons: Record<RelayErrorReason, readonly [name: string, code: status]> = {
  [ErrorReason.MALFORMED]: ["malformed", status.INVALID_ARGUMENT],
  [ErrorReason.NAME_TAKEN]: ["name_taken", status.ALREADY_EXISTS],
  [ErrorReason.UNKNOWN_ACCOUNT]: ["unknown_account", status.NOT_FOUND],
  [ErrorReason.UNKNOWN_DEVICE]: ["unknown_device", status.NOT_FOUND],
  [ErrorReason.UNKNOWN_CONVERSATION]: ["unknown_conversation", status.NOT_FOUND],
  [ErrorReason.LOGIN_FAILED]: ["login_failed", status.UNAUTHENTICATED],
  [ErrorReason.TOKEN_INVALID]: ["token_invalid", status.UNAUTHENTICATED],
  [ErrorReason.TOKEN_EXPIRED]: ["token_expired", status.UNAUTHENTICATED],
  [ErrorReason.TOKEN_REUSED]: ["token_reused", status.UNAUTHENTICATED],
  [ErrorReason.BAD_SIGNATURE]: ["bad_signature", status.PERMISSION_DENIED],
  [ErrorReason.HEAD_MOVED]: ["head_moved", status.ABORTED],
  [ErrorReason.STALE_ROSTER]: ["stale_roster", status.FAILED_PRECONDITION],
  [ErrorReason.MESSAGE_ID_REUSED]: ["message_id_reused", status.ALREADY_EXISTS],
  [ErrorReason.RATE_LIMITED]: ["rate_limited", status.RESOURCE_EXHAUSTED],
  [ErrorReason.QUOTA_EXCEEDED]: ["quota_exceeded", status.RESOURCE_EXHAUSTED],
  [ErrorReason.SUPERSEDED]: ["superseded", status.ABORTED],
  [ErrorReason.RELAY_UNAVAILABLE]: ["relay_unavailable", status.UNAVAILABLE],
  [ErrorReason.INTERNAL]: ["internal", status.INTERNAL],
  [ErrorReason.NOT_PERMITTED]: ["not_permitted", status.PERMISSION_DENIED],
  [ErrorReason.INVITATION_NEEDED]: ["invitation_needed", status.PERMISSION_DENIED],
  [ErrorReason.INVITATION_INVALID]: ["invitation_invalid", status.PERMISSION_DENIED],
  [ErrorReason.REGISTRATION_CLOSED]: ["registration_closed", status.PERMISSION_DENIED],
  [ErrorReason.DIRECTORY_CLOSED]: ["directory_closed", status.PERMISSION_DENIED],
  [ErrorReason.ACCOUNT_DISABLED]: ["account_disabled", status.PERMISSION_DENIED],
  [ErrorReason.ACCOUNT_DELETED]: ["account_deleted", status.NOT_FOUND],
};

export interface RelayErrorOptions {
  /** Milliseconds after which the same may work. */
  readonly retryAfter?: number | undefined;
  readonly cause?: unknown;
}

/** All that there are. */
export const reasonNames: readonly string[] = Object.values(reasons).map(([name]) => name);

/** As it is on the wire, and in metrics. */
export function reasonName(reason: RelayErrorReason): string {
  return reasons[reason][0];
}

/** Why a call, a submit or a stream failed. The message goes to the client: no ids, names or text in it. */
export class RelayError extends Error {
  override readonly name = "RelayError";
  readonly reason: RelayErrorReason;
  readonly retryAfter: number | undefined;

  constructor(reason: RelayErrorReason, message: string, options: RelayErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.reason = reason;
    this.retryAfter = options.retryAfter;
  }

  /** The only funnel. Whatever is not foreseen is INTERNAL, with the original as its cause. */
  static from(error: unknown): RelayError {
    if (error instanceof RelayError) return error;
    if (error instanceof KeysError) return fromKeys(error);
    if (isUnavailable(error)) {
      return new RelayError(ErrorReason.RELAY_UNAVAILABLE, "the relay cannot reach its database", {
        retryAfter: 1_000,
        cause: error,
      });
    }
    return new RelayError(ErrorReason.INTERNAL, "internal error", { cause: error });
  }
}

/** A plain gRPC status, as services want it whose contract is not ours. */
export class StatusError extends Error {
  override readonly name = "StatusError";
  readonly #code: status;

  constructor(code: status, details: string) {
    super(details);
    this.#code = code;
  }

  get status(): Error & { code: status; details: string; metadata: Metadata } {
    return Object.assign(new Error(this.message), {
      code: this.#code,
      details: this.message,
      metadata: new Metadata(),
    });
  }
}

/** Whoever called has gone; nobody hears of it. */
export function callIsOver(): StatusError {
  return new StatusError(status.CANCELLED, "the call is over");
}

/** What a client sent did not stand the checks of `keys/`. */
function fromKeys(error: KeysError): RelayError {
  switch (error.code) {
    case "bad_signature":
    case "not_permitted":
      return new RelayError(ErrorReason.BAD_SIGNATURE, error.message, { cause: error });
    case "fork":
    case "rollback":
      return new RelayError(ErrorReason.HEAD_MOVED, error.message, { cause: error });
    default:
      return new RelayError(ErrorReason.MALFORMED, error.message, { cause: error });
  }
}

export function malformed(message: string): RelayError {
  return new RelayError(ErrorReason.MALFORMED, message);
}

export function unknownAccount(): RelayError {
  return new RelayError(ErrorReason.UNKNOWN_ACCOUNT, "no such account");
}

export function unknownDevice(): RelayError {
  return new RelayError(ErrorReason.UNKNOWN_DEVICE, "this device is not active in its account");
}

/** Also what somebody hears who is not in it. */
export function unknownConversation(): RelayError {
  return new RelayError(ErrorReason.UNKNOWN_CONVERSATION, "no such conversation");
}

export function tokenExpired(): RelayError {
  return new RelayError(ErrorReason.TOKEN_EXPIRED, "the access token has run out");
}

/** What a draining relay answers. */
export function relayUnavailable(): RelayError {
  return new RelayError(ErrorReason.RELAY_UNAVAILABLE, "the relay is shutting down", { retryAfter: 1_000 });
}

/** For what is nobody's fault and right the next time: clocks were set, the database was put back. */
export function comeAgain(message: string): RelayError {
  return new RelayError(ErrorReason.RELAY_UNAVAILABLE, message, { retryAfter: 1_000 });
}

export function notPermitted(message: string): RelayError {
  return new RelayError(ErrorReason.NOT_PERMITTED, message);
}

/** What every device of a disabled account hears. */
export function accountDisabled(): RelayError {
  return new RelayError(ErrorReason.ACCOUNT_DISABLED, "the relay's operator has disabled this account");
}

/** As grpc-js wants it: an Error with `code`, `details` and trailing metadata. */
export function toStatus(error: RelayError): Error & { code: status; details: string; metadata: Metadata } {
  const [name, code] = reasons[error.reason];
  const metadata = new Metadata();
  metadata.set(ERROR_REASON_KEY, name);
  if (error.retryAfter !== undefined) metadata.set(RETRY_AFTER_KEY, String(Math.ceil(error.retryAfter)));
  return Object.assign(new Error(error.message), { code, details: error.message, metadata });
}
