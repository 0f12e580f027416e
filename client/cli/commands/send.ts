import { connector } from "../../core/connection/connect.ts";
import { explainFailure } from "../../core/explain-failure.ts";
import { waitForMessage } from "../../core/inbox/wait-for-message.ts";
import type { Message } from "../../core/messages/message.ts";
import { messageAt, queueMessage } from "../../core/outbox/send-message.ts";
import { namesAt, waitForDelivery } from "../../core/outbox/wait-for-delivery.ts";
import { safeText } from "../../safe-text.ts";
import type { Context } from "../context.ts";
import { deliveredObject, messageObject } from "../json-objects.ts";
import { keptInOutbox } from "../kept-in-outbox.ts";
import { textFrom } from "../text-from.ts";
import { withProfile } from "../with-profile.ts";

export interface SendOptions {
  readonly key?: string;
  /** The id of the message that this answers. */
  readonly reply?: string;
  /** Milliseconds until it disappears. */
  readonly expire?: number;
  /** How far the message is to have come. */
  readonly wait: "sent" | "delivered" | "read";
  readonly timeout: number;
  /** How many of those it is for. */
  readonly quorum: number | "all";
}

/** Without `to`, to where the message is that this answers. */
export async function send(
  context: Context,
  to: string | undefined,
  words: readonly string[],
  { key, reply, expire, timeout, wait, quorum }: SendOptions,
): Promise<void> {
  const { output } = context;
  await withProfile(context, async (profile) => {
    const text = await textFrom(context, words);
    const queued = queueMessage(profile, {
      text,
      wantsReceipts: wait !== "sent",
      ...(to === undefined ? {} : { to }),
      ...(key === undefined ? {} : { key }),
      ...(reply === undefined ? {} : { replyTo: reply }),
      ...(expire === undefined ? {} : { expireAfter: expire }),
    });
    const connect = connector(profile, context.relay);
    const show = (message: Message): void =>
      output.object(
        wait === "sent"
          ? messageObject(message)
          : deliveredObject(message, namesAt(profile, message.position, wait)),
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
