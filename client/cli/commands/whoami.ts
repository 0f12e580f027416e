import { whoami } from "../../core/account/whoami.ts";
import { safeText } from "../../safe-text.ts";
import type { Context } from "../context.ts";
import { meObject } from "../json-objects.ts";
import { moment } from "../times.ts";
import { withProfile } from "../with-profile.ts";

export async function showMe(context: Context): Promise<void> {
  const { output } = context;
  const me = await withProfile(context, async (profile) => whoami(profile));
  if (output.json) {
    output.object(meObject(me));
    return;
  }
  output.line(output.paint("bold", safeText(me.name)));
  const rows = [
    ["relay", me.relay],
    ["profile", me.profile],
    ["since", moment(new Date(me.registeredAt), context.now())],
    ["device", me.device],
    ["account", me.account],
  ] as const;
  for (const [label, value] of rows)
    output.line(`  ${output.paint("dim", label.padEnd(7))}  ${safeText(value)}`);
}
