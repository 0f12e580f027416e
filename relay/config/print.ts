import { flagOf, keyOf, optionNames, optionOf } from "./options.ts";
import type { Origin, Settings } from "./settings.ts";

/** What holds and who said so, as `--config` would take it: with secrets masked, that one would not work. */
export function printSettings(settings: Settings): string {
  const lines = optionNames.map((name) => {
    const setting = settings.get(name);
    if (setting === undefined) return [`# ${keyOf(name)} is not set`, ""] as const;
    const shown = quoted(optionOf(name).mask?.(setting.text) ?? setting.text);
    return [`${keyOf(name)}=${shown}`, `# ${sourceOf(setting.origin)}`] as const;
  });
  const width = Math.max(...lines.map(([line, source]) => (source === "" ? 0 : line.length)));
  return lines
    .map(([line, source]) => `${line.padEnd(source === "" ? 0 : width)} ${source}`.trimEnd())
    .join("\n");
}

/** One object an option; `value` null: not set. */
export function settingObjects(settings: Settings): object[] {
  return optionNames.map((name) => {
    const setting = settings.get(name);
    return {
      type: "setting",
      option: flagOf(name),
      key: keyOf(name),
      value: setting === undefined ? null : (optionOf(name).mask?.(setting.text) ?? setting.text),
      source: setting === undefined ? null : setting.origin.from,
      place: setting?.origin.from === "file" ? `${setting.origin.path}:${setting.origin.line}` : null,
    };
  });
}

function sourceOf(origin: Origin): string {
  return origin.from === "file" ? `${origin.path}:${origin.line}` : origin.from;
}

function quoted(text: string): string {
  return /[\s#"'`]/.test(text) ? `"${text}"` : text;
}
