// All devices of the load and their connections.
import type { ClientHttp2Session } from "node:http2";
import { setTimeout as pause } from "node:timers/promises";
import { Turns } from "../../relay/messaging/turns.ts";
import { openConnection } from "./connection.ts";
import { type DeviceEvents, LoadDevice, type Log, type Tally } from "./load-device.ts";
import type { DeviceSetup, FleetSetup } from "./load-protocol.ts";
import { Sequence } from "./sequence.ts";
import { shortId, submitTemplate } from "./wire.ts";

/** As the client's, client/core/connection/follow.ts. */
const FIRST_DELAY_MS = 200;
const LONGEST_DELAY_MS = 10_000;
/** Connections that are dialled, and streams that are opened, at once at the start: what all at once do is a storm. */
const DIALLED_AT_ONCE = 64;
/** Connections that one loopback address makes: a relay may well limit what one address does. */
const CONNECTIONS_AN_ADDRESS = 50;

/** Devices that share a connection. */
interface Group {
  readonly url: string;
  readonly devices: LoadDevice[];
  readonly localAddress: string;
  session: ClientHttp2Session | undefined;
}

export class Fleet {
  readonly devices: readonly LoadDevice[];
  readonly #setup: FleetSetup;
  readonly #groups: readonly Group[];
  readonly #turns = new Turns(DIALLED_AT_ONCE);
  #isOpening = true;
  #closed = false;

  constructor(setup: FleetSetup, tally: Tally, events: DeviceEvents) {
    this.#setup = setup;
    this.devices = setup.devices.map(
      ({ token, deviceId, logs }) =>
        new LoadDevice(token, shortId(deviceId), logs.map(logOf(tally)), tally, events),
    );
    this.#groups = grouped(setup, this.devices);
  }

  async open(): Promise<void> {
    const waiting = [...this.#groups];
    const worker = async (): Promise<void> => {
      for (let group = waiting.shift(); group !== undefined; group = waiting.shift()) {
        await this.#connect(group);
      }
    };
    await Promise.all(Array.from({ length: DIALLED_AT_ONCE }, worker));
    this.#isOpening = false;
  }

  get live(): number {
    return this.devices.reduce((count, { live }) => count + (live ? 1 : 0), 0);
  }

  async allLive(timeoutMs: number): Promise<boolean> {
    const deadline = performance.now() + timeoutMs;
    while (this.live < this.devices.length) {
      if (performance.now() > deadline) return false;
      await pause(20);
    }
    return true;
  }

  /** Cuts all connections, without a word. */
  cut(): void {
    for (const { session } of this.#groups) session?.destroy();
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const device of this.devices) device.disconnect();
    await pause(50);
    this.cut();
  }

  /** As clients do it: whoever fails tries again, with growing, jittered delays, each for himself. */
  async #connect(group: Group, delay = FIRST_DELAY_MS): Promise<void> {
    const { window, reconnect } = this.#setup;
    const { url, localAddress } = group;
    try {
      const session = await openConnection({ url, window, localAddress });
      group.session = session;
      if (reconnect) session.once("close", () => this.#later(FIRST_DELAY_MS, () => this.#connect(group)));
      await Promise.all(group.devices.map((device) => this.#attach(group, session, device)));
    } catch (error) {
      if (!reconnect) throw error;
      this.#later(delay, () => this.#connect(group, longer(delay)));
    }
  }

  /** Without `reconnect` it rejects when the stream does not open. */
  async #attach(
    group: Group,
    session: ClientHttp2Session,
    device: LoadDevice,
    delay = FIRST_DELAY_MS,
  ): Promise<void> {
    if (!this.#setup.reconnect) {
      await device.connect(session);
      return;
    }
    if (group.session !== session || session.destroyed) return;
    let next = longer(delay);
    const open = () =>
      device.connect(session, () => this.#later(delay, () => this.#attach(group, session, device, next)));
    await (this.#isOpening ? this.#turns.take(open) : open()).then(
      () => {
        next = FIRST_DELAY_MS;
      },
      () => undefined,
    );
  }

  #later(delay: number, work: () => Promise<void>): void {
    if (this.#closed) return;
    const jittered = delay * (0.5 + Math.random() / 2);
    setTimeout(() => {
      if (!this.#closed) void work();
    }, jittered);
  }
}

function longer(delay: number): number {
  return Math.min(delay * 2, LONGEST_DELAY_MS);
}

function logOf(tally: Tally): (setup: DeviceSetup["logs"][number]) => Log {
  return ({ conversationId, message, last }) => {
    const sequence = new Sequence(tally);
    sequence.last = last;
    sequence.head = last;
    return {
      conversationId,
      sequence,
      acknowledged: last,
      ...(message && { template: submitTemplate(message.envelope, message.wraps) }),
    };
  };
}

function grouped({ urls, devices, connections }: FleetSetup, made: readonly LoadDevice[]): Group[] {
  const groups = new Map<string, Group>();
  for (const [place, device] of made.entries()) {
    const relay = devices[place]?.relay ?? 0;
    const key = `${relay} ${connections === 0 ? place : place % connections}`;
    let group = groups.get(key);
    if (group === undefined) {
      const host = Math.floor(groups.size / CONNECTIONS_AN_ADDRESS);
      const localAddress = `127.1.${Math.floor(host / 250)}.${(host % 250) + 1}`;
      group = { url: urls[relay] ?? "", devices: [], localAddress, session: undefined };
      groups.set(key, group);
    }
    group.devices.push(device);
  }
  return [...groups.values()];
}
