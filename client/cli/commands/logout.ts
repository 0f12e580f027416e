import { eraseProfile, profileExists, signOut } from "../../core/account/log-out.ts";
import { unlockProfile } from "../../core/account/unlock-profile.ts";
import { ChatError } from "../../core/chat-error.ts";
import { connector } from "../../core/connection/connect.ts";
import { listConversations } from "../../core/conversations/list-conversations.ts";
import { explainFailure } from "../../core/explain-failure.ts";
import { drainOutbox } from "../../core/outbox/drain-outbox.ts";
import { closeProfile, type Profile, type ProfilePaths } from "../../core/profile.ts";
import { safeText } from "../../safe-text.ts";
import { type Context, unlessInterrupted } from "../context.ts";
import { isInteractive, profilePassphrase, recoveryWords } from "../secrets.ts";
import { pathsOf } from "../with-profile.ts";

export interface LogoutOptions {
  readonly recoveryFile?: string;
  readonly yes?: boolean;
  readonly offline?: boolean;
}

export async function logout(context: Context, options: LogoutOptions): Promise<void> {
  const { output } = context;
  const paths = pathsOf(context);
  const profile = await openForLogout(context, paths, options);
  const name = profile?.identity.name ?? `the profile ${paths.name}`;
  let isOut = false;
  try {
    const queued = profile === undefined ? 0 : await sendQueued(context, profile, options);
    await confirm(context, name, queued, options);
    if (profile !== undefined && options.offline !== true) isOut = await signOutOf(context, profile, options);
  } finally {
    if (profile !== undefined) closeProfile(profile);
  }
  const isComplete = await eraseProfile(paths);
  if (output.json) output.object({ type: "logged_out", name, device_signed_out: isOut });
  else if (!output.quiet)
    output.line(`Logged out of ${safeText(name)}. Nothing of it is left in this profile.`);
  if (!isOut) output.note(leftBehind(name, options.offline === true));
  if (!isComplete)
    output.warn("The system's keyring could not be reached and keeps a key that opens nothing now.");
}

/** Undefined: one that does not open can be erased all the same. */
async function openForLogout(
  context: Context,
  paths: ProfilePaths,
  { offline }: LogoutOptions,
): Promise<Profile | undefined> {
  try {
    return await unlockProfile(paths, () => profilePassphrase(context));
  } catch (error) {
    if (offline === true && profileExists(paths)) return undefined;
    throw error;
  }
}

/** How many messages of this device nobody has. */
async function sendQueued(context: Context, profile: Profile, { offline }: LogoutOptions): Promise<number> {
  const count = () => listConversations(profile).reduce((sum, { queued }) => sum + queued, 0);
  if (offline === true || count() === 0) return count();
  await unlessInterrupted(context, drainOutbox(profile, connector(profile, context.relay))).catch((error) => {
    // What cannot be sent is said below; a relay that is away, when this device signs out.
    if (explainFailure(error).code === "interrupted") throw error;
  });
  return count();
}

async function confirm(
  context: Context,
  name: string,
  queued: number,
  options: LogoutOptions,
): Promise<void> {
  const messages = queued === 1 ? "1 message that was not sent" : `${queued} messages that were not sent`;
  const loss = queued === 0 ? "" : ` ${messages} will be lost.`;
  if (options.yes === true) {
    if (queued > 0) context.output.note(loss.trim());
    return;
  }
  const what = `This erases all messages and keys of ${safeText(name)} in this profile.${loss}`;
  if (!isInteractive()) {
    throw new ChatError("usage", what, { hint: "Say --yes if that is what you want." });
  }
  context.output.warn(what);
  const { askYesOrNo } = await import("../prompts.ts");
  if (!(await askYesOrNo("Log out?", context.signal)))
    throw new ChatError("interrupted", "Nothing was changed.");
}

async function signOutOf(context: Context, profile: Profile, options: LogoutOptions): Promise<boolean> {
  const { name } = profile.identity;
  const words = async (): Promise<string | undefined> => {
    if (options.recoveryFile !== undefined) return recoveryWords(context, options.recoveryFile);
    if (!isInteractive()) return undefined;
    context.output.warn(
      `This is the last device of ${safeText(name)}: only the recovery words can sign it out. The account stays either way.`,
    );
    const { askWords } = await import("../prompts.ts");
    const given = await askWords(
      "The 24 recovery words, or nothing to leave the device in the account",
      context.signal,
    );
    return given.trim() === "" ? undefined : given;
  };
  try {
    return await signOut(profile, connector(profile, context.relay), words);
  } catch (error) {
    const why = explainFailure(error);
    if (why.code !== "relay_unreachable") throw error;
    throw new ChatError(why.code, `${why.message} Nothing was erased.`, {
      hint: "Try again when the relay is there. `--offline` erases this profile all the same.",
      cause: error,
    });
  }
}

function leftBehind(name: string, isOffline: boolean): string {
  const back = `\`chat login ${safeText(name)}\` with the recovery words comes back in.`;
  return isOffline
    ? `The relay does not know: ${safeText(name)}'s account still lists this device until another one revokes it. ${back}`
    : `The account stays, and lists this device still: its keys are gone. ${back}`;
}
