import { checkNewPassword } from "../../core/account/account-password.ts";
import { addThisDevice } from "../../core/account/add-this-device.ts";
import { knownDevices } from "../../core/account/devices.ts";
import { checkNewName } from "../../core/account/register.ts";
import { checkOwner, renewLogin } from "../../core/account/renew-login.ts";
import { resetPassword } from "../../core/account/reset-password.ts";
import { setUpStageOf } from "../../core/account/set-up-stage.ts";
import { signOutOthers } from "../../core/account/sign-out-others.ts";
import { createKey, readKey } from "../../core/account/unlock-profile.ts";
import { whoami } from "../../core/account/whoami.ts";
import { ChatError } from "../../core/chat-error.ts";
import { chooseRelay } from "../../core/connection/connect.ts";
import { closeProfile, type Profile } from "../../core/profile.ts";
import { safeText } from "../../safe-text.ts";
import { type Context, unlessInterrupted } from "../context.ts";
import { meObject } from "../json-objects.ts";
import { accountPassword, profilePassphrase, recoveryWords } from "../secrets.ts";
import { dateOf, moment } from "../times.ts";
import { pathsOf, withProfile } from "../with-profile.ts";

export interface LoginOptions {
  readonly passwordFile?: string;
  readonly recoveryFile?: string;
  readonly resetPassword?: boolean;
  readonly signOutOthers?: boolean;
}

/** A machine that has a device of the account gets fresh tokens; any other becomes a further device. */
export async function login(context: Context, name: string, options: LoginOptions): Promise<void> {
  if (options.passwordFile === "-" && options.recoveryFile === "-") {
    throw new ChatError("usage", "Standard input cannot be both the password and the recovery words.");
  }
  const passphrase = () => profilePassphrase(context);
  const standing = await setUpStageOf(pathsOf(context), passphrase);
  if (standing.kind === "ready") closeProfile(standing.profile);
  if (standing.kind === "none" || standing.kind === "joining" || standing.kind === "begun") {
    await loginAsNewDevice(context, checkNewName(name), options);
  } else {
    await loginAgain(context, name, options);
  }
}

async function loginAgain(context: Context, name: string, options: LoginOptions): Promise<void> {
  const { output } = context;
  await withProfile(context, async (profile) => {
    checkOwner(profile, name);
    const relay = chooseRelay(context.relay, profile.identity.relayUrl);
    const words = once(() => recoveryWords(context, options.recoveryFile));
    const password = await passwordFor(context, profile.identity.name, options, words, {
      relay,
      expected: profile.identity.accountId,
    });
    await unlessInterrupted(context, renewLogin(profile, password, context.relay));
    if (options.signOutOthers === true) await signOutOthers(profile, { password, words, relay });
    sayMe(context, profile, `Logged in as ${safeText(profile.identity.name)}.`);
    if (options.signOutOthers === true) output.note("All other devices are signed out.");
  });
}

async function loginAsNewDevice(context: Context, name: string, options: LoginOptions): Promise<void> {
  const { output, environment } = context;
  const paths = pathsOf(context);
  const relay = chooseRelay(context.relay);
  const words = once(() => recoveryWords(context, options.recoveryFile));
  const password = await passwordFor(context, name, options, words, { relay });
  const profile = await addThisDevice({
    name,
    password,
    words,
    signOutOthers: options.signOutOthers === true,
    relay,
    paths,
    readKey: () => readKey(paths, () => profilePassphrase(context)),
    createKey: () => createKey(paths, environment, () => profilePassphrase(context)),
  });
  try {
    sayMe(context, profile, `This machine is now a device of ${safeText(name)} on ${safeText(relay.url)}.`);
    sayOthers(context, profile);
    output.note(
      output.paintNote("dim", "Next: `chat read`. What was sent before stays on your other devices."),
    );
  } finally {
    closeProfile(profile);
  }
}

/** The password, or the new one that the recovery words have just put in its place. */
async function passwordFor(
  context: Context,
  name: string,
  options: LoginOptions,
  words: () => Promise<string>,
  account: Pick<Parameters<typeof resetPassword>[0], "relay" | "expected">,
): Promise<string> {
  const { passwordFile: file } = options;
  if (options.resetPassword !== true) return accountPassword(context, { file, isNew: false });
  const given = await words();
  const newPassword = await accountPassword(context, { file, isNew: true, check: checkNewPassword });
  await resetPassword({ name, words: given, newPassword, ...account });
  context.output.note(`${safeText(name)} has a new password.`);
  return newPassword;
}

/** Whoever comes into his account anew sees who else is in it. */
function sayOthers({ output, now }: Context, profile: Profile): void {
  const others = knownDevices(profile).filter(({ isCurrent }) => !isCurrent);
  if (others.length === 0) {
    output.note("No other device is in the account.");
    return;
  }
  const listed = others.map(
    ({ id, addedAt }) => `${id.slice(0, 8)} (since ${moment(dateOf(addedAt), now())})`,
  );
  output.note(
    `Other devices: ${listed.join(", ")}. \`chat devices revoke ID\` signs one out that is not yours.`,
  );
}

function sayMe({ output }: Context, profile: Profile, sentence: string): void {
  if (output.json) output.object(meObject(whoami(profile)));
  else if (!output.quiet) output.line(sentence);
}

/** Nobody is asked twice. */
function once(ask: () => Promise<string>): () => Promise<string> {
  let asked: Promise<string> | undefined;
  return () => {
    asked ??= ask();
    return asked;
  };
}
