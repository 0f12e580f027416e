// Two relays with all services behind the proxy of deploy/nginx.conf, as in deploy/compose.yaml: one may go at any time.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Person, registered } from "../support/chat.ts";
import { describeWith } from "../support/debian-programs.ts";
import { follow } from "../support/follow.ts";
import { type NatsServer, startNats } from "../support/nats.ts";
import { acquaint } from "../support/person.ts";
import { type FreshDatabase, freshDatabase, urlOf } from "../support/postgres.ts";
import { startProxy, type TestProxy } from "../support/proxy.ts";
import { type RelayPart, startRelayPart } from "../support/relay-part.ts";

describeWith(["nginx", "nats-server"], "two relays behind the proxy", ({ nginx }) => {
  let folder: string;
  let fresh: FreshDatabase;
  let nats: NatsServer;
  let relays: RelayPart[];
  let proxy: TestProxy;
  let alice: Person;
  let bob: Person;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "sotto-together-"));
    [fresh, nats] = await Promise.all([freshDatabase({ empty: true }), startNats()]);
    const shared = { folder, databaseUrl: urlOf(fresh.connection), natsUrl: nats.url };
    const [one, other] = await Promise.all([startRelayPart(shared), startRelayPart(shared)]);
    relays = [one, other];
    // In deploy/upstreams/together.conf.
    const ports = { "172.30.74.11:7443": one.port, "172.30.74.12:7443": other.port };
    proxy = await startProxy(nginx, "together", ports);
    [alice, bob] = await Promise.all([registered("alice", proxy.url), registered("bob", proxy.url)]);
    await acquaint(alice, bob);
  }, 120_000);
  afterAll(async () => {
    await Promise.all([alice?.leave(), bob?.leave()]);
    await proxy?.stop();
    await Promise.all((relays ?? []).map((relay) => relay.end()));
    await nats?.stop();
    await fresh?.drop();
    await rm(folder, { recursive: true, force: true });
  });

  async function devicesLiveAt({ metricsPort }: RelayPart): Promise<number> {
    const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
    return Number(/^sotto_relay_devices_live (\d+)$/m.exec(text)?.[1]);
  }

  test("streams are spread over both", async () => {
    const tails = [alice, bob].map((person) => person.start(["tail"]));
    await expect.poll(() => Promise.all(relays.map(devicesLiveAt)), { timeout: 15_000 }).toEqual([1, 1]);
    await Promise.all(tails.map((tail) => tail.kill("SIGINT")));
  });

  test.each(["SIGTERM", "SIGKILL"] as const)(
    "either of them may end by %s: whoever writes and whoever follows goes on at the other",
    async (signal) => {
      const follower = await follow(bob, alice);
      const sent: string[] = [];
      for (const [n, relay] of relays.entries()) {
        const sending = alice.chat(["send", "bob", `${signal}: relay ${n} ends`], { timeout: 60_000 });
        await relay.end(signal);
        // Kept here, if it was cut off in the middle of it.
        expect([0, 69]).toContain((await sending).code);
        await alice.ok(["send", "bob", `${signal}: without relay ${n}`]);
        sent.push(`${signal}: relay ${n} ends`, `${signal}: without relay ${n}`);
        await follower.shows(sent.length);
        await relay.startAgain();
      }
      await follower.end();
      expect(follower.texts()).toEqual(sent);
    },
    120_000,
  );
});
