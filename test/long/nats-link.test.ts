// The relay's line to NATS, with a real nats-server behind a wire that can be bad.
import { afterEach, beforeEach, expect, test } from "vitest";
import { NatsLink } from "../../relay/fanout/nats-link.ts";
import { layWire, type Wire } from "../faults/wire.ts";
import { describeWith } from "../support/debian-programs.ts";
import { keptLog } from "../support/log.ts";
import { type NatsServer, startNats } from "../support/nats.ts";

const MIB = 1024 * 1024;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describeWith(["nats-server"], "a line to NATS", () => {
  let nats: NatsServer;
  let wire: Wire;
  let near: NatsLink;
  let far: NatsLink;
  let log: ReturnType<typeof keptLog>;

  beforeEach(async () => {
    nats = await startNats();
    wire = await layWire(nats.port);
    log = keptLog();
    near = new NatsLink({ servers: [`nats://127.0.0.1:${wire.port}`], log: log.log });
    far = new NatsLink({ servers: ["nats://127.0.0.1:1", nats.url], log: log.log });
    await isUp(near, far);
  });

  afterEach(async () => {
    await Promise.all([near.close(), far.close()]);
    wire.stop();
    await nats.stop();
  });

  const isUp = async (...links: NatsLink[]): Promise<void> => {
    await expect.poll(() => links.every((link) => link.isUp), { timeout: 15_000 }).toBe(true);
  };

  test("carries what is sent to whoever listens, and not back to the sender", async () => {
    const heard: string[] = [];
    const hear = (who: string) => (data: Uint8Array) => void heard.push(`${who} ${Buffer.from(data)}`);
    near.listen("a", hear("near"));
    const stop = far.listen("a", hear("far"));
    expect([await near.arrived(), await far.arrived()]).toEqual([true, true]);
    near.send("a", bytes("one"));
    expect(await near.arrived()).toBe(true);
    await expect.poll(() => heard).toEqual(["far one"]);
    stop();
    await far.arrived();
    near.send("a", bytes("two"));
    far.send("a", bytes("three"));
    await expect.poll(() => heard).toEqual(["far one", "near three"]);
  });

  test("a line that is dead is noticed within seconds, takes no more than so much, and is made again", async () => {
    const changes: boolean[] = [];
    near.onChange = (up) => changes.push(up);
    const heard: Uint8Array[] = [];
    near.listen("to.near", (data) => heard.push(data));
    wire.weather.isFrozen = true;
    const one = new Uint8Array(100_000);
    let sent = 0;
    for (let turn = 0; turn < 1_000; turn += 1) if (near.send("bulk", one)) sent += one.length;
    expect(sent).toBeGreaterThan(10 * MIB);
    expect(sent).toBeLessThan(17 * MIB);
    expect(await near.arrived()).toBe(false);
    await expect.poll(() => changes, { timeout: 10_000 }).toEqual([false]);
    expect(near.send("bulk", one)).toBe(false);
    wire.heal();
    await isUp(near);
    expect(changes).toEqual([false, true]);
    // What was listened to is listened to again.
    expect(await near.arrived()).toBe(true);
    far.send("to.near", bytes("there"));
    await expect.poll(() => heard.length).toBe(1);
  }, 30_000);

  test("a server that is killed is found again, and nothing is said twice in the log", async () => {
    await nats.kill();
    await expect.poll(() => [near.isUp, far.isUp], { timeout: 10_000 }).toEqual([false, false]);
    expect(near.send("a", bytes("lost"))).toBe(false);
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    await nats.startAgain();
    await isUp(near, far);
    expect(await near.arrived()).toBe(true);
    expect(log.lines().match(/cannot reach NATS/g)?.length).toBeLessThanOrEqual(3);
  }, 60_000);

  test("a password is used and never written down", async () => {
    const kept = keptLog();
    const wrong = new NatsLink({ servers: [`nats://me:sesame@127.0.0.1:${nats.port}`], log: kept.log });
    await isUp(wrong);
    await wrong.close();
    const nowhere = new NatsLink({ servers: ["nats://me:sesame@127.0.0.1:1"], log: kept.log });
    await expect.poll(() => kept.lines()).toContain("cannot reach NATS");
    await nowhere.close();
    expect(kept.lines()).not.toContain("sesame");
  });
});
