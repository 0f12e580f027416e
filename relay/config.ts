import { resolve } from "node:path";
import { Command } from "commander";
import type { ClientConfig } from "pg";
import { parseWith, withOptions } from "./config/command.ts";
import { type Environment, type OptionValues, optionNames } from "./config/options.ts";
import { printSettings, settingObjects } from "./config/print.ts";
import { gatherSettings, placeOf, readValues, type Settings, usage } from "./config/settings.ts";
import type { Doors } from "./doors.ts";
import { type ServiceName, serviceNames } from "./service-names.ts";
import { StartupError } from "./startup-error.ts";

/** What command line, environment and file say together, read once. */
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

/**
 * The parameters after `chat relay`, with what environment and file say. Undefined when help was asked for and given, or
 * what holds. Throws StartupError `usage`.
 */
export function readConfig(parameters: readonly string[], environment: Environment): RelayConfig | undefined {
  const command = relayCommand(environment).addHelpText("after", after);
  if (!parseWith(command, parameters)) return undefined;
  const flags = command.opts<Record<string, string | boolean>>();
  const settings = gatherSettings({ flags, environment });
  const config = configOf(settings);
  if (flags["printConfig"] !== true) return config;
  const shown =
    flags["json"] === true
      ? settingObjects(settings)
          .map((one) => JSON.stringify(one))
          .join("\n")
      : printSettings(settings);
  process.stdout.write(`${shown}\n`);
  return undefined;
}

/** What `chat relay` takes, beside its subcommands. */
export function relayCommand(environment: Environment): Command {
  return withOptions(new Command("chat relay"), environment)
    .description("Run a relay: it stores and forwards ciphertext.")
    .option("--print-config", "say what holds and who has said so, without passwords, and run nothing")
    .option("--json", "say in JSON why the relay does not start");
}

const after = `
Each option can be said in the environment, too, --database-url as SOTTO_RELAY_DATABASE_URL, and so it stands in the
file of --config. A flag counts before the environment, and that before the file.

\`chat relay doctor --help\`: whether all that a relay needs is there.
\`chat relay admin --help\`: accounts, invitations and what else an operator does.`;

/** Throws StartupError `usage` and `insecure_listen`. */
export function configOf(settings: Settings): RelayConfig {
  const values = readValues(settings, optionNames);
  const { listen, data, databaseUrl, nats, behindProxy, directory, registration, retention } = values;
  const { services, metricsListen } = values;
  const tls = tlsOf(values, settings);
  if (tls === undefined && !behindProxy && !isLoopback(listen.host)) {
    throw new StartupError(
      "insecure_listen",
      `Refusing to listen on ${listen.host} without TLS: everybody on the way could read who talks to whom.`,
      "Give --tls self-signed, --tls-cert and --tls-key, or --behind-proxy if a proxy in front of it speaks TLS.",
    );
  }
  const named = settings.get("services");
  if (services.size < serviceNames.length && named !== undefined) {
    if (nats === undefined) {
      throw usage(`${placeOf(named)} needs --nats: the parts of a relay tell each other over it`);
    }
    if (databaseUrl === undefined) {
      throw usage(`${placeOf(named)} needs --database-url: the parts of a relay share one PostgreSQL`);
    }
  }
  return {
    ...listen,
    dataFolder: resolve(data),
    database: databaseOf(databaseUrl),
    ...(nats && { nats }),
    tls,
    behindProxy,
    doors: { directory, registration },
    retentionMs: retention,
    services,
    ...(metricsListen && { metricsListen }),
  };
}

/** Where a relay keeps what it has: what whoever works on it from outside has to know. Throws StartupError `usage`. */
export function relayPlaceOf(settings: Settings): Pick<RelayConfig, "dataFolder" | "database"> {
  const { data, databaseUrl } = readValues(settings, ["data", "databaseUrl"]);
  return { dataFolder: resolve(data), database: databaseOf(databaseUrl) };
}

function databaseOf(url: string | undefined): ClientConfig | undefined {
  return url === undefined ? undefined : { connectionString: url };
}

function tlsOf({ tls, tlsCert, tlsKey }: OptionValues, settings: Settings): RelayConfig["tls"] {
  if (tlsCert === undefined && tlsKey === undefined) return tls;
  if (tlsCert === undefined || tlsKey === undefined) {
    const alone = settings.get(tlsCert === undefined ? "tlsKey" : "tlsCert");
    throw usage(`--tls-cert and --tls-key go together${alone ? `: ${placeOf(alone)} stands alone` : ""}`);
  }
  if (tls !== undefined) throw usage("--tls self-signed makes its own certificate: leave out --tls-cert");
  return { certPath: tlsCert, keyPath: tlsKey };
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(?:\.\d{1,3}){3}$/.test(host);
}
