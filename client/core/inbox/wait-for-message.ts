import { setTimeout as sleep } from "node:timers/promises";
import { changeMarker } from "../../store/database.ts";
import { ChatError, type ChatErrorCode } from "../chat-error.ts";
import type { Message } from "../messages/message.ts";
import { type Connect, drainOutbox } from "../outbox/drain-outbox.ts";
import { messageAt } from "../outbox/send-message.ts";
import type { Profile } from "../profile.ts";

/** Looks less and less often: of a hundred processes that wait for one, each look takes time from that one. */
const FIRST_POLL_MS = 20;
const LAST_POLL_MS = 200;
const SLOWER = 1.5;

export interface WaitOptions {
  readonly connect: Connect;
  /** Milliseconds. */
  readonly timeout: number;
  readonly signal?: AbortSignal;
}

/**
 * Waits until the relay has stored a queued message, and sends it if nobody else does. Rejects with the ChatError that
 * the message failed with, `timed_out`, `interrupted`; with NetError when the relay cannot be reached or refuses this
 * device: the message stays queued then.
 */
export async function waitForMessage(
  profile: Profile,
  position: number,
  { connect, timeout, signal }: WaitOptions,
): Promise<Message> {
  const deadline = AbortSignal.timeout(timeout);
  const ending = signal === undefined ? deadline : AbortSignal.any([deadline, signal]);
  const ended = new Promise<false>((resolve) => {
    ending.addEventListener("abort", () => resolve(false), { once: true });
  });
  let marker: string | undefined;
  for (let poll = FIRST_POLL_MS; ; poll = Math.min(poll * SLOWER, LAST_POLL_MS)) {
    const now = changeMarker(profile.db);
    if (now !== marker) {
      const message = messageAt(profile, position);
      if (message.state === "failed") throw failure(message);
      if (message.state !== "queued") return message;
    }
    marker = now;
    if (signal?.aborted === true)
      throw new ChatError("interrupted", "Interrupted: the message stays queued.");
    if (deadline.aborted) throw timedOut();
    await drainUntil(profile, connect, poll, ending, ended);
  }
}

/** Gives the outbox a push; sleeps for `poll` milliseconds when another process is at it. */
async function drainUntil(
  profile: Profile,
  connect: Connect,
  poll: number,
  ending: AbortSignal,
  ended: Promise<false>,
): Promise<void> {
  const draining = drainOutbox(profile, connect, { signal: ending });
  try {
    const isDone = await Promise.race([draining, ended]);
    if (!isDone && !ending.aborted) await sleep(poll, undefined, { signal: ending });
  } catch (error) {
    if (!ending.aborted) throw error;
  } finally {
    draining.catch(() => undefined);
  }
}

function failure({ trouble }: Message): ChatError {
  const code = (trouble?.code ?? "internal") as ChatErrorCode;
  return new ChatError(code, trouble?.text ?? "The message could not be sent.", hintFor(code));
}

function hintFor(code: ChatErrorCode): { hint?: string } {
  if (code === "unknown_person") return { hint: "`chat people` lists everybody." };
  if (code === "security_stop")
    return { hint: "Ask the people concerned by another way before you send again." };
  return {};
}

function timedOut(): ChatError {
  return new ChatError("timed_out", "The relay has not taken the message in time; it stays queued.", {
    hint: "It goes out with the next command that connects.",
  });
}
