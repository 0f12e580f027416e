// What the bench and the process that makes the load say to each other.
import type { EchoSetup, HoldSetup } from "./echo.ts";
import type { SequenceFaults } from "./sequence.ts";

export interface LogSetup {
  readonly conversationId: Uint8Array;
  /** What this device sends into it, but for message ids; absent: it only reads. */
  readonly message?: { readonly envelope: Uint8Array; readonly wraps: Uint8Array };
  /** The newest row that it has. */
  readonly last: number;
}

export interface DeviceSetup {
  readonly token: string;
  /** With which wraps for it begin. */
  readonly deviceId: Uint8Array;
  readonly logs: readonly LogSetup[];
  /** Which of the relays it is connected to; the first unless given. */
  readonly relay?: number;
}

export interface FleetSetup {
  readonly urls: readonly string[];
  readonly devices: readonly DeviceSetup[];
  /** How many connections the devices share at each relay; 0: each has its own. */
  readonly connections: number;
  readonly window: number;
  /** Come back by themselves when the connection breaks, as clients do. */
  readonly reconnect?: boolean;
}

/** One of them. */
export interface Pace {
  /** Each sender has so many messages under way, always. */
  readonly inFlight?: number;
  /** So many messages a second over all senders. */
  readonly rate?: number;
}

/** Counted since `mark`. */
export interface Counted {
  readonly seconds: number;
  readonly accepted: number;
  /** Rows that reached a device which did not send them. */
  readonly delivered: number;
  /** Milliseconds from the write to the delivery, and to the acceptance. */
  readonly delivery: { readonly p50: number; readonly p99: number };
  readonly acceptance: { readonly p50: number; readonly p99: number };
  /** At a rate: how late the latest message was sent, ms. */
  readonly latest: number;
  /** Devices that were live at the end. */
  readonly live: number;
}

export interface Verdict extends SequenceFaults {
  /** Rows that some device still lacked when nothing came any more. */
  readonly missing: number;
  /** Submits that were never answered. */
  readonly unanswered: number;
  readonly pulls: number;
  readonly resyncs: number;
  readonly refused: Record<number, number>;
  readonly ended: Record<string, number>;
}

/** Devices that came back. */
export interface Back {
  readonly seconds: number;
  readonly live: number;
  /** Attempts that failed, by why. */
  readonly failed: Record<string, number>;
}

/** The load's methods: request and answer. */
export interface LoadMethods {
  open(setup: FleetSetup): { seconds: number };
  /** Each device that may send does so once in each of its conversations; resolves when all have all. */
  prime(): null;
  start(pace: Pace): null;
  mark(): null;
  take(): Counted;
  /** Sends no more, and resolves when everything is where it belongs, or nothing moves any more. */
  stop(): Verdict;
  /** One message at a time; milliseconds to its delivery, and to its acceptance. */
  oneByOne(count: number): { delivery: number; acceptance: number };
  /** Pings over one stream, one at a time: milliseconds in the middle. */
  pings(count: number): number;
  /** These devices stop reading, or read on. */
  pause(which: { from: number; to: number; paused: boolean }): null;
  /** Drops all connections at once. */
  cut(): null;
  /** Resolves when all devices are live; with what attempts failed since it was last asked. */
  allLive(timeoutMs: number): Back;
  /** Round trips a second at an echo, of which the devices know nothing. */
  echo(setup: EchoSetup): number;
  /** Streams at an echo that say nothing any more. */
  hold(setup: HoldSetup): null;
  close(): null;
}

export type Method = keyof LoadMethods;

export interface Request {
  readonly id: number;
  readonly method: Method;
  readonly parameter: unknown;
}

export interface Response {
  readonly id: number;
  readonly answer?: unknown;
  readonly error?: string;
}
