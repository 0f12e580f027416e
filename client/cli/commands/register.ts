import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { checkNewPassword } from "../../core/account/account-password.ts";
import { recoveryFile, recoveryFileExists } from "../../core/account/recovery-file.ts";
import { checkNewName, register, type WordsKeeper } from "../../core/account/register.ts";
import { createKey, readKey } from "../../core/account/unlock-profile.ts";
import { whoami } from "../../core/account/whoami.ts";
import { ChatError } from "../../core/chat-error.ts";
import { chooseRelay } from "../../core/connection/connect.ts";
import { closeProfile } from "../../core/profile.ts";
import type { Context } from "../context.ts";
import { meObject } from "../json-objects.ts";
import { accountPassword, isInteractive, profilePassphrase } from "../secrets.ts";
import { showWords } from "../show-words.ts";
import { pathsOf } from "../with-profile.ts";

export interface RegisterOptions {
  readonly passwordFile?: string;
  readonly recoveryFile?: string;
  readonly invite?: string;
}

export async function registerAccount(
  context: Context,
  givenName: string,
  options: RegisterOptions,
): Promise<void> {
  const { output, environment } = context;
  const name = checkNewName(givenName);
  const paths = pathsOf(context);
  const relay = chooseRelay(context.relay);
  const words = wordsKeeper(context, name, options.recoveryFile, existsSync(paths.database));
  const password = await accountPassword(context, {
    file: options.passwordFile,
    isNew: true,
    check: checkNewPassword,
  });
  const profile = await register({
    name,
    password,
    relay,
    invitation: options.invite,
    paths,
    words,
    readKey: () => readKey(paths, () => profilePassphrase(context)),
    createKey: () => createKey(paths, environment, () => profilePassphrase(context)),
  });
  const me = whoami(profile);
  closeProfile(profile);
  if (output.json) {
    output.object(meObject(me));
  } else if (!output.quiet) {
    output.line(`You are ${me.name} on ${me.relay}.`);
    output.note(output.paintNote("dim", "Next: `chat people`, `chat send NAME TEXT`, `chat read`."));
  }
}

/** Where the words go; decided, and refused, before anything is made. */
function wordsKeeper(
  context: Context,
  name: string,
  file: string | undefined,
  mayGoOn: boolean,
): WordsKeeper {
  if (file !== undefined) {
    const path = resolve(file);
    // A registration that was cut left its file behind, with its own words in it: then `keep` has the last word.
    if (!mayGoOn && existsSync(path)) throw recoveryFileExists(path);
    return recoveryFile(path);
  }
  if (isInteractive()) {
    return {
      keep: () => undefined,
      discard: () => undefined,
      handOver: (words) => showWords(name, words, context.signal),
    };
  }
  throw new ChatError("usage", "There is no terminal to show the recovery words at.", {
    hint: "Name a new file for them with --recovery-file PATH.",
  });
}
