import { setTimeout as pause } from "node:timers/promises";
import { maskUrl } from "../config/mask.ts";
import { tryNats } from "../fanout/nats-link.ts";
import { bad, type Check, count, good, wordsFor } from "./check.ts";

const PATIENCE_MS = 5_000;

/** Whether each server lets us in and answers. */
export async function checkNats(servers: readonly string[] | undefined): Promise<Check> {
  if (servers === undefined) return good("nats", "not used: for one relay none is needed");
  const answers = await Promise.all(servers.map(answerOf));
  const problems = answers.filter((answer) => answer !== undefined);
  const reachable = servers.length - problems.length;
  if (problems.length === 0) return good("nats", `${count(servers.length, "server")} reachable`);
  const hint =
    "Check --nats and the servers. Without NATS mail between relays takes up to two seconds; none is lost.";
  const detail = problems.join("; ");
  return bad("nats", reachable === 0 ? "nats_unreachable" : null, detail, hint);
}

/** What is wrong with it. */
async function answerOf(server: string): Promise<string | undefined> {
  const patience = new AbortController();
  try {
    await Promise.race([
      tryNats(server),
      pause(PATIENCE_MS, undefined, { signal: patience.signal }).then(() => {
        throw new Error("no answer");
      }),
    ]);
    return undefined;
  } catch (error) {
    return `${maskUrl(server)}: ${wordsFor(error)}`;
  } finally {
    patience.abort();
  }
}
