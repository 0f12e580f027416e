// The way to the other relays by NATS. It may be away at any time: then nothing is kept for later, since what was not told
// is in the database; and it is tried again, forever.
import { setTimeout as sleep } from "node:timers/promises";
import { connect, type NatsConnection, type NodeConnectionOptions } from "@nats-io/transport-node";
import { describeError, type Logger } from "../logger.ts";

export interface Link {
  readonly isUp: boolean;
  /** False: it was not sent; NATS is away, or takes too little. */
  send(subject: string, bytes: Uint8Array): boolean;
  /** Resolves to whether all that was sent before has reached NATS, and what is listened to is known there. */
  arrived(): Promise<boolean>;
  /** From now on, over all connections. Returns what ends it. */
  listen(subject: string, hear: (bytes: Uint8Array) => void): () => void;
  /** Called when it is there, behind what is listened to, and when it is gone. */
  onChange: (isUp: boolean) => void;
  /** With what was sent, if NATS takes it within a second. */
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 3_000;
/** Each time twice as long, with jitter: relays that have lost it together do not come back together. */
const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 2_000;
/** So often it is asked whether it is still there, and the same after so many bytes. */
const ASK_EVERY_MS = 1_000;
const ASK_EVERY_BYTES = 1024 * 1024;
const ANSWER_TIMEOUT_MS = 3_000;
/** What it has not confirmed; beyond that nothing more is sent. */
const MAX_UNCONFIRMED_BYTES = 16 * 1024 * 1024;
const CLOSE_MS = 1_000;
/** What goes over the line beside a subject and an event. */
const OVERHEAD_BYTES = 16;

interface Heard {
  readonly hear: (bytes: Uint8Array) => void;
  end: () => void;
}

export interface NatsLinkSetup {
  /** With user and password, or a token, where it wants them. */
  readonly servers: readonly string[];
  readonly log: Logger;
}

export class NatsLink implements Link {
  readonly #setup: NatsLinkSetup;
  readonly #listening = new Map<string, Heard>();
  readonly #closing = new AbortController();
  readonly #running: Promise<void>;
  #connection: NatsConnection | undefined;
  #question: Promise<boolean> | undefined;
  #sentBytes = 0;
  #confirmedBytes = 0;
  #askedAtBytes = 0;
  onChange: (isUp: boolean) => void = () => undefined;

  constructor(setup: NatsLinkSetup) {
    this.#setup = setup;
    this.#running = this.#run();
  }

  get isUp(): boolean {
    return this.#connection !== undefined;
  }

  send(subject: string, bytes: Uint8Array): boolean {
    const size = subject.length + bytes.length + OVERHEAD_BYTES;
    if (this.#connection === undefined) return false;
    if (this.#sentBytes - this.#confirmedBytes + size > MAX_UNCONFIRMED_BYTES) return false;
    try {
      this.#connection.publish(subject, bytes);
    } catch {
      // It has just gone, or takes no event as large as this one.
      return false;
    }
    this.#sentBytes += size;
    if (this.#sentBytes - this.#askedAtBytes > ASK_EVERY_BYTES) void this.#ask();
    return true;
  }

  async arrived(): Promise<boolean> {
    const [connection, upTo] = [this.#connection, this.#sentBytes];
    while (this.#connection === connection && connection !== undefined) {
      if (this.#confirmedBytes >= upTo) return true;
      if (!(await this.#ask())) return false;
    }
    return false;
  }

  listen(subject: string, hear: (bytes: Uint8Array) => void): () => void {
    const heard: Heard = { hear, end: () => undefined };
    this.#listening.set(subject, heard);
    this.#subscribe(subject, heard);
    return () => {
      if (this.#listening.get(subject) !== heard) return;
      this.#listening.delete(subject);
      heard.end();
    };
  }

  async close(): Promise<void> {
    const patience = sleep(CLOSE_MS, false, { ref: false });
    await Promise.race([this.arrived(), patience]);
    this.#closing.abort();
    await Promise.race([this.#connection?.close(), patience]);
    await this.#running;
  }

  #subscribe(subject: string, heard: Heard): void {
    try {
      const subscription = this.#connection?.subscribe(subject, {
        callback: (error, message) => {
          if (error === null) heard.hear(message.data);
        },
      });
      this.#sentBytes += subject.length + OVERHEAD_BYTES;
      heard.end = () => {
        if (subscription?.isClosed() === false) subscription.unsubscribe();
      };
    } catch {
      // It has just gone: with the next connection.
    }
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    let [delay, isKnown] = [FIRST_DELAY_MS, false];
    for (let turn = 0; !signal.aborted; turn += 1) {
      const server = this.#setup.servers[turn % this.#setup.servers.length] ?? "";
      try {
        const connection = await connect(optionsOf(server));
        [delay, isKnown] = [FIRST_DELAY_MS, false];
        await this.#hold(connection);
      } catch (error) {
        // Once, not every two seconds.
        if (!isKnown && !signal.aborted) this.#setup.log.warn(describeError(error), "cannot reach NATS");
        isKnown = true;
      }
      await sleep(delay * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
      delay = Math.min(delay * 2, LONGEST_DELAY_MS);
    }
  }

  /** Resolves when the connection is lost. */
  async #hold(connection: NatsConnection): Promise<void> {
    if (this.#closing.signal.aborted) return connection.close();
    this.#connection = connection;
    [this.#sentBytes, this.#confirmedBytes, this.#askedAtBytes] = [0, 0, 0];
    for (const [subject, heard] of this.#listening) this.#subscribe(subject, heard);
    this.#setup.log.info({ server: connection.getServer() }, "NATS is there");
    this.onChange(true);
    const lost = connection.closed();
    const silent = this.#silence(connection);
    await Promise.race([lost, silent]);
    this.#connection = undefined;
    this.#question = undefined;
    if (!this.#closing.signal.aborted)
      this.#setup.log.warn({}, "lost NATS: mail of other relays comes by polling");
    this.onChange(false);
    await connection.close();
  }

  /** Resolves when NATS does not answer any more: a connection whose other side is gone may stand for many minutes. */
  async #silence(connection: NatsConnection): Promise<void> {
    while (this.#connection === connection) {
      if (!(await this.#ask())) return;
      await sleep(ASK_EVERY_MS, undefined, { signal: this.#closing.signal, ref: false }).catch(
        () => undefined,
      );
      if (this.#closing.signal.aborted) return;
    }
  }

  /** One question at a time. What was sent before it has arrived when it is answered. */
  #ask(): Promise<boolean> {
    if (this.#question !== undefined) return this.#question;
    const question = this.#putQuestion().finally(() => {
      if (this.#question === question) this.#question = undefined;
    });
    this.#question = question;
    return question;
  }

  async #putQuestion(): Promise<boolean> {
    const connection = this.#connection;
    if (connection === undefined || connection.isClosed()) return false;
    const sent = this.#sentBytes;
    this.#askedAtBytes = sent;
    const answered = await Promise.race([
      connection.flush().then(
        () => true,
        () => false,
      ),
      connection.closed().then(() => false),
      sleep(ANSWER_TIMEOUT_MS, false, { ref: false }),
    ]);
    if (!answered || this.#connection !== connection) return false;
    this.#confirmedBytes = sent;
    return true;
  }
}

/** Rejects when a server does not let us in, or does not answer. */
export async function tryNats(server: string): Promise<void> {
  const connection = await connect(optionsOf(server));
  try {
    await connection.flush();
  } finally {
    await connection.close();
  }
}

/** Connections are ours to make again: what the client keeps meanwhile would grow without bounds. */
function optionsOf(server: string): NodeConnectionOptions {
  const { protocol, host, username, password } = new URL(server);
  const [user, pass] = [decodeURIComponent(username), decodeURIComponent(password)];
  return {
    servers: host,
    name: "sotto-relay",
    noEcho: true,
    reconnect: false,
    ignoreClusterUpdates: true,
    timeout: CONNECT_TIMEOUT_MS,
    ...(protocol === "tls:" && { tls: {} }),
    ...(pass !== "" && { user, pass }),
    ...(user !== "" && pass === "" && { token: user }),
  };
}
