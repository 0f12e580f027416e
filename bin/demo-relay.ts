import type { Logger } from "../relay/logger.ts";

const silent = (): void => undefined;
const noLog: Logger = { debug: silent, info: silent, warn: silent, error: silent };

export interface DemoRelay {
  readonly url: string;
  /** Somebody else's, that was running already, is left running. */
  readonly isOurs: boolean;
  stop(): Promise<void>;
}

/**
 * The relay that runs where one is expected, or else one that is started here, in the usual data folder. It lives in this
 * process, so that it cannot outlive it. Throws the relay's StartupError.
 */
export async function demoRelay(): Promise<DemoRelay> {
  const client = await import("../client/cli/demo-door.ts");
  const { url, port } = client.chooseRelay(process.env["CHAT_RELAY"] || undefined);
  if (await client.relayAnswers(url)) return { url, isOurs: false, stop: async () => undefined };
  const [{ readConfig }, { startRelay }] = await Promise.all([
    import("../relay/config.ts"),
    import("../relay/start-relay.ts"),
  ]);
  const config = readConfig(["--listen", `127.0.0.1:${await client.freePort(port)}`], process.env);
  if (config === undefined) throw new Error("no configuration");
  const relay = await startRelay(config, { log: noLog });
  return { url: relay.url, isOurs: true, stop: () => relay.stop() };
}
