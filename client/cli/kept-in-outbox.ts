import { ChatError } from "../core/chat-error.ts";

/** What went wrong, and that what was to be sent is safe all the same. */
export function keptInOutbox(failure: ChatError, what = "The message"): ChatError {
  if (failure.code === "timed_out" || failure.code === "interrupted") return failure;
  const { code, message, hint, retryAfter } = failure;
  const isAway = code === "relay_unreachable";
  const kept = `${what} is kept in the outbox${isAway ? " and goes out with the next command that connects" : ""}.`;
  return new ChatError(code, `${message} ${kept}`, {
    ...(hint === undefined ? {} : { hint }),
    ...(retryAfter === undefined ? {} : { retryAfter }),
    cause: failure,
  });
}
