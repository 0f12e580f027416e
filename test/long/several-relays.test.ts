// Several relays that are one service: real processes on one PostgreSQL with a real nats-server between them, each way
// to it over a wire that can be bad. People sit at different relays.
import { chmodSync, mkdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { create } from "@bufbuild/protobuf";
import type { ServiceError } from "@grpc/grpc-js";
import { connect as dialNats } from "@nats-io/transport-node";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { ConnectRequestSchema, MessagingService } from "../../proto/gen/sotto/relay/v1/messaging_pb.ts";
import { openStream } from "../../proto/grpc.ts";
import { type EmbeddedPostgres, startEmbedded } from "../../relay/db/embedded.ts";
import { encodeClaim, encodeForRelays } from "../../relay/fanout/wire.ts";
import { layWire, type Wire } from "../faults/wire.ts";
import { newcomer, type Person, parseLines, type Running, registered } from "../support/chat.ts";
import { describeWith } from "../support/debian-programs.ts";
import { silent } from "../support/log.ts";
import { dial, joinRelay, type Member, reasonIn } from "../support/member.ts";
import { type NatsServer, startNats } from "../support/nats.ts";
import { acquaint, person } from "../support/person.ts";
import { bringPostgres } from "../support/postgres.ts";
import { type SpawnedRelay, spawnRelay } from "../support/relay.ts";

const portOf = ({ url }: { url: string }): number => Number(new URL(url).port);
const everybody: Person[] = [];

/** A `chat tail --json` that listens already. */
class Tail {
  readonly #running: Running;

  constructor(running: Running) {
    this.#running = running;
  }

  messages(): Record<string, unknown>[] {
    return this.events().filter(({ type }) => type === "message");
  }

  events(): Record<string, unknown>[] {
    return parseLines(this.#running.lines().join("\n"));
  }

  texts(): string[] {
    return this.messages().map(({ text }) => String(text));
  }

  async has(text: string, timeout = 30_000): Promise<void> {
    await this.#running.until(() => this.texts().includes(text), timeout);
  }

  kill(): Promise<unknown> {
    return this.#running.kill("SIGINT");
  }
}

/** Who follows hears of what others say from now on: `from` has said something that came through. */
async function follow(someone: Person, from: Person, extra: string[] = []): Promise<Tail> {
  const running = someone.start(["tail", "--json", ...extra]);
  const tail = new Tail(running);
  for (let probes = 0; probes < 40 && !tail.texts().includes("there?"); probes += 1) {
    await from.ok(["send", someone.name, "there?"]);
    await pause(200);
  }
  await tail.has("there?");
  return tail;
}

describeWith(["nats-server"], "two relays with NATS between them", () => {
  let folder: string;
  let postgres: EmbeddedPostgres;
  let nats: NatsServer;
  let wires: Wire[];
  let relays: SpawnedRelay[];
  let [alice, laptop, bob]: Person[] = [];
  let front: Wire;

  const made = (someone: Person): Person => {
    everybody.push(someone);
    return someone;
  };
  const who = () => {
    if (alice === undefined || bob === undefined || laptop === undefined) throw new Error("not set up");
    return { alice, bob, laptop };
  };
  const at = (place: number): SpawnedRelay => {
    const relay = relays[place];
    if (relay === undefined) throw new Error(`no relay ${place}`);
    return relay;
  };
  const metric = async (place: number, name: string): Promise<number> => {
    const text = await (await fetch(`${metricsOf(at(place))}/metrics`)).text();
    const values = text
      .split("\n")
      .filter((line) => line.startsWith(`sotto_relay_${name}`))
      .map((line) => Number(line.split(" ").at(-1)));
    return values.reduce((sum, value) => sum + value, 0);
  };
  const metricsOf = (relay: SpawnedRelay): string => {
    const line = relay
      .log()
      .split("\n")
      .findLast((one) => one.includes("metrics are served"));
    return String(JSON.parse(line ?? "{}").url);
  };
  /** All relays hear each other, so that none asks the database. */
  const calm = async (): Promise<void> => {
    for (let quiet = 0; quiet < 2; ) {
      const before = (await metric(0, "polls_total")) + (await metric(1, "polls_total"));
      await pause(2_000);
      const after = (await metric(0, "polls_total")) + (await metric(1, "polls_total"));
      quiet = before === after ? quiet + 1 : 0;
    }
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "sotto-several-"));
    chmodSync(folder, 0o755);
    const store = join(folder, "store");
    mkdirSync(store, { mode: 0o755 });
    await bringPostgres(store);
    postgres = await startEmbedded(store, silent);
    nats = await startNats();
    wires = [await layWire(nats.port), await layWire(nats.port)];
    const { host = "", user, password } = postgres.connection;
    const data = join(folder, "relay");
    mkdirSync(data, { mode: 0o700 });
    const url = `postgres://${user}:${password}@${encodeURIComponent(host)}:5432/postgres`;
    const start = (wire: Wire) => {
      const bus = `nats://127.0.0.1:${wire.port}`;
      const parameters = ["--database-url", url, "--nats", bus, "--metrics-listen", "127.0.0.1:0"];
      return spawnRelay({ folder: data, fresh: true, parameters });
    };
    relays = [await start(wires[0] as Wire), await start(wires[1] as Wire)];
    front = await layWire(...relays.map(portOf));
    alice = made(await registered("alice", at(0).url));
    laptop = made(await newcomer("alice", at(1).url));
    bob = made(await person("bob", at(1).url));
    await acquaint(alice, bob);
    const secrets = ["--password-file", alice.passwordFile, "--recovery-file", alice.recoveryFile];
    await laptop.ok(["login", "alice", ...secrets]);
    await calm();
  }, 180_000);

  afterAll(async () => {
    await Promise.all(everybody.map((each) => each.leave()));
    await Promise.all((relays ?? []).map((relay) => relay.stop()));
    for (const wire of [...(wires ?? []), front]) wire?.stop();
    await nats?.stop();
    await postgres?.stop();
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  });

  test("a message is there at once, on each device and wherever it is, with what becomes of it", async () => {
    const { alice, laptop, bob } = who();
    const [onBob, onLaptop] = [await follow(bob, alice, ["--typing"]), await follow(laptop, bob)];
    const polls = (await metric(0, "polls_total")) + (await metric(1, "polls_total"));
    const [sent] = await alice.json(["send", "bob", "across", "--wait", "delivered", "--timeout", "20s"]);
    expect(sent).toMatchObject({ state: "delivered", delivered_to: ["bob"] });
    await onBob.has("across");
    await onLaptop.has("across");
    await bob.ok(["send", "alice", "back"]);
    await onLaptop.has("back");
    await alice.ok(["typing", "bob"]);
    await bob.ok(["send", "alice", "that was all"]);
    await onLaptop.has("that was all");
    await expect
      .poll(() => onBob.events().filter(({ event }) => event === "typing").length, { timeout: 10_000 })
      .toBe(1);
    expect((await metric(0, "polls_total")) + (await metric(1, "polls_total"))).toBe(polls);
    await onBob.kill();
    await onLaptop.kill();
  }, 120_000);

  test("a group lives on both, and who is new is seen on both", async () => {
    const { alice, bob } = who();
    const watches = [alice, bob].map((each) => each.start(["people", "--watch", "--json"]));
    await Promise.all(watches.map((watch) => watch.until((lines) => lines.length > 0)));
    const carol = made(await person("carol", at(1).url));
    const dave = made(await person("dave", at(0).url));
    for (const watch of watches) {
      await watch.until((lines) => ["carol", "dave"].every((name) => lines.join().includes(`"${name}"`)));
      await watch.kill("SIGINT");
    }
    await acquaint(alice, carol);
    await acquaint(alice, dave);
    await alice.ok(["group", "create", "ops", "bob", "carol", "dave"]);
    for (const member of [bob, carol, dave]) {
      await member.ok(["read"]);
      await member.ok(["group", "accept", "ops"]);
    }
    const tails = [bob, carol, dave].map((member) => new Tail(member.start(["tail", "--json"])));
    for (const [place, tail] of tails.entries()) {
      for (let probe = 0; probe < 40 && !tail.texts().some((text) => text.startsWith("probe")); probe += 1) {
        await alice.ok(["send", "#ops", `probe ${place}.${probe}`]);
      }
    }
    await alice.ok(["send", "#ops", "all of you"]);
    await dave.ok(["send", "#ops", "and you"]);
    for (const tail of tails.slice(0, 2)) {
      await tail.has("all of you");
      await tail.has("and you");
    }
    await Promise.all(tails.map((tail) => tail.kill()));
  }, 180_000);

  /** A stream that does nothing by itself: how it ends, and what came. */
  function streamAt(url: string, member: Member, lease: bigint) {
    const client = dial(url);
    const stream = openStream(client, MessagingService.method.connect, member.metadata());
    let frames = 0;
    stream.on("data", () => {
      frames += 1;
    });
    const ended = new Promise<string>((resolve) => {
      stream.on("error", (error) => {
        client.close();
        resolve(reasonIn(error as ServiceError));
      });
    });
    const frame = { case: "hello", value: { live: true, lease } } as const;
    stream.write(create(ConnectRequestSchema, { frame }));
    const isThere = () => expect.poll(() => frames, { timeout: 10_000 }).toBeGreaterThan(0);
    return { ended, isThere, close: () => stream.cancel() };
  }

  test("of two live streams of a device at two relays the higher lease goes on, the later of equal ones", async () => {
    const member = await joinRelay(at(0).url, "erin");
    const first = streamAt(at(0).url, member, 5n);
    await first.isThere();
    const second = streamAt(at(1).url, member, 5n);
    expect(await first.ended).toBe("superseded");
    await second.isThere();
    const low = streamAt(at(0).url, member, 4n);
    expect(await low.ended).toBe("superseded");
    const high = streamAt(at(0).url, member, 6n);
    expect(await second.ended).toBe("superseded");
    high.close();
    member.client.close();
  }, 60_000);

  test("a device that is revoked at one relay is cut at the other at once", async () => {
    const { alice, bob } = who();
    const tablet = made(await newcomer("alice", at(1).url));
    const secrets = ["--password-file", alice.passwordFile, "--recovery-file", alice.recoveryFile];
    await tablet.ok(["login", "alice", ...secrets]);
    const [own] = (await tablet.json(["devices"])).filter((device) => device["current"] === true);
    const tail = tablet.start(["tail", "--json"]);
    for (let probe = 0; probe < 40 && !tail.lines().join().includes("to the tablet"); probe += 1) {
      await bob.ok(["send", "alice", "to the tablet"]);
    }
    const polls = await metric(1, "polls_total");
    const removed = await metric(1, 'bus_received_total{kind="removed"}');
    await alice.ok(["devices", "revoke", String(own?.["id"])], { timeout: 60_000 });
    expect((await tail.finished).code).toBe(77);
    expect(await metric(1, 'bus_received_total{kind="removed"}')).toBe(removed + 1);
    expect(await metric(1, "polls_total")).toBe(polls);
  }, 180_000);

  test("without NATS mail comes by asking the database, and at once again when it is back", async () => {
    const { alice, bob } = who();
    const tail = await follow(bob, alice);
    await nats.kill();
    await alice.ok(["send", "bob", "no NATS"]);
    await tail.has("no NATS", 10_000);
    const watch = bob.start(["people", "--watch", "--json"]);
    await watch.until((lines) => lines.length > 0);
    made(await person("frank", at(0).url));
    await watch.until((lines) => lines.join().includes('"frank"'));
    await watch.kill("SIGINT");
    expect(await metric(1, "heads_by_poll_total")).toBeGreaterThan(0);
    expect(await metric(0, "bus_connected")).toBe(0);
    await nats.startAgain();
    await expect.poll(() => metric(0, "bus_connected"), { timeout: 10_000 }).toBe(1);
    await expect.poll(() => metric(1, "bus_connected"), { timeout: 10_000 }).toBe(1);
    await calm();
    const polls = await metric(1, "polls_total");
    const received = await metric(1, 'bus_received_total{kind="row"}');
    await alice.ok(["send", "bob", "NATS again"]);
    await tail.has("NATS again");
    expect(await metric(1, 'bus_received_total{kind="row"}')).toBeGreaterThan(received);
    expect(await metric(1, "polls_total")).toBe(polls);
    await tail.kill();
  }, 180_000);

  for (const place of [0, 1]) {
    test(`a dead line between relay ${place} and NATS loses nothing, in either direction`, async () => {
      const { alice, bob } = who();
      const [onBob, onAlice] = [await follow(bob, alice), await follow(alice, bob)];
      const wire = wires[place];
      if (wire === undefined) throw new Error("no wire");
      wire.weather.isFrozen = true;
      await alice.ok(["send", "bob", `there ${place}`]);
      await bob.ok(["send", "alice", `back ${place}`]);
      await onBob.has(`there ${place}`, 20_000);
      await onAlice.has(`back ${place}`, 20_000);
      // Now it is known; and mail keeps coming.
      await alice.ok(["send", "bob", `there still ${place}`]);
      await onBob.has(`there still ${place}`, 10_000);
      wire.heal();
      await calm();
      await alice.ok(["send", "bob", `whole again ${place}`]);
      await onBob.has(`whole again ${place}`, 10_000);
      await onBob.kill();
      await onAlice.kill();
    }, 180_000);
  }

  test("whoever can write to NATS can show nobody anything, and put nobody out for long", async () => {
    const { alice, bob } = who();
    const tail = await follow(bob, alice);
    const intruder = await dialNats({ servers: `127.0.0.1:${nats.port}` });
    const subjects = new Set<string>();
    intruder.subscribe("sotto.v1.>", { callback: (_, { subject }) => void subjects.add(subject) });
    await alice.ok(["send", "bob", "overheard"]);
    await tail.has("overheard");
    const isBeat = (subject: string): boolean => subject.endsWith(".relays");
    // Once a second.
    await vi.waitFor(() => expect([...subjects].some(isBeat)).toBe(true), 10_000);
    const all = [...subjects];
    const own = all.filter((subject) => subject.includes(".device."));
    expect(own.length).toBeGreaterThan(0);
    for (let round = 0; round < 200; round += 1) {
      for (const subject of all) {
        const bytes = new Uint8Array(round).map(() => Math.random() * 256);
        intruder.publish(subject, bytes);
      }
    }
    for (const subject of own) intruder.publish(subject, encodeClaim(2n ** 64n - 1n));
    const relaysSubject = all.find(isBeat) ?? "";
    for (let relay = 0; relay < 2_000; relay += 1) {
      intruder.publish(relaysSubject, encodeForRelays({ kind: "beat", relay, missed: true }));
    }
    await intruder.flush();
    await alice.ok(["send", "bob", "after the noise"]);
    await tail.has("after the noise", 20_000);
    expect(tail.texts().filter((text) => text === "after the noise")).toHaveLength(1);
    expect(await metric(1, "bus_rejected_total")).toBeGreaterThan(100);
    await intruder.close();
    await tail.kill();
  }, 120_000);

  test("PostgreSQL that is killed, and a relay that is, lose nothing and double nothing", async () => {
    const url = `http://127.0.0.1:${front.port}`;
    const grace = made(await person("grace", url));
    const heidi = made(await person("heidi", url));
    await acquaint(grace, heidi);
    const tail = await follow(heidi, grace);
    const texts: string[] = [];
    const say = async (text: string): Promise<void> => {
      texts.push(text);
      // What a relay does not take that has just lost its database is sent again, as a script does.
      for (let turn = 0; turn < 60; turn += 1) {
        const { code } = await grace.chat(["send", "heidi", text, "--key", text]);
        if (code === 0) return;
        await pause(500);
      }
      throw new Error(`could not send ${text}`);
    };
    await say("before");
    for (const strike of ["postgres", "first relay", "second relay"] as const) {
      const pid = postgres.pid();
      if (strike === "postgres" && pid !== undefined) process.kill(pid, "SIGKILL");
      else await at(strike === "first relay" ? 0 : 1).kill("relay");
      for (const turn of [1, 2, 3]) await say(`${strike} ${turn}`);
      await tail.has(`${strike} 3`, 40_000);
      if (strike !== "postgres") await at(strike === "first relay" ? 0 : 1).startAgain();
    }
    const received = tail.texts().filter((text) => text !== "there?");
    expect(received).toEqual(texts);
    await tail.kill();
  }, 180_000);

  test("no relay has met what it did not foresee", () => {
    expect(relays.map((relay) => relay.log()).join("")).not.toMatch(/unforeseen|could not take an event/);
  });
});
