import { type CommandName, type Context, commandNames, commands } from "./command.ts";
import type { KeyName } from "./event.ts";

export type Keymap = ReadonlyMap<Context, ReadonlyMap<KeyName, CommandName>>;

/** The keys that each command has instead of those of the table; none: it has no key. */
export type Bindings = ReadonlyMap<CommandName, readonly KeyName[]>;

export function defaultKeymap(): Keymap {
  return keymapWith(new Map());
}

/** A key that was given to one command is taken from whichever had it in the same context. */
export function keymapWith(bindings: Bindings): Keymap {
  const map = new Map<Context, Map<KeyName, CommandName>>();
  const bind = (name: CommandName, keys: readonly KeyName[]): void => {
    for (const context of contextsOfCommand(name)) {
      const keysOf = map.get(context) ?? new Map<KeyName, CommandName>();
      for (const key of keys) if (!keysOf.has(key)) keysOf.set(key, name);
      map.set(context, keysOf);
    }
  };
  for (const [name, keys] of bindings) bind(name, keys);
  for (const name of commandNames) if (!bindings.has(name)) bind(name, commands[name].keys);
  return map;
}

export function contextsOfCommand(name: CommandName): readonly Context[] {
  const { context, also = [] } = commands[name];
  return [context, ...also];
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

/** The keys of a command, the one to show first. */
export function keysFor(keymap: Keymap, command: CommandName): readonly KeyName[] {
  const keysOf = keymap.get(commands[command].context) ?? [];
  return [...keysOf].flatMap(([key, name]) => (name === command ? [key] : []));
}

/** The first key that leads to a command where these contexts count; one that is hidden by another is none. */
export function keyIn(
  keymap: Keymap,
  contexts: readonly Context[],
  command: CommandName,
): KeyName | undefined {
  return keysFor(keymap, command).find((key) => commandFor(keymap, contexts, key) === command);
}

const names: Readonly<Record<string, string>> = {
  ...{ up: "↑", down: "↓", left: "←", right: "→", pageup: "PgUp", pagedown: "PgDn", delete: "Del" },
  ...{ comma: ",", slash: "/", insert: "Ins" },
};
const modifiers = /^((?:super-|ctrl-|alt-|shift-)*)(.+)$/s;

/** As people read it: `Ctrl-P`, `Alt-a`, `↑`, `PgUp`. */
export function keyLabel(key: KeyName): string {
  const [, held = "", name = key] = modifiers.exec(key) ?? [];
  const shown =
    names[name] ??
    (name.length > 1 || held === "ctrl-" ? name.charAt(0).toUpperCase() + name.slice(1) : name);
  return held.replace(/[a-z]+/g, (word) => word.charAt(0).toUpperCase() + word.slice(1)) + shown;
}
