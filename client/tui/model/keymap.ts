import { type CommandName, type Context, commandNames, commands } from "./command.ts";
import type { KeyName } from "./event.ts";

export type Keymap = ReadonlyMap<Context, ReadonlyMap<KeyName, CommandName>>;

export function defaultKeymap(): Keymap {
  const map = new Map<Context, Map<KeyName, CommandName>>();
  for (const name of commandNames) {
    const { context, keys } = commands[name];
    const keysOf = map.get(context) ?? new Map<KeyName, CommandName>();
    for (const key of keys) keysOf.set(key, name);
    map.set(context, keysOf);
  }
  return map;
}

export function commandFor(
  keymap: Keymap,
  contexts: readonly Context[],
  key: KeyName,
): CommandName | undefined {
  for (const context of contexts) {
    const found = keymap.get(context)?.get(key);
    if (found !== undefined) return found;
  }
  return undefined;
}
