// Which option was said where: a flag counts before the environment, that before a file, and that before what holds
// otherwise.
import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { StartupError, systemCode } from "../startup-error.ts";
import { maskSentence } from "./mask.ts";
import {
  type Environment,
  flagOf,
  KEY_PREFIX,
  keyOf,
  type OptionName,
  type OptionValues,
  optionNames,
  optionOf,
} from "./options.ts";

export type Origin =
  | { readonly from: "flag" | "environment" | "default" }
  | { readonly from: "file"; readonly path: string; readonly line: number };

export interface Setting {
  readonly name: OptionName;
  readonly text: string;
  readonly origin: Origin;
}

/** Of options that nobody has named and that stand for nothing otherwise there is none. */
export type Settings = ReadonlyMap<OptionName, Setting>;

export interface Sources {
  /** What stood on the command line, `true` for a switch. */
  readonly flags: Readonly<Record<string, string | boolean | undefined>>;
  readonly environment: Environment;
}

/** The file is one of the sources: it cannot name another. */
const CONFIG_KEY = keyOf("config");
/** Kubernetes tells each container of each service: these are of one that is called sotto-relay. */
const ofKubernetes = /^SOTTO_RELAY_(?:SERVICE_HOST|SERVICE_PORT|PORT)(?:_|$)/;
const names: ReadonlyMap<string, OptionName> = new Map(optionNames.map((name) => [keyOf(name), name]));

/** Which file of settings was named, if any. */
function configFileOf({ flags, environment }: Sources): string | undefined {
  const { config } = flags;
  return typeof config === "string" ? config : environment[CONFIG_KEY];
}

/** Throws StartupError `usage` for a key that is none, and for a file that cannot be read. */
export function gatherSettings(sources: Sources): Settings {
  const { flags, environment } = sources;
  const path = configFileOf(sources);
  const settings = new Map<OptionName, Setting>();
  for (const name of optionNames) {
    const { otherwise } = optionOf(name);
    const text = typeof otherwise === "function" ? otherwise(environment) : otherwise;
    if (text !== undefined) settings.set(name, { name, text, origin: { from: "default" } });
  }
  if (path !== undefined) {
    for (const setting of readConfigFile(path)) settings.set(setting.name, setting);
  }
  for (const [key, text] of Object.entries(environment)) {
    if (text === undefined || !key.startsWith(KEY_PREFIX) || key === CONFIG_KEY) continue;
    const name = names.get(key);
    if (name !== undefined) settings.set(name, { name, text, origin: { from: "environment" } });
    else if (!ofKubernetes.test(key)) throw unknownKey(`${key} in the environment`, key);
  }
  for (const name of optionNames) {
    const said = flags[name];
    if (said !== undefined) settings.set(name, { name, text: String(said), origin: { from: "flag" } });
  }
  return settings;
}

/** As whoever has said it would call it. */
export function placeOf({ name, origin }: Setting): string {
  switch (origin.from) {
    case "file":
      return `${keyOf(name)} in ${origin.path}:${origin.line}`;
    case "environment":
      return `${keyOf(name)} in the environment`;
    default:
      return flagOf(name);
  }
}

/** Reads what was said of these options. Throws StartupError `usage` for the first that makes no sense. */
export function readValues<Name extends OptionName>(
  settings: Settings,
  wanted: readonly Name[],
): Pick<OptionValues, Name> {
  const values = wanted.map((name) => {
    const setting = settings.get(name);
    if (setting === undefined) return [name, undefined];
    const parsed = optionOf(name).shape.safeParse(setting.text);
    if (parsed.success) return [name, parsed.data];
    throw usage(`${placeOf(setting)} ${parsed.error.issues[0]?.message ?? "is wrong"}`);
  });
  return Object.fromEntries(values);
}

export function usage(message: string): StartupError {
  const sentence = message.charAt(0).toUpperCase() + message.slice(1).replace(/\.$/, "");
  return new StartupError("usage", `${maskSentence(sentence)}.`, "See `chat relay --help`.");
}

/** Lines of KEY=VALUE. What is meant for other programs may stand there, too. */
function readConfigFile(path: string): Setting[] {
  let text: string;
  try {
    text = readFileSync(path, "utf8").replace(/^\uFEFF/, "");
  } catch (cause) {
    throw usage(`Cannot read the configuration in ${path} (${systemCode(cause) ?? "unknown reason"})`);
  }
  const lines = text.split(/\r?\n/);
  const lineOf = (key: string): number =>
    lines.findLastIndex(
      (line) =>
        line
          .trim()
          .replace(/^export\s+/, "")
          .split(/\s*=/)[0] === key,
    ) + 1;
  for (const [index, line] of lines.entries()) {
    if (/^\s*(?:export\s+)?SOTTO_RELAY_[^=]*$/.test(line)) {
      throw usage(`${path}:${index + 1} is not KEY=VALUE`);
    }
  }
  return Object.entries(parseEnv(text)).flatMap(([key, value]) => {
    if (!key.startsWith(KEY_PREFIX)) return [];
    const origin = { from: "file", path, line: lineOf(key) } as const;
    const place = `${key} in ${path}:${origin.line}`;
    if (key === CONFIG_KEY) throw usage(`${place} cannot name another file`);
    const name = names.get(key);
    if (name === undefined) throw unknownKey(place, key);
    return [{ name, text: value ?? "", origin }];
  });
}

function unknownKey(place: string, key: string): StartupError {
  const meant = [...names.keys()].find((known) => isNear(known, key) || known.startsWith(`${key}_`));
  return usage(`${place} is no option of the relay${meant === undefined ? "" : `: ${meant} is`}`);
}

/** One letter more, less or other, or two letters that changed places. */
function isNear(one: string, other: string): boolean {
  if (one.length > other.length) return isNear(other, one);
  let start = 0;
  while (start < one.length && one[start] === other[start]) start += 1;
  const rest = one.slice(start);
  const swapped = `${rest[1] ?? ""}${rest[0] ?? ""}${rest.slice(2)}`;
  const behind = other.slice(start);
  return (
    rest === behind.slice(1) ||
    rest.slice(1) === behind.slice(1) ||
    (one.length === other.length && swapped === behind)
  );
}
