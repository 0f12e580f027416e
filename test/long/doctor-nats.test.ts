// What `chat relay doctor` says of a real NATS server, and of relays that run over it.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Check, CheckName } from "../../relay/doctor/check.ts";
import { examine } from "../../relay/doctor/examine.ts";
import { parseLines } from "../support/chat.ts";
import { describeWith } from "../support/debian-programs.ts";
import { type NatsServer, startNats } from "../support/nats.ts";
import { runChatRelay, type SpawnedRelay, spawnRelay } from "../support/relay.ts";

describeWith(["nats-server"], "chat relay doctor", () => {
  let nats: NatsServer;
  let relay: SpawnedRelay;

  beforeAll(async () => {
    nats = await startNats();
    relay = await spawnRelay({ parameters: ["--nats", nats.url] });
  });
  afterAll(async () => {
    await relay?.stop();
    await nats?.stop();
  });

  async function finding(name: CheckName, flags: Record<string, string>): Promise<Check | undefined> {
    for await (const check of examine({ flags, environment: { CHAT_HOME: relay.folder } })) {
      if (check.name === name) return check;
    }
    return undefined;
  }

  test("a server that answers is well, and one of two that does not is told", async () => {
    expect(await finding("nats", { nats: nats.url })).toMatchObject({
      ok: true,
      detail: "1 server reachable",
    });
    const two = `${nats.url},nats://me:sesame@127.0.0.1:1`;
    const check = await finding("nats", { nats: two });
    expect(check).toMatchObject({ ok: false, code: null });
    expect(check?.detail).toContain("nats://me:***@127.0.0.1:1");
  });

  test("a relay over NATS is known for one, and all is well", async () => {
    const { host } = new URL(relay.url);
    const parameters = ["doctor", "--json", "--data", relay.folder, "--listen", host, "--nats", nats.url];
    const { code, stdout } = await runChatRelay(parameters).finished;
    const checks = parseLines(stdout);
    expect(checks.filter(({ ok }) => ok !== true)).toEqual([]);
    expect(code).toBe(0);
    expect(checks.find(({ name }) => name === "relays")?.["detail"]).toMatch(
      /^1 relay runs on this database/,
    );
    const without = await runChatRelay(parameters.slice(0, -2)).finished;
    expect(without.code).toBe(0);
  });
});
