import { once } from "node:events";
import { setFlagsFromString } from "node:v8";
import { readConfig } from "./config.ts";
import { createLogger, describeError } from "./logger.ts";
import { StartupError } from "./startup-error.ts";
import { version } from "./version.ts";

const signals = { SIGTERM: 143, SIGINT: 130, SIGHUP: 129 } as const;

/**
 * `chat relay`: runs until a signal ends it, and resolves with the exit status. The first signal drains, a second one
 * exits at once. One line on stdout when it is ready; logs on stderr, JSON lines. With `admin` in front, what an operator
 * does; with `doctor`, whether all is well.
 */
export async function runRelay(parameters: readonly string[]): Promise<number> {
  try {
    if (parameters[0] === "admin") {
      const { runAdmin } = await import("./admin/run-admin.ts");
      await runAdmin(parameters.slice(1), process.env);
      return 0;
    }
    if (parameters[0] === "doctor") {
      const { runDoctor } = await import("./doctor/run-doctor.ts");
      return await runDoctor(parameters.slice(1), process.env);
    }
    const config = readConfig(parameters, process.env);
    if (config === undefined) return 0;

    const log = createLogger();
    process.on("unhandledRejection", (error) => log.error(describeError(error), "unhandled rejection"));
    process.on("uncaughtException", (error) => {
      log.error(describeError(error), "uncaught exception: the relay ends");
      process.exit(70); // PostgreSQL hears of it from the kernel, or the next start stops it
    });
    const asked = new AbortController();
    for (const [signal, status] of Object.entries(signals)) {
      process.on(signal, () => {
        if (asked.signal.aborted) process.exit(status);
        asked.abort();
      });
    }
    // Whoever started us with a channel takes us along when he ends, in whatever way: the kernel closes it.
    process.once("disconnect", () => asked.abort());

    turnOffPretenuring();
    const { startRelay } = await import("./start-relay.ts"); // help and wrong usage do without
    const relay = await startRelay(config, { log });
    if (!asked.signal.aborted) {
      process.stdout.on("error", () => undefined); // whoever started us may not listen
      process.stdout.write(`relay ready on ${relay.url}\n`);
      log.info({ version }, "ready");
      await once(asked.signal, "abort");
    }
    log.info("draining");
    await relay.stop();
    log.info("stopped");
    return 0;
  } catch (error) {
    if (!(error instanceof StartupError)) throw error;
    const { code, message, hint } = error;
    const asJson = JSON.stringify({ type: "error", code, message, hint, retry_after: null });
    process.stderr.write(parameters.includes("--json") ? `${asJson}\n` : `chat: ${message}\n      ${hint}\n`);
    return error.exitStatus;
  }
}

/**
 * Nothing of a message lives longer than its commit. Where commits were slow, V8 takes what waited for them to be
 * long-lived and puts the next of its kind into the old generation at once, where it keeps all it refers to until the
 * next full collection. Turned off, a busy relay hardly ever stops for one: 0 times in ten seconds instead of 7 to 11.
 */
function turnOffPretenuring(): void {
  setFlagsFromString("--no-allocation-site-pretenuring");
}
