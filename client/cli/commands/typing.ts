import { connector } from "../../core/connection/connect.ts";
import { sendTyping } from "../../core/signals/send-typing.ts";
import { type Context, unlessInterrupted } from "../context.ts";
import { withProfile } from "../with-profile.ts";

/** Shows the others in a conversation, for some seconds, that one is typing. */
export async function typing(context: Context, to: string): Promise<void> {
  const { output } = context;
  await withProfile(context, async (profile) => {
    const sent = sendTyping(profile, connector(profile, context.relay), to);
    if (await unlessInterrupted(context, sent)) return;
    output.note("Nobody sees it: `chat settings` has typing off, or nothing was written there as it is now.");
  });
}
