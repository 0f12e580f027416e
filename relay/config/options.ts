// What can be said to a relay, once: flags, environment, file, help and `--print-config` are all drawn from this table.
import { homedir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { directoryDoors, registrationDoors } from "../doors.ts";
import { type ServiceName, serviceNames } from "../service-names.ts";
import { maskUrl, maskUrls } from "./mask.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

interface RelayOption {
  /** What stands behind the flag, as in help; absent: a switch, `true` or `false` elsewhere. */
  readonly takes?: string;
  readonly about: string;
  /** What holds when nobody says anything; absent: nothing does. */
  readonly otherwise?: string | ((environment: Environment) => string);
  /** Reads what was said. Its complaint ends the sentence that the option's name begins, and never quotes a secret. */
  readonly shape: z.ZodType<unknown, string>;
  /** How it is shown, if it may hold a secret. */
  readonly mask?: (text: string) => string;
}

const hostAndPort = z
  .string()
  .regex(
    /^(?:\[[\da-fA-F:.]+\]|[^\s:[\]]+):\d{1,5}$/,
    "must be HOST:PORT, such as 127.0.0.1:7443 or [::1]:7443",
  )
  .transform((text) => {
    const colon = text.lastIndexOf(":");
    return { host: text.slice(0, colon).replace(/^\[(.*)\]$/, "$1"), port: Number(text.slice(colon + 1)) };
  })
  .refine(({ port }) => port <= 65_535, "has a port above 65535");
const file = z.string().min(1, "must name a file");
const natsUrls = z
  .string()
  .transform((text) => text.split(","))
  .refine((urls) => urls.every(isNatsUrl), "must be nats://HOST:PORT, several parted by commas");
const services = z.string().transform((text, context): ReadonlySet<ServiceName> => {
  const given = new Set(text.split(",").map((name) => name.trim()));
  const known = serviceNames.filter((name) => given.delete(name));
  const message = given.has("blobs")
    ? "names blobs: this version has no blobs service"
    : `must be some of ${serviceNames.join(",")}`;
  if (given.size > 0) context.addIssue({ code: "custom", message });
  return new Set(known);
});
const DAY_HOURS = 24;
const time = z
  .string()
  .regex(/^[1-9]\d{0,3}[dh]$/, "must be a number of days or hours, such as 30d or 12h")
  .transform((text) => Number.parseInt(text, 10) * (text.endsWith("d") ? DAY_HOURS : 1) * 3_600_000);

const relayOptions = {
  listen: {
    takes: "host:port",
    about: "where to listen",
    otherwise: "127.0.0.1:7443",
    shape: hostAndPort,
  },
  data: {
    takes: "dir",
    about: "folder for secrets and the embedded PostgreSQL",
    otherwise: defaultDataFolder,
    shape: z.string().min(1, "must name a folder"),
  },
  databaseUrl: {
    takes: "url",
    about: "use this PostgreSQL, embed none",
    shape: z.string().regex(/^postgres(?:ql)?:\/\/./, "must start with postgres://"),
    mask: maskUrl,
  },
  nats: {
    takes: "urls",
    about: "tell the other relays of this database what is new, over these NATS servers",
    shape: natsUrls,
    mask: maskUrls,
  },
  services: {
    takes: "names",
    about: "which services this process offers; fewer than all need --nats and --database-url",
    otherwise: serviceNames.join(","),
    shape: services,
  },
  tls: {
    takes: "self-signed",
    about: "make a certificate once; its fingerprint is part of the relay's address",
    shape: oneOf(["self-signed"]),
  },
  tlsCert: { takes: "file", about: "certificate chain, PEM", shape: file },
  tlsKey: { takes: "file", about: "its private key, PEM", shape: file },
  behindProxy: {
    about: "a proxy in front of us speaks TLS and sets x-forwarded-for",
    otherwise: "false",
    shape: oneOf(["true", "false"]).transform((word) => word === "true"),
  },
  directory: {
    takes: directoryDoors.join("|"),
    about: "who is found: everybody, exact names, or nobody by name",
    otherwise: "open",
    shape: oneOf(directoryDoors),
  },
  registration: {
    takes: registrationDoors.join("|"),
    about: "who may make an account",
    otherwise: "open",
    shape: oneOf(registrationDoors),
  },
  retention: {
    takes: "time",
    about: "how long messages are kept for those who are away, such as 30d or 12h",
    otherwise: "30d",
    shape: time,
  },
  metricsListen: {
    takes: "host:port",
    about: "where metrics, liveness and readiness are asked for, by plain HTTP",
    shape: hostAndPort,
  },
} as const satisfies Record<string, RelayOption>;

type Table = typeof relayOptions;
export type OptionName = keyof Table;

/** What was read; of an option that nobody has named and that stands for nothing otherwise, undefined. */
export type OptionValues = {
  readonly [Name in OptionName]: Table[Name] extends { readonly otherwise: unknown }
    ? z.infer<Table[Name]["shape"]>
    : z.infer<Table[Name]["shape"]> | undefined;
};

export const optionNames = Object.keys(relayOptions) as OptionName[];

export function optionOf(name: OptionName): RelayOption {
  return relayOptions[name];
}

/** `databaseUrl` is `--database-url`, */
export function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

export const KEY_PREFIX = "SOTTO_RELAY_";

/** and SOTTO_RELAY_DATABASE_URL in the environment and in a file. */
export function keyOf(name: string): string {
  return `${KEY_PREFIX}${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

/** $CHAT_HOME/relay, or in the platform's folder for data. */
function defaultDataFolder({ CHAT_HOME, XDG_DATA_HOME }: Environment): string {
  if (CHAT_HOME) return join(CHAT_HOME, "relay");
  if (process.platform === "darwin")
    return join(homedir(), "Library", "Application Support", "sotto", "relay");
  const base = XDG_DATA_HOME?.startsWith("/") ? XDG_DATA_HOME : join(homedir(), ".local", "share");
  return join(base, "sotto", "relay");
}

function isNatsUrl(text: string): boolean {
  const url = URL.parse(text);
  const { protocol, hostname, pathname = "", search, hash } = url ?? {};
  return /^(?:nats|tls):$/.test(protocol ?? "") && !!hostname && /^\/?$/.test(pathname) && !search && !hash;
}

function oneOf<const Words extends readonly [string, ...string[]]>(words: Words) {
  return z.string().refine((text): text is Words[number] => words.includes(text), {
    error: `must be ${words.join(", ")}`.replace(/, (?!.*, )/, " or "),
  });
}
