import { createServer } from "node:net";
import type { Logger } from "../relay/logger.ts";

const PORTS_TRIED = 20;
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
  if (await isRelay(url)) return { url, isOurs: false, stop: async () => undefined };
  const [{ readConfig }, { startRelay }] = await Promise.all([
    import("../relay/config.ts"),
    import("../relay/start-relay.ts"),
  ]);
  const config = readConfig(["--listen", `127.0.0.1:${await freePort(port)}`], process.env);
  if (config === undefined) throw new Error("no configuration");
  const relay = await startRelay(config, { log: noLog });
  return { url: relay.url, isOurs: true, stop: () => relay.stop() };
}

async function isRelay(url: string): Promise<boolean> {
  const client = await import("../client/cli/demo-door.ts");
  const { auth, close } = await client.connectAnonymously(client.chooseRelay(url));
  try {
    await auth.getChallenge();
    return true;
  } catch {
    return false;
  } finally {
    close();
  }
}

/** The first port from `first` on that nobody listens on, or 0, which leaves the choice to the system. */
async function freePort(first: number): Promise<number> {
  for (let port = first; port < first + PORTS_TRIED; port += 1) if (await isFree(port)) return port;
  return 0;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
