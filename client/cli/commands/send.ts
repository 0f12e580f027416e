import { ChatError } from "../../core/chat-error.ts";
import { connector } from "../../core/connect.ts";
import { explainFailure } from "../../core/explain-failure.ts";
import type { Message } from "../../core/message.ts";
import { messageAt, queueMessage } from "../../core/send-message.ts";
import { MAX_TEXT_BYTES, textTooLong } from "../../core/text-limits.ts";
import { deliveryNames, waitForDelivery } from "../../core/wait-for-delivery.ts";
import { waitForMessage } from "../../core/wait-for-message.ts";
import { safeText } from "../../safe-text.ts";
import type { Context } from "../context.ts";
import { deliveredObject, messageObject } from "../json-objects.ts";
import { readStdin } from "../stdin.ts";
import { withProfile } from "../with-profile.ts";

export interface SendOptions {
  readonly key?: string;
  /** How far the message is to have come. */
  readonly wait: "sent" | "delivered" | "read";
  readonly timeout: number;
  /** How many of those it is for. */
  readonly quorum: number | "all";
}

export async function send(
  context: Context,
  to: string,
  words: readonly string[],
  { key, timeout, wait, quorum }: SendOptions,
): Promise<void> {
  const { output } = context;
  await withProfile(context, async (profile) => {
    const text = words.length > 0 ? words.join(" ") : await textFromStdin(context);
    const queued = queueMessage(profile, { to, text, ...(key === undefined ? {} : { key }) });
    const connect = connector(profile, context.relay);
    const show = (message: Message): void =>
      output.object(
        wait === "sent"
          ? messageObject(message)
          : deliveredObject(message, deliveryNames(profile, message.position, wait)),
      );
    try {
      const waiting = { connect, timeout, signal: context.signal };
      const message =
        wait === "sent"
          ? await waitForMessage(profile, queued.position, waiting)
          : await waitForDelivery(profile, queued.position, { state: wait, quorum }, waiting);
      if (output.json) show(message);
      else if (!output.quiet)
        output.line(`${outcome(queued.isNew, wait)} ${safeText(message.conversation)}.`);
    } catch (error) {
      const failure = explainFailure(error);
      const message = messageAt(profile, queued.position);
      const isQueued = message.state === "queued";
      if (output.json && (isQueued || (wait !== "sent" && message.state !== "failed"))) show(message);
      throw isQueued ? keptInOutbox(failure) : failure;
    }
  });
}

function outcome(isNew: boolean, wait: SendOptions["wait"]): string {
  if (wait === "delivered") return "Delivered to";
  if (wait === "read") return "Read by";
  return isNew ? "Sent to" : "Was sent before to";
}

/** What went wrong, and that the message is safe all the same. */
function keptInOutbox(failure: ChatError): ChatError {
  if (failure.code === "timed_out" || failure.code === "interrupted") return failure;
  const { code, message, hint, retryAfter } = failure;
  const isAway = code === "relay_unreachable";
  const kept = `The message is kept in the outbox${isAway ? " and goes out with the next command that connects" : ""}.`;
  return new ChatError(code, `${message} ${kept}`, {
    ...(hint === undefined ? {} : { hint }),
    ...(retryAfter === undefined ? {} : { retryAfter }),
    cause: failure,
  });
}

/** All of standard input, without the line end that `echo` and editors put last. */
async function textFromStdin({ output }: Context): Promise<string> {
  if (process.stdin.isTTY) {
    output.note(output.paintNote("dim", "Type the message; Ctrl-D on an empty line sends it."));
  }
  const longest = MAX_TEXT_BYTES + "\r\n".length;
  const bytes = await readStdin(longest);
  if (bytes.length > longest) throw textTooLong();
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes).replace(/\r?\n$/, "");
  } catch (cause) {
    throw new ChatError("not_utf8", "The text is not UTF-8.", {
      hint: "Convert it first, with `iconv` for example.",
      cause,
    });
  }
}
