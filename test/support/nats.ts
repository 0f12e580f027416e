import { spawn } from "node:child_process";
import { once } from "node:events";
import { findProgram } from "./debian-programs.ts";
import { freePort } from "./free-port.ts";

/** A nats-server of one's own, on a port of this machine. */
export interface NatsServer {
  readonly url: string;
  readonly port: number;
  pid(): number | undefined;
  /** `kill -9`. */
  kill(): Promise<void>;
  /** On the same port; resolves when it listens. */
  startAgain(): Promise<void>;
  stop(): Promise<void>;
}

export async function startNats(): Promise<NatsServer> {
  const path = findProgram("nats-server");
  if (path === undefined) throw new Error("no nats-server here: .ci/debian-programs installs it");
  const port = await freePort();
  const start = async () => {
    const child = spawn(path, ["--addr", "127.0.0.1", "--port", `${port}`], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    let words = "";
    await new Promise<void>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", () => reject(new Error(`nats-server ended: ${words}`)));
      child.stderr.setEncoding("utf8").on("data", (text: string) => {
        words = (words + text).slice(-4_000);
        if (text.includes("Server is ready")) resolve();
      });
    });
    return child;
  };
  let child = await start();
  const kill = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, "exit");
    child.kill(signal);
    await exit;
  };
  return {
    url: `nats://127.0.0.1:${port}`,
    port,
    pid: () => child.pid,
    kill: () => kill("SIGKILL"),
    startAgain: async () => {
      await kill("SIGKILL");
      child = await start();
    },
    stop: () => kill("SIGTERM"),
  };
}
