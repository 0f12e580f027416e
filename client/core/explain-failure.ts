import { KeysError } from "../../keys/errors.ts";
import { type CertificateTrouble, NetError, type RefusalReason } from "../net/net-error.ts";
import { ProfileKeyError, type ProfileKeyErrorCode } from "../store/profile-key-error.ts";
import { StoreError } from "../store/store-error.ts";
import { ChatError, type ChatErrorCode } from "./chat-error.ts";
import { explainStoreError, noAccount } from "./explain-store-error.ts";

interface Explanation {
  readonly code: ChatErrorCode;
  readonly message: string;
  readonly hint?: string;
}

const START_RELAY = "Start one with `chat relay`, or check --relay and CHAT_RELAY.";
const SIGN_IN = "Run `chat login NAME` with the name of this account.";
const REPORT = "Please report it, with what the same command prints when CHAT_DEBUG is 1.";
const WAIT = "Wait a little, then try again.";
const signedOut = {
  code: "signed_out",
  message: "The relay no longer knows this device's login.",
  hint: SIGN_IN,
} as const;
const bug = (what: string): Explanation => ({ code: "internal", message: what, hint: REPORT });

const refusals: Record<RefusalReason, Explanation> = {
  malformed: bug("The relay does not understand this version of Sotto, or Sotto made a mistake."),
  name_taken: { code: "name_taken", message: "The name is taken.", hint: "Choose another name." },
  unknown_account: { code: "unknown_person", message: "The relay knows no such person." },
  unknown_device: {
    code: "signed_out",
    message: "This device is not, or no longer, one of the account's devices.",
  },
  unknown_conversation: { code: "unknown_conversation", message: "The relay knows no such conversation." },
  login_failed: { code: "login_failed", message: "Wrong password.", hint: "Try again with the right one." },
  token_invalid: signedOut,
  token_expired: signedOut,
  token_reused: {
    code: "signed_out",
    message: "This device was signed out, because an old copy of its login was used.",
    hint: `If the profile was copied or restored from a backup, that is why. ${SIGN_IN}`,
  },
  bad_signature: { code: "not_allowed", message: "The relay does not accept a signature of this device." },
  not_permitted: { code: "not_allowed", message: "Your role in the group does not permit this." },
  invitation_needed: {
    code: "invitation_needed",
    message: "Accounts at this relay are made by invitation only.",
    hint: "Ask its operator for a token, then run `chat register NAME --invite TOKEN`.",
  },
  invitation_invalid: {
    code: "invitation_invalid",
    message: "The relay does not take this invitation: it is mistyped, used up, or has run out.",
    hint: "Ask the relay's operator for another.",
  },
  registration_closed: {
    code: "not_allowed",
    message: "This relay makes no new accounts.",
    hint: "Ask its operator, or choose another relay with --relay.",
  },
  directory_closed: {
    code: "not_allowed",
    message: "This relay does not tell who is on it.",
    hint: "Who knows somebody's exact name may write to it, if the relay looks names up.",
  },
  account_disabled: {
    code: "account_disabled",
    message: "The operator of this relay has disabled your account.",
    hint: "Ask the operator. What is in this profile stays readable with --offline.",
  },
  account_deleted: {
    code: "unknown_person",
    message: "That account was deleted: nothing can be sent to it any more.",
  },
  head_moved: bug("The account changed at the relay at the same moment."),
  stale_roster: bug("The members of the conversation changed at the same moment."),
  message_id_reused: bug("The relay has another message under the same id."),
  rate_limited: { code: "rate_limited", message: "The relay says: too many requests.", hint: WAIT },
  quota_exceeded: { code: "not_allowed", message: "A limit of the relay is reached.", hint: WAIT },
  superseded: { code: "not_allowed", message: "Another process of this profile took over the connection." },
  relay_unavailable: {
    code: "relay_unreachable",
    message: "The relay is stopping, or cannot use its database.",
    hint: WAIT,
  },
  internal: { code: "relay_unreachable", message: "The relay failed with a fault of its own.", hint: WAIT },
  unspecified: {
    code: "relay_unreachable",
    message: "The relay refuses, and this version of Sotto does not know its reason.",
    hint: "Update Sotto, or check --relay and CHAT_RELAY.",
  },
};

const keyTroubles: Record<ProfileKeyErrorCode, Explanation> = {
  missing: noAccount,
  unreadable: {
    code: "not_set_up",
    message: "The profile's key file is damaged.",
    hint: "Restore profile.key from a backup.",
  },
  passphrase_needed: {
    code: "not_allowed",
    message: "This profile is locked with a passphrase.",
    hint: "Put it in a file and name that in CHAT_PASSPHRASE_FILE, or run the command at a terminal.",
  },
  wrong_passphrase: {
    code: "not_allowed",
    message: "The passphrase does not open this profile.",
    hint: "Check CHAT_PASSPHRASE_FILE.",
  },
  no_argon2: {
    code: "not_set_up",
    message: "A profile with a passphrase needs Node 24.7 or newer.",
    hint: "Update Node, or unset CHAT_PASSPHRASE_FILE for a new profile.",
  },
  keyring: {
    code: "not_set_up",
    message: "The system's keyring cannot be used.",
    hint: "Unlock it and check that this session can reach it; for a new profile unset CHAT_KEYRING.",
  },
};

/** The one funnel from any failure to what a person reads. What nobody foresaw is `internal`. */
export function explainFailure(error: unknown): ChatError {
  if (error instanceof ChatError) return error;
  if (error instanceof NetError) return explainNetError(error);
  if (error instanceof ProfileKeyError) return say(keyTroubles[error.code], error);
  if (error instanceof KeysError) {
    const message = `The relay sent something that does not hold: ${error.message}.`;
    return say(
      {
        code: "security_stop",
        message,
        hint: "Nothing of it was used. If it stays so, do not trust this relay.",
      },
      error,
    );
  }
  if (StoreError.is(error)) return explainStoreError(StoreError.from(error));
  if (error instanceof Error && error.name === "AbortError") {
    return new ChatError("interrupted", "Interrupted.", { cause: error });
  }
  return say(bug("Something went wrong that should not."), error);
}

function explainNetError(error: NetError): ChatError {
  switch (error.code) {
    case "refused":
      return say(refusals[error.reason ?? "unspecified"], error, error.retryAfter);
    case "unreachable":
      return error.reason === undefined
        ? say({ code: "relay_unreachable", message: sentence(error.message), hint: START_RELAY }, error)
        : say(refusals[error.reason], error, error.retryAfter);
    case "timeout":
      return say({ code: "relay_unreachable", message: sentence(error.message), hint: WAIT }, error);
    case "untrusted":
      return say(
        {
          code: "security_stop",
          message: sentence(error.message),
          hint: hintOnTrust(error.certificate),
        },
        error,
      );
  }
}

function hintOnTrust(certificate: CertificateTrouble | undefined): string {
  switch (certificate) {
    case "not_pinned":
      return "Somebody may stand in between. Ask the relay's operator; after a new certificate, `chat login NAME --relay URL` takes its new address.";
    case "self_signed":
      return "If its operator runs it with `--tls self-signed`, give the whole address, with #sha256=… at its end.";
    default:
      return "Check --relay and CHAT_RELAY; if they are right, do not trust this relay.";
  }
}

function say({ code, message, hint }: Explanation, cause: unknown, retryAfter?: number): ChatError {
  return new ChatError(code, message, {
    cause,
    ...(hint === undefined ? {} : { hint }),
    ...(retryAfter === undefined ? {} : { retryAfter }),
  });
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
