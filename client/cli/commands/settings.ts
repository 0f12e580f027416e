import { changeSetting, readSettings, type Settings } from "../../core/settings.ts";
import type { Context } from "../context.ts";
import { settingsObject } from "../json-objects.ts";
import { withProfile } from "../with-profile.ts";

/** All settings, or one, after it was changed if that is wanted. */
export async function settings(
  context: Context,
  name: keyof Settings | undefined,
  value: "on" | "off" | undefined,
): Promise<void> {
  const { output } = context;
  await withProfile(context, async (profile) => {
    if (name !== undefined && value !== undefined) changeSetting(profile, name, value);
    const now = readSettings(profile);
    if (output.json) output.object(settingsObject(now));
    else if (name !== undefined) output.line(now[name]);
    else for (const [each, chosen] of Object.entries(now)) output.line(`${each.padEnd(8)}  ${chosen}`);
  });
}
