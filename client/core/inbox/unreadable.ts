import type { Cause } from "../groups/stage.ts";

/**
 * Why a message cannot be read.
 * - `before_device`: sent before its sender knew of this device. `withheld`: it came without a key for this device,
 *   although its sender knew of it.
 * - `session_lost`: its sender's device and this one had lost each other. `profile_restored`: this device sent or received
 *   it in a later state of the profile than the one that is here.
 * - `corrupt`: the bytes do not make a message. `not_permitted`: its sender may not write there.
 * - `newer_version`: a newer Sotto made it. `retention`: the relay keeps nothing so old.
 */
export type UnreadableCause =
  | "before_device"
  | "withheld"
  | "session_lost"
  | "profile_restored"
  | "corrupt"
  | "not_permitted"
  | "newer_version"
  | "retention";

export interface Unreadable {
  readonly cause: UnreadableCause;
  /** Goes on from "could not be read:". */
  readonly why: string;
  /** What to do, one sentence. */
  readonly remedy: string;
}

type Explanation = Pick<Unreadable, "why"> & { readonly remedy: (from: string) => string };

const explanations: Readonly<Record<UnreadableCause, Explanation>> = {
  before_device: {
    why: "it was sent before this device was known",
    remedy: (from) => `Read it on a device that was there before, or ask ${from} to send it again.`,
  },
  withheld: {
    why: "it came without a key for this device",
    remedy: (from) => `Ask ${from} to send it again. If that comes up often, run \`chat doctor\`.`,
  },
  session_lost: {
    why: "no key that is here opens it",
    remedy: (from) =>
      `Ask ${from} to send it again: new keys are agreed on by themselves, at most once an hour.`,
  },
  profile_restored: {
    why: "it was sent by this device, in a later state than this profile is in",
    remedy: () => "Ask who got it for its text, and restore no older copy of a profile into use.",
  },
  corrupt: {
    why: "it is damaged or was tampered with",
    remedy: (from) => `Ask ${from} to send it again; if it stays so, do not trust this relay.`,
  },
  not_permitted: {
    why: "its sender may not write here",
    remedy: (from) => `Ask ${from} by another way; nothing of it was believed.`,
  },
  newer_version: {
    why: "it needs a newer Sotto",
    remedy: () => "Update Sotto: what comes after that can be read; ask for this one again.",
  },
  retention: {
    why: "the relay keeps nothing so old",
    remedy: () => "Connect more often, or ask the others for what was said; nothing newer is missing.",
  },
};

/** What a row's trouble, kept when it came, means to a person. */
export function unreadableOf(code: string | undefined, from: string): Unreadable {
  const cause = whatItIs(code ?? "");
  return { cause, why: whyUnreadable(code as Cause), remedy: explanations[cause].remedy(from) };
}

export function whyUnreadable(code: Cause): string {
  return closer[code] ?? explanations[causes[code] ?? "corrupt"].why;
}

/** For counting: what is kept with a message, as the cause that scripts know. */
export function whatItIs(code: string): UnreadableCause {
  return causes[code as Cause] ?? "corrupt";
}

/** Where more is known than the cause says. */
const closer: Readonly<Partial<Record<Cause, string>>> = {
  not_a_member: "it does not belong in this conversation",
  another_conversation: "it does not belong in this conversation",
  unknown_device: "its device is not part of the sender's account",
  not_permitted: "its device is not part of the sender's account",
};

const causes: Readonly<Partial<Record<Cause, UnreadableCause>>> = {
  not_for_this_device: "before_device",
  withheld: "withheld",
  lost_by_sender: "profile_restored",
  no_session: "session_lost",
  prekey_unknown: "session_lost",
  decrypt_failed: "session_lost",
  too_far: "session_lost",
  // Not as a copy of a message that is here: its sender uses keys again that were used before.
  replayed: "session_lost",
  not_a_member: "not_permitted",
  may_not_write: "not_permitted",
  another_conversation: "not_permitted",
  unknown_device: "not_permitted",
  not_permitted: "not_permitted",
  unsupported_version: "newer_version",
  retention: "retention",
  corrupt: "corrupt",
};
