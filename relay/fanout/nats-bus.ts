// The bus of a relay that is one of several. What happens here is told here at once, as in LocalBus; the others get it over
// NATS: what is for single devices on a subject of each that is not live here, so that a relay hears only of its own; what
// is rare, all of them. What cannot be told is found by asking the database (poller.ts).
import { describeError, type Logger } from "../logger.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { Bus, BusEvent, Removed } from "./bus.ts";
import type { DeviceKey } from "./committed-row.ts";
import { superseded } from "./connected-devices.ts";
import type { DeviceStream } from "./device-stream.ts";
import { LocalBus } from "./local.ts";
import type { Link } from "./nats-link.ts";
import type { OtherRelays } from "./other-relays.ts";
import {
  type DeviceEvent,
  decodeForDevice,
  decodeForRelays,
  encodeClaim,
  encodeForRelays,
  encodeRow,
  encodeSignal,
  type RelaysEvent,
} from "./wire.ts";

const BEAT_MS = 1_000;
/** Devices about which the database is asked: of more, only those that are live here are looked for. */
const MAX_ASKED = 1_000;

export interface NatsBusSetup {
  /** Absent: there is no NATS. */
  readonly link: Link | undefined;
  /** Names the database: what relays of others say on the same NATS is not for us. */
  readonly installation: string;
  /** By which the others know this relay. */
  readonly relay: number;
  readonly others: OtherRelays;
  /** Another way to the others, for what is rare. */
  readonly carry: (event: BusEvent) => Promise<void>;
  /**
   * Whether the database says of a device that it is not let in any more. Whoever can write to NATS can say that of any,
   * and a client that hears it stops for good.
   */
  readonly isShutOut: (device: Removed) => Promise<boolean>;
  readonly metrics: Metrics;
  readonly log: Logger;
}

interface Attended {
  readonly stream: DeviceStream;
  readonly lease: bigint;
  readonly unsubscribe: () => void;
}

export class NatsBus implements Bus {
  readonly #setup: NatsBusSetup;
  readonly #local = new LocalBus();
  readonly #attended = new Map<DeviceKey, Attended>();
  readonly #beating: NodeJS.Timeout | undefined;
  readonly #rows;
  readonly #signals;
  /** Something was not told since the last beat that was. */
  #missed = false;
  #asked = 0;
  /** Called when NATS is there, when it is gone, and when another relay says that it has left something out. */
  onDoubt: () => void = () => undefined;

  constructor(setup: NatsBusSetup) {
    this.#setup = setup;
    const { link, metrics } = setup;
    this.#rows = metrics.busPublished.of("row");
    this.#signals = metrics.busPublished.of("signal");
    if (link === undefined) return;
    metrics.busConnected.from(() => (link.isUp ? 1 : 0));
    link.listen(this.#subject("relays"), (bytes) => this.#guard(() => this.#hear(bytes)));
    link.onChange = (isUp) => {
      // What the line had taken may never have got anywhere.
      if (!isUp) this.#missed = true;
      if (isUp) this.#comeBack();
      this.onDoubt();
    };
    this.#beating = setInterval(() => this.#beat(), BEAT_MS).unref();
  }

  publish(event: BusEvent): void {
    this.#local.publish(event);
    if (!this.#setup.others.isAlone) this.#tell(event);
  }

  /** What others have told by another way than this one. */
  hear(event: BusEvent): void {
    this.#local.publish(event);
  }

  subscribe(listen: (event: BusEvent) => void): () => void {
    return this.#local.subscribe(listen);
  }

  attend(device: DeviceKey, stream: DeviceStream, lease: bigint): void {
    const before = this.#attended.get(device);
    const hear = (bytes: Uint8Array): void => this.#guard(() => this.#hearFor(device, bytes));
    const unsubscribe = before?.unsubscribe ?? this.#setup.link?.listen(this.#subjectOf(device), hear);
    this.#attended.set(device, { stream, lease, unsubscribe: unsubscribe ?? (() => undefined) });
    this.#claim(device, lease);
  }

  leave(device: DeviceKey): void {
    this.#attended.get(device)?.unsubscribe();
    this.#attended.delete(device);
  }

  /** The devices that are live here. */
  attended(): readonly DeviceKey[] {
    return [...this.#attended.keys()];
  }

  /** What was told arrives, if NATS is there. */
  async close(): Promise<void> {
    clearInterval(this.#beating);
    await this.#setup.link?.close();
  }

  #tell(event: BusEvent): void {
    if (event.kind === "signalled") {
      const bytes = encodeSignal(event.frame);
      this.#tellDevices(event.devices, () => bytes, this.#signals);
    } else if (event.kind === "moved" && event.row !== undefined && event.row.entry === undefined) {
      const { conversationId, devices, row } = event;
      if (this.#setup.link?.isUp !== true) {
        this.#missed = true;
        return;
      }
      this.#tellDevices(devices, encodeRow({ conversationId, row }, devices.length), this.#rows);
    } else if (event.kind !== "added") {
      void this.#tellAll(event);
    }
  }

  #tellDevices(
    devices: readonly DeviceKey[],
    encode: (device: DeviceKey) => Uint8Array,
    counter: { add(): void },
  ): void {
    const { link } = this.#setup;
    for (const device of devices) {
      if (this.#attended.has(device)) continue;
      if (link?.send(this.#subjectOf(device), encode(device)) === true) counter.add();
      else this.#leaveOut();
    }
  }

  /** What is rare reaches them one way or the other. */
  async #tellAll(event: Exclude<BusEvent, { kind: "signalled" | "added" }>): Promise<void> {
    const { link, carry, log, others } = this.#setup;
    try {
      if (this.#broadcast(event) && (await link?.arrived()) && others.areHeard) return;
      await carry(event);
    } catch (error) {
      // The database is away, too: whoever has missed it asks there in time.
      log.warn(describeError(error), "could not tell the other relays");
      this.#missed = true;
    }
  }

  #broadcast(event: RelaysEvent): boolean {
    const { link, metrics } = this.#setup;
    const isSent = link?.send(this.#subject("relays"), encodeForRelays(event)) === true;
    if (isSent) metrics.busPublished.of(event.kind).add();
    else this.#leaveOut();
    return isSent;
  }

  #leaveOut(): void {
    const { link, metrics } = this.#setup;
    this.#missed = true;
    if (link !== undefined) metrics.busRejected.of(link.isUp ? "full" : "away").add();
  }

  #claim(device: DeviceKey, lease: bigint): void {
    const { link, metrics } = this.#setup;
    if (link?.send(this.#subjectOf(device), encodeClaim(lease)) === true)
      metrics.busPublished.of("claim").add();
  }

  #beat(): void {
    const { link, relay } = this.#setup;
    const missed = this.#missed;
    if (link?.isUp !== true || !this.#broadcast({ kind: "beat", relay, missed })) return;
    if (missed) this.#missed = false;
  }

  /** NATS was away: others may have gone live meanwhile with devices that are live here, too. */
  #comeBack(): void {
    for (const [device, { lease }] of this.#attended) this.#claim(device, lease);
    this.#beat();
  }

  #hear(bytes: Uint8Array): void {
    const event = this.#counted(decodeForRelays(bytes));
    if (event === undefined) return;
    if (event.kind === "removed") {
      void this.#putOut(event);
      return;
    }
    if (event.kind !== "beat") {
      this.#local.publish(event);
      return;
    }
    this.#setup.others.hear(event.relay);
    if (event.missed) this.onDoubt();
  }

  async #putOut(event: Removed): Promise<void> {
    if (this.#asked >= MAX_ASKED) return this.onDoubt();
    this.#asked += 1;
    try {
      if (await this.#setup.isShutOut(event)) this.#local.publish(event);
    } catch {
      // The database is away: once it is back, it is asked about all that are live here.
      this.onDoubt();
    } finally {
      this.#asked -= 1;
    }
  }

  #hearFor(device: DeviceKey, bytes: Uint8Array): void {
    const attended = this.#attended.get(device);
    const event = this.#counted(decodeForDevice(bytes, device));
    if (attended !== undefined && event !== undefined) this.#pass(event, device, attended);
  }

  #counted<Event extends { readonly kind: string }>(event: Event | undefined): Event | undefined {
    const { busReceived, busRejected } = this.#setup.metrics;
    if (event === undefined) busRejected.of("malformed").add();
    else busReceived.of(event.kind).add();
    return event;
  }

  #pass(event: DeviceEvent, device: DeviceKey, { stream, lease }: Attended): void {
    if (event.kind === "row") {
      stream.push(event.conversationId, event.row);
      this.#local.publish({ ...event, kind: "added" });
    } else if (event.kind === "moved") stream.oweHead(event.conversationId);
    else if (event.kind === "signal") stream.signal(event.frame);
    // The highest lease has it; with equal leases whoever claims it later.
    else if (event.lease >= lease) stream.end(superseded());
    else this.#claim(device, lease);
  }

  /** Nothing that comes from outside may break the connection. */
  #guard(hear: () => void): void {
    try {
      hear();
    } catch (error) {
      this.#setup.log.error(describeError(error), "could not take an event of another relay");
    }
  }

  #subjectOf(device: DeviceKey): string {
    return this.#subject(`device.${device}`);
  }

  #subject(what: string): string {
    return `sotto.v1.${this.#setup.installation}.${what}`;
  }
}
