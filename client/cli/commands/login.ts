import { checkOwner, renewLogin } from "../../core/account/renew-login.ts";
import { whoami } from "../../core/account/whoami.ts";
import { safeText } from "../../safe-text.ts";
import { type Context, unlessInterrupted } from "../context.ts";
import { meObject } from "../json-objects.ts";
import { accountPassword } from "../secrets.ts";
import { withProfile } from "../with-profile.ts";

export async function login(
  context: Context,
  name: string,
  { passwordFile }: { readonly passwordFile?: string },
): Promise<void> {
  const { output } = context;
  await withProfile(context, async (profile) => {
    checkOwner(profile, name);
    const password = await accountPassword(context, { file: passwordFile, isNew: false });
    await unlessInterrupted(context, renewLogin(profile, password, context.relay));
    if (output.json) output.object(meObject(whoami(profile)));
    else if (!output.quiet) output.line(`Logged in as ${safeText(profile.identity.name)}.`);
  });
}
