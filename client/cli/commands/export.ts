import { ChatError } from "../../core/chat-error.ts";
import { exportMessages, newFile } from "../../core/messages/export-messages.ts";
import type { Message } from "../../core/messages/message.ts";
import { safeJson } from "../../safe-text.ts";
import type { Context } from "../context.ts";
import { messageObject } from "../json-objects.ts";
import { MarkdownLog } from "../markdown.ts";
import { withProfile } from "../with-profile.ts";

export interface ExportOptions {
  readonly format: "jsonl" | "markdown";
  /** A file to make; standard output without it. */
  readonly output?: string;
}

/** Messages that are made into text before somebody waits for them to be written. */
const BATCH = 200;

export async function exportHistory(
  context: Context,
  name: string | undefined,
  options: ExportOptions,
): Promise<void> {
  await withProfile(context, async (profile) => {
    // Before a file is made: a name that stands for nothing makes none.
    const messages = batches(exportMessages(profile, name));
    const { value: first = [] } = messages.next();
    const log =
      options.format === "markdown" ? new MarkdownLog({ manyConversations: name === undefined }) : undefined;
    const textOf = (batch: readonly Message[]): string =>
      batch.map((message) => log?.entry(message) ?? `${safeJson(messageObject(message))}\n`).join("");
    const destination = destinationOf(context, options);
    let count = 0;
    try {
      if (log !== undefined) await destination.write(log.title(name));
      for (let batch: readonly Message[] = first; batch.length > 0; batch = messages.next().value ?? []) {
        await destination.write(textOf(batch));
        count += batch.length;
        // Lets Ctrl-C in.
        await new Promise((resolve) => setImmediate(resolve));
        if (context.signal.aborted) throw new ChatError("interrupted", "Interrupted.");
      }
      destination.finish();
    } catch (error) {
      destination.discard();
      throw error;
    } finally {
      messages.return(undefined);
    }
    if (count === 0) context.output.note("No messages.");
    else if (options.output !== undefined)
      context.output.note(`${count} ${count === 1 ? "message" : "messages"} written.`);
  });
}

interface Destination {
  write(text: string): Promise<void>;
  finish(): void;
  discard(): void;
}

function destinationOf({ output }: Context, { output: path }: ExportOptions): Destination {
  if (path === undefined) {
    return {
      write: async (text) => {
        output.line(text.replace(/\n$/, ""));
        await output.flush();
      },
      finish: () => undefined,
      discard: () => undefined,
    };
  }
  const file = newFile(path);
  return { write: async (text) => file.write(text), finish: file.finish, discard: file.discard };
}

function* batches(messages: Iterable<Message>): Generator<readonly Message[], undefined> {
  let batch: Message[] = [];
  try {
    for (const message of messages) {
      batch.push(message);
      if (batch.length < BATCH) continue;
      yield batch;
      batch = [];
    }
  } catch (error) {
    // Of a damaged profile, what could be read.
    if (batch.length > 0) yield batch;
    throw error;
  }
  if (batch.length > 0) yield batch;
}
