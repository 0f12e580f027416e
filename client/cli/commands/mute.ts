import { connector } from "../../core/connection/connect.ts";
import { type Notify, mute as setLevel } from "../../core/conversations/mute.ts";
import { sendReceipts } from "../../core/receipts/send-receipts.ts";
import { safeText } from "../../safe-text.ts";
import type { Context } from "../context.ts";
import { withProfile } from "../with-profile.ts";

const said: Readonly<Record<Notify, string>> = {
  all: "You hear of everything",
  mentions: "You hear of what names you only",
  none: "You hear of nothing",
};

export async function mute(context: Context, name: string, level: Notify): Promise<void> {
  const { output } = context;
  await withProfile(context, async (profile) => {
    const found = setLevel(profile, name, level);
    // The other devices of the account hear of it; should the relay be away, with the next command.
    await sendReceipts(profile, connector(profile, context.relay));
    if (!output.quiet && !output.json) output.line(`${said[level]}: ${safeText(found)}.`);
  });
}
