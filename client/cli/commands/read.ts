import type { ChatError } from "../../core/chat-error.ts";
import { connector } from "../../core/connection/connect.ts";
import { syncConversations } from "../../core/connection/sync.ts";
import { explainFailure } from "../../core/explain-failure.ts";
import { markRead, readMessages } from "../../core/messages/read-messages.ts";
import { isRequest } from "../../core/people/trust.ts";
import type { Profile } from "../../core/profile.ts";
import { sendReceipts } from "../../core/receipts/send-receipts.ts";
import { safeText } from "../../safe-text.ts";
import { type Context, unlessInterrupted } from "../context.ts";
import { messageObject } from "../json-objects.ts";
import { noteRequests } from "../note-requests.ts";
import { Transcript } from "../transcript.ts";
import { withProfile } from "../with-profile.ts";

export interface ReadOptions {
  readonly limit: number;
  readonly before?: string;
  /** Milliseconds since 1970. */
  readonly since?: number;
  readonly unread: boolean;
  readonly offline: boolean;
}

export async function read(context: Context, from: string | undefined, options: ReadOptions): Promise<void> {
  await withProfile(context, async (profile) => {
    const trouble = options.offline ? undefined : await sync(context, profile);
    try {
      await show(context, profile, from, options);
    } catch (error) {
      // A person whom this profile has never met may be on the relay that does not answer.
      throw trouble ?? error;
    }
    // What is here was shown all the same.
    if (trouble !== undefined) throw trouble;
    if (!options.offline && !context.output.json)
      await sendReceipts(profile, connector(profile, context.relay));
  });
}

/** Drains the outbox and fetches what is new. Why it could not, if it could not. */
async function sync(context: Context, profile: Profile): Promise<ChatError | undefined> {
  try {
    const connection = await connector(profile, context.relay)();
    try {
      await unlessInterrupted(context, syncConversations(profile, connection));
      return undefined;
    } finally {
      connection.close();
    }
  } catch (error) {
    const failure = explainFailure(error);
    if (failure.code === "interrupted" || failure.code === "internal") throw failure;
    return failure;
  }
}

async function show(
  { output, now }: Context,
  profile: Profile,
  from: string | undefined,
  { limit, before, since, unread }: ReadOptions,
): Promise<void> {
  const messages = readMessages(profile, {
    limit,
    unread,
    ...(from === undefined ? {} : { conversation: from }),
    ...(before === undefined ? {} : { before }),
    ...(since === undefined ? {} : { since }),
  });
  if (output.json) {
    for (const message of messages) output.object(messageObject(message));
    return;
  }
  if (messages.length === 0) output.note(unread ? "Nothing unread." : "No messages.");
  const transcript = new Transcript(output, profile.identity.name, {
    manyConversations: from === undefined,
    now,
  });
  transcript.fit(messages);
  if (from !== undefined && isRequest(profile, from)) {
    output.note(
      `You do not know ${safeText(from)}: \`chat accept ${safeText(from)}\` or \`chat block ${safeText(from)}\`.`,
    );
  }
  for (const message of messages) transcript.print(message);
  if (from === undefined) noteRequests(output, profile);
  await output.flush();
  if (!output.closed.aborted) markRead(profile, messages);
}
