// One of several `chat relay` processes on one database and one data folder, behind a proxy.
import type { Running } from "./chat.ts";
import { freePort } from "./free-port.ts";
import { runChatRelay } from "./relay.ts";

export interface RelayPart {
  readonly port: number;
  readonly metricsPort: number;
  /** Ends it in good order, or by `kill -9`. */
  end(signal?: "SIGTERM" | "SIGKILL"): Promise<void>;
  /** On the same ports; waits until it is ready. */
  startAgain(): Promise<void>;
}

export interface RelayPartOptions {
  /** What they share. */
  readonly folder: string;
  readonly databaseUrl: string;
  readonly natsUrl: string;
  /** As --services; absent: all. */
  readonly services?: string;
}

export async function startRelayPart(options: RelayPartOptions): Promise<RelayPart> {
  const { folder, databaseUrl, natsUrl, services } = options;
  const [port, metricsPort] = [await freePort(), await freePort()];
  const start = async (): Promise<Running> => {
    const running = runChatRelay(["--data", folder, "--behind-proxy"], {
      env: {
        SOTTO_RELAY_LISTEN: `127.0.0.1:${port}`,
        SOTTO_RELAY_METRICS_LISTEN: `127.0.0.1:${metricsPort}`,
        SOTTO_RELAY_DATABASE_URL: databaseUrl,
        SOTTO_RELAY_NATS: natsUrl,
        ...(services !== undefined && { SOTTO_RELAY_SERVICES: services }),
      },
    });
    await running.until((lines) => lines.length > 0);
    return running;
  };
  let running = await start();
  return {
    port,
    metricsPort,
    end: async (signal = "SIGTERM") => {
      await running.kill(signal);
    },
    startAgain: async () => {
      running = await start();
    },
  };
}
