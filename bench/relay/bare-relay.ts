// F4: the least that a relay in grpc-js before PostgreSQL does for two who write to each other, measured after each
// stretch at the same pace. It stores rows durably and in batches, says so, and passes them on; whom it serves it does not
// ask, nor what, nor how much, and it hashes nothing. What it does not reach, the machine hardly had to give just then.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Processors } from "./cpu.ts";
import type { Installation } from "./installation.ts";
import { LoadProcess } from "./load-process.ts";
import type { DeviceSetup, FleetSetup } from "./load-protocol.ts";
import type { RelayCounts } from "./relay-metrics.ts";
import type { Subject } from "./throughput.ts";

export interface BareSetup {
  readonly databaseUrl: string;
  readonly devices: readonly { readonly token: string; readonly conversationId: Uint8Array }[];
  /** For a certificate; without it there is no TLS. */
  readonly tlsFolder: string | undefined;
}

export interface BareOptions extends Pick<FleetSetup, "connections" | "window"> {
  readonly tls: boolean;
}

export class BareRelay implements Subject {
  readonly load = new LoadProcess();
  readonly #installation: Installation;
  readonly #process: ChildProcess;
  readonly #tlsFolder: string | undefined;

  private constructor(installation: Installation, process: ChildProcess, tlsFolder: string | undefined) {
    this.#installation = installation;
    this.#process = process;
    this.#tlsFolder = tlsFolder;
  }

  /** For devices in one conversation each, on the PostgreSQL of this installation. */
  static async start(
    installation: Installation,
    devices: readonly DeviceSetup[],
    { tls, connections, window }: BareOptions,
  ): Promise<BareRelay> {
    const tlsFolder = tls ? await mkdtemp(join(tmpdir(), "sotto-bare-")) : undefined;
    const child = fork(new URL("./bare-relay-process.ts", import.meta.url), { serialization: "advanced" });
    const bare = new BareRelay(installation, child, tlsFolder);
    try {
      const setup: BareSetup = {
        databaseUrl: await installation.relay.databaseUrl(),
        devices: devices.flatMap(({ token, logs: [log] }) =>
          log === undefined ? [] : { token, conversationId: log.conversationId },
        ),
        tlsFolder,
      };
      child.send(setup);
      const [port] = await once(child, "message");
      const url = `${tls ? "https" : "http"}://127.0.0.1:${port}`;
      await bare.load.ask("open", { urls: [url], devices, connections, window });
      await bare.load.ask("prime");
      return bare;
    } catch (error) {
      await bare.end();
      throw error;
    }
  }

  countProcessors(): () => Processors {
    return this.#installation.countProcessors({ relays: [this.#process.pid ?? 0], load: this.load.pid });
  }

  /** It counts nothing. */
  async countRelays(): Promise<() => Promise<RelayCounts>> {
    return async () => ({ statements: 0, rowsStored: 0, batches: 0 });
  }

  async end(): Promise<void> {
    await this.load.end();
    this.#process.kill("SIGKILL");
    if (this.#tlsFolder !== undefined) await rm(this.#tlsFolder, { recursive: true, force: true });
  }
}
