import { ChatError } from "../core/chat-error.ts";
import { MAX_TEXT_BYTES, textTooLong } from "../core/messages/text-limits.ts";
import type { Context } from "./context.ts";
import { readStdin } from "./stdin.ts";

/** The words of the command, or all of standard input when there are none. */
export async function textFrom(context: Context, words: readonly string[]): Promise<string> {
  return words.length > 0 ? words.join(" ") : textFromStdin(context);
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
