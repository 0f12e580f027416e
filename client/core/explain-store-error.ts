import type { StoreError, StoreErrorCode } from "../store/store-error.ts";
import { ChatError, type ChatErrorCode } from "./chat-error.ts";

/** What every command says before there is an account. */
export const noAccount = {
  code: "not_set_up",
  message: "There is no account in this profile.",
  hint: "Run `chat register NAME` to make one, `chat login NAME` if you have one, or `--profile` to name another.",
} as const;

const explanations: Record<StoreErrorCode, { code: ChatErrorCode; message: string; hint: string }> = {
  missing: noAccount,
  wrong_key: {
    code: "not_set_up",
    message: "The profile's key does not open its database.",
    hint: "Put back the profile.key that belongs to this profile, or check CHAT_HOME and --profile. If it is the right key, the file is damaged: put its folder back from a backup.",
  },
  damaged: {
    code: "not_set_up",
    message: "The profile's database is damaged.",
    hint: "`chat export > FILE` saves what can still be read. Then put the profile's folder back from a backup, or make this machine a further device: `chat login NAME` with another --profile and the recovery words.",
  },
  newer: {
    code: "not_set_up",
    message: "A newer version of Sotto wrote this profile.",
    hint: "Update Sotto on this machine, and end what still runs of the older version.",
  },
  cannot_write: {
    code: "cannot_write",
    message: "The profile cannot be written.",
    hint: "Check the free space and the permissions of the profile's folder.",
  },
  busy: {
    code: "timed_out",
    message: "Another process kept the profile busy for too long.",
    hint: "Look for a `chat` that hangs, then try again.",
  },
  internal: {
    code: "internal",
    message: "The profile's database failed in a way it should not.",
    hint: "Please report this.",
  },
};

/** A failure of the profile's file in a person's words. */
export function explainStoreError(error: StoreError): ChatError {
  const { code, message, hint } = explanations[error.code];
  return new ChatError(code, message, { hint, cause: error });
}
