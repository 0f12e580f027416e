// What an idle stream costs in grpc-js and Node's HTTP/2 alone: a server that does nothing with it.
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LoadProcess } from "./load-process.ts";
import { residentAfterCollection } from "./memory.ts";

export interface IdleFloorSetup {
  readonly streams: number;
  /** 0: each stream has its own. */
  readonly connections: number;
  readonly tls: boolean;
  readonly window: number;
}

/** Resident bytes of a stream. */
export async function idleFloor({ tls, ...setup }: IdleFloorSetup): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "sotto-echo-"));
  const server = fork(new URL("./echo-server.ts", import.meta.url), tls ? [folder] : [], {
    execArgv: [...process.execArgv, "--inspect=127.0.0.1:0"],
    stdio: ["inherit", "inherit", "pipe", "ipc"],
  });
  const load = new LoadProcess();
  try {
    let said = "";
    server.stderr?.on("data", (piece: Buffer) => {
      said += piece.toString();
    });
    const [port] = await once(server, "message");
    const [, inspector] = /Debugger listening on (ws:\S+)/.exec(said) ?? [];
    if (inspector === undefined) throw new Error("the echo is not inspected");
    const resident = () => residentAfterCollection(inspector, server.pid ?? 0);
    const before = await resident();
    await load.ask("hold", { ...setup, url: `${tls ? "https" : "http"}://127.0.0.1:${port}` });
    return ((await resident()) - before) / setup.streams;
  } finally {
    await load.end();
    server.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  }
}
