import { createServer } from "node:net";
import { systemCode } from "../startup-error.ts";
import { bad, type Check, good } from "./check.ts";

/** Whether the relay can listen there, or somebody does. */
export async function checkListen({ host, port }: { host: string; port: number }): Promise<Check> {
  const place = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  const server = createServer();
  const problem = await new Promise<string | undefined>((resolve) => {
    server.once("error", (error) => resolve(systemCode(error) ?? "unknown reason"));
    server.listen({ host, port }, () => resolve(undefined));
  });
  await new Promise((resolve) => server.close(resolve));
  if (problem === undefined) return good("listen", `${place} is free`);
  if (problem === "EADDRINUSE") return good("listen", `something listens on ${place}: the relay, if it runs`);
  const hint =
    problem === "EACCES"
      ? "Ports below 1024 are for root: choose a higher one."
      : "Check --listen HOST:PORT.";
  return bad("listen", "cannot_listen", `cannot listen on ${place} (${problem})`, hint);
}
