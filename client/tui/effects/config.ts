import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ProfilePaths } from "../../core/profile.ts";
import { safeText } from "../../safe-text.ts";
import { readKeyFile } from "../model/key-file.ts";
import { defaultKeymap, type Keymap, keymapWith } from "../model/keymap.ts";

const MAX_TOLD = 2;

export interface Config {
  readonly keymap: Keymap;
  /** What is wrong with the file, a sentence each. */
  readonly mistakes: readonly string[];
}

/** One for all profiles of the home. */
export function keyFilePath({ home }: Pick<ProfilePaths, "home">): string {
  return join(home, "keymap");
}

/** A file that is not there changes nothing; nor does one that cannot be read, but that is said. */
export function readConfig(paths: Pick<ProfilePaths, "home">): Config {
  let text: string;
  try {
    text = readFileSync(keyFilePath(paths), "utf8");
  } catch (error) {
    const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
    const mistakes = isMissing ? [] : [`The key file cannot be read: ${keyFilePath(paths)}.`];
    return { keymap: defaultKeymap(), mistakes: mistakes.map(safeText) };
  }
  const { bindings, mistakes } = readKeyFile(text);
  return { keymap: keymapWith(bindings), mistakes: foremost(mistakes).map(safeText) };
}

/** What fits over the status bar. */
function foremost(mistakes: readonly string[]): readonly string[] {
  const rest = mistakes.length - MAX_TOLD;
  return rest > 0 ? [...mistakes.slice(0, MAX_TOLD), `And ${rest} more in the key file.`] : mistakes;
}
