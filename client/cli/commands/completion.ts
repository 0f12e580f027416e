import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { unlockProfile } from "../../core/account/unlock-profile.ts";
import { ChatError } from "../../core/chat-error.ts";
import { type KnownNames, knownNames } from "../../core/conversations/known-names.ts";
import { chatHome } from "../../core/paths.ts";
import { closeProfile } from "../../core/profile.ts";
import { complete, type DescribeForeign, type LiveNames, shells } from "../complete.ts";
import type { Context } from "../context.ts";
import { profilePassphrase } from "../secrets.ts";
import { shellScripts } from "../shell-scripts.ts";
import { pathsOf } from "../with-profile.ts";

export async function completion(
  context: Context,
  {
    program,
    describeForeign,
  }: { readonly program: Command; readonly describeForeign: DescribeForeign | undefined },
  shell: string,
  words: readonly string[],
): Promise<void> {
  const { output } = context;
  if (shell === "words") {
    const { candidates, files } = await complete(program, words, liveNames(context), describeForeign);
    for (const { word, about } of candidates) output.line(about === "" ? word : `${word}\t${about}`);
    if (files) output.line(":files");
    return;
  }
  const known = shells.find((each) => each === shell);
  if (known === undefined || words.length > 0) {
    throw new ChatError("usage", "There is no completion for that.", {
      hint: `Say which shell: ${shells.join(", ")}.`,
    });
  }
  output.line(shellScripts[known].trimEnd());
}

/** A key press must neither ask for anything nor fail: what cannot be had is left out. */
function liveNames(context: Context): LiveNames {
  let asked: Promise<KnownNames> | undefined;
  const names = () => {
    asked ??= read(context).catch(() => ({ people: [], groups: [] }));
    return asked;
  };
  return {
    people: async () => (await names()).people,
    groups: async () => (await names()).groups,
    profiles: async () => profileNames(context),
  };
}

async function read(context: Context): Promise<KnownNames> {
  const fromFile = async () =>
    context.environment["CHAT_PASSPHRASE_FILE"] ? profilePassphrase(context) : undefined;
  const profile = await unlockProfile(pathsOf(context), fromFile);
  try {
    return knownNames(profile);
  } finally {
    closeProfile(profile);
  }
}

function profileNames({ environment }: Context): string[] {
  const folder = join(chatHome(environment), "profiles");
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}
