import { copyFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { secretsPath } from "../../relay/secrets.ts";
import { freePort } from "../../test/support/free-port.ts";
import { type SpawnedRelay, spawnRelay } from "../../test/support/relay.ts";
import { type RelayCounts, readCounts } from "./relay-metrics.ts";
import type { Settings } from "./settings.ts";

/** What V8 lets it grow to by itself. */
const SEMI_SPACE_MB = 16;

export interface RelayOptions {
  readonly tls?: boolean;
  /** Let `inspector` be there. */
  readonly inspected?: boolean;
  /** V8 grows and shrinks the young generation by up to 32 MB as it sees fit: keep it as large as it gets. */
  readonly evenYoung?: boolean;
  readonly nats?: string;
  /** It joins this one: the same database, the same secrets. */
  readonly beside?: RelayProcess;
}

/** A `chat relay` process that shows its metrics. */
export class RelayProcess {
  readonly spawned: SpawnedRelay;
  readonly #metricsPort: number;
  /** Of one that has joined another. */
  readonly #ownFolder: string | undefined;

  private constructor(spawned: SpawnedRelay, metricsPort: number, ownFolder: string | undefined) {
    this.spawned = spawned;
    this.#metricsPort = metricsPort;
    this.#ownFolder = ownFolder;
  }

  static async start(
    { profileFolder }: Settings,
    { tls, inspected, evenYoung, nats, beside }: RelayOptions,
  ): Promise<RelayProcess> {
    const metricsPort = await freePort();
    const nodeOptions = [
      ...(profileFolder === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profileFolder}`]),
      ...(inspected ? ["--inspect=127.0.0.1:0"] : []),
      ...(evenYoung
        ? [`--min-semi-space-size=${SEMI_SPACE_MB}`, `--max-semi-space-size=${SEMI_SPACE_MB}`]
        : []),
    ];
    const ownFolder = beside && (await mkdtemp(join(tmpdir(), "sotto-relay-beside-")));
    const joining: string[] = [];
    if (beside !== undefined && ownFolder !== undefined) {
      await copyFile(secretsPath(beside.spawned.folder), secretsPath(ownFolder));
      // The later --data counts.
      joining.push("--data", ownFolder, "--database-url", await beside.databaseUrl());
    }
    const spawned = await spawnRelay({
      sources: true,
      fresh: true,
      parameters: [
        ...["--metrics-listen", `127.0.0.1:${metricsPort}`],
        ...(tls ? ["--tls", "self-signed"] : []),
        ...(nats === undefined ? [] : ["--nats", nats]),
        ...joining,
      ],
      nodeOptions,
    });
    return new RelayProcess(spawned, metricsPort, ownFolder);
  }

  get url(): string {
    return this.spawned.url;
  }

  get pid(): number {
    return this.spawned.process.process.pid ?? 0;
  }

  /** The address of its inspector. */
  get inspector(): string {
    const [, address] = /Debugger listening on (ws:\S+)/.exec(this.spawned.log()) ?? [];
    if (address === undefined) throw new Error("the relay is not inspected");
    return address;
  }

  /** Of its embedded PostgreSQL. */
  async databaseUrl(): Promise<string> {
    const home = join(this.spawned.folder, "postgres");
    const password = (await readFile(join(home, "password"), "utf8")).trim();
    return `postgres://sotto:${password}@/postgres?host=${encodeURIComponent(home)}`;
  }

  async counts(): Promise<RelayCounts> {
    const answer = await fetch(`http://127.0.0.1:${this.#metricsPort}/metrics`);
    return readCounts(await answer.text());
  }

  async stop(): Promise<void> {
    await this.spawned.stop();
    if (this.#ownFolder !== undefined) await rm(this.#ownFolder, { recursive: true, force: true });
  }
}
