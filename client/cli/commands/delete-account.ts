import { deleteAccount as deleteAtRelay } from "../../core/account/delete-account.ts";
import { eraseProfile } from "../../core/account/log-out.ts";
import { ChatError } from "../../core/chat-error.ts";
import { safeText } from "../../safe-text.ts";
import { type Context, unlessInterrupted } from "../context.ts";
import { accountPassword, isInteractive } from "../secrets.ts";
import { pathsOf, withProfile } from "../with-profile.ts";

export interface DeleteAccountOptions {
  readonly passwordFile?: string;
  readonly yes?: boolean;
}

export async function deleteAccount(context: Context, options: DeleteAccountOptions): Promise<void> {
  const { output } = context;
  let deleted = "";
  await withProfile(context, async (profile) => {
    const { name } = profile.identity;
    await confirm(context, name, options);
    const password = await accountPassword(context, { file: options.passwordFile, isNew: false });
    await unlessInterrupted(context, deleteAtRelay(profile, password, context.relay));
    deleted = name;
  });
  const isComplete = await eraseProfile(pathsOf(context));
  if (output.json) output.object({ type: "account_deleted", name: deleted });
  else if (!output.quiet)
    output.line(`The account ${safeText(deleted)} is deleted, and this profile is erased.`);
  if (!isComplete)
    output.warn("The system's keyring could not be reached and keeps a key that opens nothing now.");
}

async function confirm(context: Context, name: string, { yes }: DeleteAccountOptions): Promise<void> {
  if (yes === true) return;
  const what = `This ends the account ${safeText(name)} for good: all of its devices are signed out, and nobody gets its name again. What it has sent stays with those who got it.`;
  if (!isInteractive()) throw new ChatError("usage", what, { hint: "Say --yes if that is what you want." });
  context.output.warn(what);
  const { askYesOrNo } = await import("../prompts.ts");
  if (!(await askYesOrNo("Delete the account?", context.signal)))
    throw new ChatError("interrupted", "Nothing was changed.");
}
