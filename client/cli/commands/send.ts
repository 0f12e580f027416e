import { ChatError } from "../../core/chat-error.ts";
import { connector } from "../../core/connect.ts";
import { explainFailure } from "../../core/explain-failure.ts";
import { MAX_TEXT_BYTES, messageAt, queueMessage, textTooLong } from "../../core/send-message.ts";
import { waitForMessage } from "../../core/wait-for-message.ts";
import { safeText } from "../../safe-text.ts";
import type { Context } from "../context.ts";
import { messageObject } from "../json-objects.ts";
import { readStdin } from "../stdin.ts";
import { withProfile } from "../with-profile.ts";

export interface SendOptions {
  readonly key?: string;
  readonly timeout: number;
}

export async function send(
  context: Context,
  to: string,
  words: readonly string[],
  { key, timeout }: SendOptions,
): Promise<void> {
  const { output } = context;
  await withProfile(context, async (profile) => {
    const text = words.length > 0 ? words.join(" ") : await textFromStdin(context);
    const queued = queueMessage(profile, { to, text, ...(key === undefined ? {} : { key }) });
    const connect = connector(profile, context.relay);
    try {
      const message = await waitForMessage(profile, queued.position, {
        connect,
        timeout,
        signal: context.signal,
      });
      if (output.json) output.object(messageObject(message));
      else if (!output.quiet)
        output.line(`${queued.isNew ? "Sent" : "Was sent before"} to ${safeText(message.conversation)}.`);
    } catch (error) {
      const failure = explainFailure(error);
      const message = messageAt(profile, queued.position);
      if (message.state !== "queued") throw failure;
      if (output.json) output.object(messageObject(message));
      throw keptInOutbox(failure);
    }
  });
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
