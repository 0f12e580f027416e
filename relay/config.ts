import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { Command, CommanderError } from "commander";
import type { ClientConfig } from "pg";
import { z } from "zod";
import { type Doors, directoryDoors, registrationDoors } from "./doors.ts";
import { type ServiceName, serviceNames } from "./service-names.ts";
import { StartupError } from "./startup-error.ts";

/** What the command line says, parsed once. */
export interface RelayConfig {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly dataFolder: string;
  /** Absent: the embedded PostgreSQL. */
  readonly database: ClientConfig | undefined;
  readonly tls: "self-signed" | { readonly certPath: string; readonly keyPath: string } | undefined;
  readonly behindProxy: boolean;
  readonly doors: Doors;
  /** How long messages are kept; absent: as long as usual. */
  readonly retentionMs?: number;
  /** Where the relays of one database tell each other what is new; may hold a password. Absent: nowhere. */
  readonly nats?: readonly string[];
  /** Which services this process offers; absent: all of them. */
  readonly services?: ReadonlySet<ServiceName>;
  /** Where metrics, liveness and readiness are asked for by plain HTTP; absent: nowhere. */
  readonly metricsListen?: { readonly host: string; readonly port: number };
}

const DEFAULT_LISTEN = "127.0.0.1:7443";

const address = z
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

/** Throws StartupError `usage`. */
export function databaseAt(url: string): ClientConfig {
  const parsed = databaseUrl.safeParse(url);
  if (parsed.success) return { connectionString: parsed.data };
  throw usage(`--database-url ${parsed.error.issues[0]?.message ?? "is wrong"}`);
}

const databaseUrl = z.string().regex(/^postgres(?:ql)?:\/\/./, "must start with postgres://");
const services = z.string().transform((text, context): ReadonlySet<ServiceName> => {
  const given = new Set(text.split(",").map((name) => name.trim()));
  const known = serviceNames.filter((name) => given.delete(name));
  const message = given.has("blobs")
    ? "names blobs: this version has no blobs service"
    : `must be some of ${serviceNames.join(",")}`;
  if (given.size > 0) context.addIssue({ code: "custom", message });
  return new Set(known);
});
const options = z.object({
  listen: address,
  data: z.string().min(1, "must name a folder"),
  databaseUrl: databaseUrl.optional(),
  nats: z
    .string()
    .transform((text) => text.split(","))
    .refine((urls) => urls.every(isNatsUrl), "must be nats://HOST:PORT, several parted by commas")
    .optional(),
  services,
  metricsListen: address.optional(),
  tls: oneOf(["self-signed"]).optional(),
  tlsCert: z.string().min(1).optional(),
  tlsKey: z.string().min(1).optional(),
  behindProxy: z.boolean().default(false),
  directory: oneOf(directoryDoors),
  registration: oneOf(registrationDoors),
  retention: z
    .string()
    .regex(/^[1-9]\d{0,3}[dh]$/, "must be a number of days or hours, such as 30d or 12h")
    .transform((text) => Number.parseInt(text, 10) * (text.endsWith("d") ? 24 : 1) * 3_600_000),
});

function oneOf<const Words extends readonly [string, ...string[]]>(words: Words) {
  return z.enum(words, { error: `must be ${words.join(", ")}`.replace(/, (?!.*, )/, " or ") });
}

/** The parameters after `chat relay`. Undefined when help was asked for and given. Throws StartupError `usage`. */
export function readConfig(
  parameters: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): RelayConfig | undefined {
  const command = new Command("chat relay")
    .description("Run a relay: it stores and forwards ciphertext.")
    .option("--listen <host:port>", "where to listen", DEFAULT_LISTEN)
    .option("--data <dir>", "folder for secrets and the embedded PostgreSQL", defaultDataFolder(environment))
    .option("--database-url <url>", "use this PostgreSQL, embed none")
    .option("--nats <urls>", "tell the other relays of this database what is new, over these NATS servers")
    .option("--tls <self-signed>", "make a certificate once; its fingerprint is part of the relay's address")
    .option("--tls-cert <file>", "certificate chain, PEM")
    .option("--tls-key <file>", "its private key, PEM")
    .option("--behind-proxy", "a proxy in front of us speaks TLS and sets x-forwarded-for")
    .option("--directory <open|exact|off>", "who is found: everybody, exact names, or nobody by name", "open")
    .option("--registration <open|invite|closed>", "who may make an account", "open")
    .option(
      "--retention <time>",
      "how long messages are kept for those who are away, such as 30d or 12h",
      "30d",
    )
    .option("--services <names>", "which services this process offers", serviceNames.join(","))
    .option("--metrics-listen <host:port>", "where metrics, liveness and readiness are asked for")
    .option("--json", "say in JSON why the relay does not start")
    .addHelpText(
      "after",
      "\n`chat relay admin --help`: accounts, invitations and what else an operator does.",
    )
    .allowExcessArguments(false)
    .configureOutput({ writeErr: () => undefined })
    .exitOverride();
  try {
    command.parse(parameters, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return undefined;
    throw usage(error.message.replace(/^error: /, ""));
  }
  const parsed = options.safeParse(command.opts());
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const name = String(issue?.path[0] ?? "").replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    throw usage(`--${name} ${issue?.message ?? "is wrong"}`);
  }
  const { listen, data, databaseUrl, nats, behindProxy, directory, registration, retention } = parsed.data;
  const tls = tlsOf(parsed.data);
  if (tls === undefined && !behindProxy && !isLoopback(listen.host)) {
    throw new StartupError(
      "insecure_listen",
      `Refusing to listen on ${listen.host} without TLS: everybody on the way could read who talks to whom.`,
      "Give --tls self-signed, --tls-cert and --tls-key, or --behind-proxy if a proxy in front of it speaks TLS.",
    );
  }
  const database = databaseUrl === undefined ? undefined : { connectionString: databaseUrl };
  const doors = { directory, registration };
  const { services, metricsListen } = parsed.data;
  if (services.size < serviceNames.length && nats === undefined) {
    throw usage("--services needs --nats: the parts of a relay tell each other over it");
  }
  return {
    ...listen,
    dataFolder: resolve(data),
    database,
    ...(nats && { nats }),
    tls,
    behindProxy,
    doors,
    retentionMs: retention,
    services,
    ...(metricsListen && { metricsListen }),
  };
}

function isNatsUrl(text: string): boolean {
  const url = URL.parse(text);
  const { protocol, hostname, pathname = "", search, hash } = url ?? {};
  return /^(?:nats|tls):$/.test(protocol ?? "") && !!hostname && /^\/?$/.test(pathname) && !search && !hash;
}

function tlsOf({ tls, tlsCert, tlsKey }: z.infer<typeof options>): RelayConfig["tls"] {
  if ((tlsCert === undefined) !== (tlsKey === undefined)) throw usage("--tls-cert and --tls-key go together");
  if (tlsCert === undefined || tlsKey === undefined) return tls;
  if (tls !== undefined) throw usage("--tls self-signed makes its own certificate: leave out --tls-cert");
  return { certPath: tlsCert, keyPath: tlsKey };
}

function usage(message: string): StartupError {
  const sentence = message.charAt(0).toUpperCase() + message.slice(1).replace(/\.$/, "");
  return new StartupError("usage", `${sentence}.`, "See `chat relay --help`.");
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(?:\.\d{1,3}){3}$/.test(host);
}

/** $CHAT_HOME/relay, or in the platform's folder for data. */
export function defaultDataFolder(environment: Readonly<Record<string, string | undefined>>): string {
  const { CHAT_HOME, XDG_DATA_HOME } = environment;
  if (CHAT_HOME) return join(CHAT_HOME, "relay");
  if (process.platform === "darwin")
    return join(homedir(), "Library", "Application Support", "sotto", "relay");
  const base = XDG_DATA_HOME?.startsWith("/") ? XDG_DATA_HOME : join(homedir(), ".local", "share");
  return join(base, "sotto", "relay");
}
