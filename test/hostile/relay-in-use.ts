// A real relay process, and two honest people who write to each other whatever happens to it.
import { readFileSync } from "node:fs";
import { expect } from "vitest";
import { accountId } from "../../keys/index.ts";
import { nth, type TestDevice } from "../support/bare-relay.ts";
import { joinRelay } from "../support/member.ts";
import { envelopeBy, type Opened, openDirect, RawStream, wrapsBy } from "../support/raw-stream.ts";
import { type SpawnedRelay, spawnRelay } from "../support/relay.ts";

/** Node's own heap breathes by so much; what grows with an attack does not stop there. */
const BREATH_MIB = 160;

export interface RelayInUse {
  readonly url: string;
  readonly relay: SpawnedRelay;
  readonly alice: TestDevice;
  readonly bob: TestDevice;
  readonly room: Opened;
  /** A message from one to the other, stored and pushed. */
  exchange(): Promise<void>;
  /** What the relay counts under this name, with these labels. */
  counted(name: string, labels?: string): Promise<number>;
  memoryMiB(): number;
  /** Alice and Bob write on while `attack` goes on and after it, and the relay's memory stays where it was. */
  under<Result>(attack: () => Promise<Result>, breathMiB?: number): Promise<Result>;
  stop(): Promise<void>;
}

export async function relayInUse(parameters: readonly string[] = []): Promise<RelayInUse> {
  const relay = await spawnRelay({
    sources: true,
    parameters: ["--metrics-listen", "127.0.0.1:0", ...parameters],
  });
  try {
    return await inUse(relay);
  } catch (error) {
    await relay.stop();
    throw error;
  }
}

async function inUse(relay: SpawnedRelay): Promise<RelayInUse> {
  const { url } = relay;
  const alice = await someone(url, "alice");
  const bob = await someone(url, "bob");
  const room = await openDirect(alice, { accountId: bob.person.accountId });
  const sending = await RawStream.open(alice);
  const reading = await RawStream.open(bob, { live: true });
  // Answered once, so that neither is a stranger.
  expect(await reading.submit(envelopeBy(bob, room.roster), wrapsBy(bob, room.roster))).toBe(1n);

  const exchange = async (): Promise<void> => {
    const sequence = await sending.submit(envelopeBy(alice, room.roster), wrapsBy(alice, room.roster));
    expect(sequence).toBeTypeOf("bigint");
    await reading.until(() => reading.deliveries.some((row) => row.sequence === sequence), "a pushed row");
  };
  const memoryMiB = (): number => {
    const status = readFileSync(`/proc/${relay.process.process.pid}/status`, "utf8");
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
  };
  const counted = async (name: string, labels = ""): Promise<number> => {
    const at = /"url":"(http:[^"]+)"/.exec(relay.log())?.[1];
    const text = await (await fetch(`${at?.replace(/\/metrics$/, "")}/metrics`)).text();
    const found = text.split("\n").find((said) => said.startsWith(`sotto_relay_${name}${labels} `));
    return Number(found?.split(" ").at(-1) ?? 0);
  };
  const under = async <Result>(attack: () => Promise<Result>, breathMiB = BREATH_MIB): Promise<Result> => {
    await exchange();
    const before = memoryMiB();
    let most = before;
    let isOver = false;
    const attacked = attack().finally(() => {
      isOver = true;
    });
    let exchanged = 0;
    const honest = async (): Promise<void> => {
      while (!isOver) {
        await exchange();
        exchanged += 1;
        most = Math.max(most, memoryMiB());
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    };
    const [result] = await Promise.all([attacked, honest()]);
    await exchange();
    expect(exchanged).toBeGreaterThan(0);
    expect(most - before, "MiB that the relay has grown by").toBeLessThan(breathMiB);
    return result;
  };
  return {
    url,
    relay,
    alice,
    bob,
    room,
    exchange,
    counted,
    memoryMiB,
    under,
    stop: async () => {
      sending.call.cancel();
      reading.call.cancel();
      alice.client.close();
      bob.client.close();
      await relay.stop();
    },
  };
}

/** Registered and logged in, with one device. */
export async function someone(url: string, name: string): Promise<TestDevice> {
  const { client, metadata, device, chain, accountKey } = await joinRelay(url, name);
  const person = {
    name,
    accountId: accountId(chain.accountId),
    accountKey,
    chain,
    devices: [] as TestDevice[],
  };
  const own: TestDevice = { person, keys: device, client, metadata: metadata() };
  person.devices.push(own);
  return nth(person.devices, 0);
}
