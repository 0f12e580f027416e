// One relay in four processes, each with one service, behind the proxy of deploy/nginx.conf: what people do with a relay
// works as with one process, each process has a health of its own, and one that restarts takes nobody with it.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type Client, type ServiceError, status } from "@grpc/grpc-js";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { Health, HealthCheckResponse_ServingStatus } from "../../proto/gen/grpc/health/v1/health_pb.ts";
import { AuthService } from "../../proto/gen/sotto/relay/v1/auth_pb.ts";
import { callUnary } from "../../proto/grpc.ts";
import { type ServiceName, serviceNames } from "../../relay/service-names.ts";
import { newcomer, type Person, registered } from "../support/chat.ts";
import { describeWith } from "../support/debian-programs.ts";
import { follow } from "../support/follow.ts";
import { dial } from "../support/member.ts";
import { type NatsServer, startNats } from "../support/nats.ts";
import { catchUp, say, textsOf } from "../support/person.ts";
import { type FreshDatabase, freshDatabase, urlOf } from "../support/postgres.ts";
import { startProxy, type TestProxy } from "../support/proxy.ts";
import { type RelayPart, startRelayPart } from "../support/relay-part.ts";

/** In deploy/upstreams/split.conf. */
const addresses: Readonly<Record<ServiceName, string>> = {
  auth: "127.0.0.1:7451",
  directory: "127.0.0.1:7452",
  groups: "127.0.0.1:7453",
  messaging: "127.0.0.1:7454",
};
const fullNames: Readonly<Record<ServiceName, string>> = {
  auth: "sotto.relay.v1.AuthService",
  directory: "sotto.relay.v1.DirectoryService",
  groups: "sotto.relay.v1.GroupsService",
  messaging: "sotto.relay.v1.MessagingService",
};

describeWith(["nginx", "nats-server"], "a relay in four processes", ({ nginx }) => {
  let folder: string;
  let fresh: FreshDatabase;
  let nats: NatsServer;
  let proxy: TestProxy;
  let parts: Record<ServiceName, RelayPart>;
  let alice: Person;
  let bob: Person;
  let carol: Person;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "sotto-split-"));
    [fresh, nats] = await Promise.all([freshDatabase({ empty: true }), startNats()]);
    // All at once, on a database and in a folder where nothing is yet.
    const shared = { folder, databaseUrl: urlOf(fresh.connection), natsUrl: nats.url };
    const started = await Promise.all(
      serviceNames.map(async (name) => [name, await startRelayPart({ ...shared, services: name })] as const),
    );
    parts = Object.fromEntries(started) as Record<ServiceName, RelayPart>;
    const ports = started.map(([name, { port }]) => [addresses[name], port]);
    proxy = await startProxy(nginx, "split", Object.fromEntries(ports));
    [alice, bob, carol] = await Promise.all([
      registered("alice", proxy.url),
      registered("bob", proxy.url),
      registered("carol", proxy.url),
    ]);
  }, 180_000);
  afterAll(async () => {
    await Promise.all([alice, bob, carol].map((person) => person?.leave()));
    await proxy?.stop();
    await Promise.all(Object.values(parts ?? {}).map((part) => part.end()));
    await nats?.stop();
    await fresh?.drop();
    await rm(folder, { recursive: true, force: true });
  });

  function dialPart(service: ServiceName): Client {
    const client = dial(`http://127.0.0.1:${parts[service].port}`);
    onTestFinished(() => client.close());
    return client;
  }

  /** A further machine of that person's. */
  async function further(owner: Person): Promise<Person> {
    const machine = await newcomer(owner.name, proxy.url);
    onTestFinished(() => machine.leave());
    const secrets = ["--password-file", owner.passwordFile, "--recovery-file", owner.recoveryFile];
    await machine.ok(["login", owner.name, ...secrets]);
    return machine;
  }

  test("each process serves what it is for and nothing else, and says how it is", async () => {
    const { SERVING } = HealthCheckResponse_ServingStatus;
    for (const name of serviceNames) {
      const client = dialPart(name);
      expect(await callUnary(client, Health.method.check, {})).toMatchObject({ status: SERVING });
      expect(await callUnary(client, Health.method.check, { service: fullNames[name] })).toMatchObject({
        status: SERVING,
      });
      for (const other of serviceNames.filter((each) => each !== name)) {
        const asked = callUnary(client, Health.method.check, { service: fullNames[other] });
        await expect(asked).rejects.toMatchObject({ code: status.NOT_FOUND });
      }
      const answer = await fetch(`http://127.0.0.1:${parts[name].metricsPort}/readyz`);
      expect(answer.status).toBe(200);
    }
    const elsewhere = callUnary(dialPart("messaging"), AuthService.method.getChallenge, {});
    await expect(elsewhere).rejects.toSatisfy(({ code }: ServiceError) => code === status.UNIMPLEMENTED);
  });

  test("two people write to each other, and a tail shows what comes while it runs", async () => {
    await alice.ok(["send", "bob", "first"]);
    await bob.ok(["send", "alice", "second"]);
    expect(await textsOf(alice, "bob")).toEqual(["alice: first", "bob: second"]);
    const follower = await follow(bob, alice);
    await alice.ok(["send", "bob", "third"]);
    await follower.shows(1);
    await follower.end();
    expect(follower.texts()).toEqual(["third"]);
  });

  test("who registers at one process is seen at once by who watches at another", async () => {
    const watching = alice.start(["people", "--watch", "--json"]);
    await watching.until((lines) => lines.length >= 3);
    const dave = await registered("dave", proxy.url);
    onTestFinished(() => dave.leave());
    await watching.until((lines) => lines.some((line) => line.includes('"dave"')), 10_000);
    await watching.kill("SIGINT");
  });

  test("a group: invited, accepted, written to, edited, voted on; who is removed is out", async () => {
    await alice.ok(["group", "create", "ops", "bob", "carol"]);
    for (const each of [bob, carol]) {
      await catchUp(each);
      await each.ok(["group", "accept", "ops"]);
    }
    const [draft] = await alice.json(["send", "#ops", "first draft"]);
    const id = String(draft?.["id"]);
    await alice.ok(["edit", id, "second draft"]);
    await catchUp(bob);
    await bob.ok(["vote", id, "up"]);
    await say(carol, "#ops", "fine by me");
    await catchUp(bob);
    for (const each of [alice, bob, carol]) {
      expect(await textsOf(each, "#ops")).toEqual(["alice: second draft", "carol: fine by me"]);
      const [voted] = await each.json(["read", "#ops", "-n", "100"]);
      expect(voted).toMatchObject({ edited: true, votes: { up: 1 } });
    }
    const follows = carol.start(["tail", "#ops", "--json"]);
    await pause(1_500);
    await alice.ok(["group", "remove", "ops", "carol"]);
    await alice.ok(["send", "#ops", "without carol"]);
    expect((await carol.chat(["send", "#ops", "still here?"])).code).toBe(77);
    const { stdout } = await follows.kill("SIGINT");
    expect(stdout).not.toContain("without carol");
    expect((await textsOf(bob, "#ops")).at(-1)).toBe("alice: without carol");
  }, 120_000);

  test("a further device has what is sent from then on; revoked, it is cut off where it is connected", async () => {
    const laptop = await further(bob);
    await alice.ok(["send", "bob", "for both machines"]);
    for (const machine of [bob, laptop]) {
      expect((await textsOf(machine, "alice")).at(-1)).toBe("alice: for both machines");
    }
    const tail = laptop.start(["tail"]);
    await pause(1_500);
    const devices = await laptop.json(["devices"]);
    const own = devices.find((device) => device["current"] === true);
    await bob.ok(["devices", "revoke", String(own?.["id"])]);
    const ended = await tail.finished;
    expect(ended.code, ended.stderr).toBe(77);
    expect((await laptop.chat(["send", "alice", "let me in"])).code).toBe(77);
  }, 120_000);

  test("whichever process restarts while clients are at work, they wait for it or do without, and nothing is lost", async () => {
    const follower = await follow(bob, alice);
    const sent: string[] = [];
    for (const name of serviceNames) {
      await parts[name].end();
      // Kept here if it cannot go out now.
      const { code, stderr } = await alice.chat(["send", "bob", `without ${name}`]);
      expect([0, 69], stderr).toContain(code);
      await parts[name].startAgain();
      await alice.ok(["send", "bob", `with ${name} again`], { timeout: 60_000 });
      sent.push(`without ${name}`, `with ${name} again`);
      await follower.shows(sent.length);
    }
    await follower.end();
    expect(follower.texts()).toEqual(sent);
    const late = await registered("erin", proxy.url);
    onTestFinished(() => late.leave());
    await late.ok(["send", "bob", "all is back"]);
    expect((await textsOf(bob, "erin")).at(-1)).toBe("erin: all is back");
  }, 240_000);
});
