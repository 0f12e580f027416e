import { connector } from "../../core/connection/connect.ts";
import { explainFailure } from "../../core/explain-failure.ts";
import { waitForMessage } from "../../core/inbox/wait-for-message.ts";
import {
  deleteMessage,
  editMessage,
  pinMessage,
  type QueuedChange,
  reactTo,
  voteOn,
} from "../../core/messages/annotate.ts";
import { messageAt } from "../../core/outbox/send-message.ts";
import type { Profile } from "../../core/profile.ts";
import type { Context } from "../context.ts";
import { messageObject } from "../json-objects.ts";
import { keptInOutbox } from "../kept-in-outbox.ts";
import { textFrom } from "../text-from.ts";
import { withProfile } from "../with-profile.ts";

const TIMEOUT_MS = 30_000;

export async function edit(context: Context, id: string, words: readonly string[]): Promise<void> {
  const text = await textFrom(context, words);
  await carryOut(context, "Edited.", (profile) => editMessage(profile, id, text));
}

export async function deleteIt(context: Context, id: string): Promise<void> {
  await carryOut(context, "Deleted.", (profile) => deleteMessage(profile, id));
}

export async function react(context: Context, id: string, emoji: string, remove: boolean): Promise<void> {
  await carryOut(context, remove ? "Taken back." : "Reacted.", (profile) =>
    reactTo(profile, id, { emoji, remove }),
  );
}

export async function vote(context: Context, id: string, value: "up" | "down" | "none"): Promise<void> {
  await carryOut(context, "Voted.", (profile) => voteOn(profile, id, value));
}

export async function pin(context: Context, id: string, pinned: boolean): Promise<void> {
  await carryOut(context, pinned ? "Pinned." : "Unpinned.", (profile) => pinMessage(profile, id, pinned));
}

/** Done here at once; then told to the others, or left in the outbox. */
async function carryOut(
  context: Context,
  done: string,
  work: (profile: Profile) => QueuedChange,
): Promise<void> {
  const { output } = context;
  await withProfile(context, async (profile) => {
    const { message, position } = work(profile);
    const show = (): void => {
      if (output.json) output.object(messageObject(messageAt(profile, message.position)));
    };
    try {
      if (position !== undefined) {
        const connect = connector(profile, context.relay);
        await waitForMessage(profile, position, { connect, timeout: TIMEOUT_MS, signal: context.signal });
      }
      show();
      if (!output.json && !output.quiet) output.line(done);
    } catch (error) {
      const failure = explainFailure(error);
      const isQueued = position !== undefined && messageAt(profile, position).state === "queued";
      if (isQueued) show();
      throw isQueued ? keptInOutbox(failure, "The change") : failure;
    }
  });
}
