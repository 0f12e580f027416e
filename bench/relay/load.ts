// The process that makes the load. It counts what the relay does to its messages, and does what the bench asks for.
import { setTimeout as pause } from "node:timers/promises";
import { ACKNOWLEDGE_EVERY_MS } from "../../client/net/acknowledger.ts";
import { hold, roundTrips } from "./echo.ts";
import { Fleet } from "./fleet.ts";
import type { LoadDevice, Log, Tally } from "./load-device.ts";
import type { Counted, LoadMethods, Method, Pace, Request, Response, Verdict } from "./load-protocol.ts";
import { percentile, Sample } from "./percentiles.ts";
import { shortId } from "./wire.ts";

/** Messages under way are fewer, so that their places in a ring are their own. */
const RING = 2 ** 20;
const SAMPLE = 100_000;
const TICK_MS = 1;
/** Clients acknowledge now and then, each by a clock of its own: so many of those clocks differ here. */
const SHARES = 25;
/** Nothing has moved for so long: nothing more will come. */
const SETTLED_MS = 3_000;
/** A sender that is so far behind gets no more of a rate's share for now. */
const MOST_UNDER_WAY = 200;

const noFaults = (): Tally => ({
  doubled: 0,
  lost: 0,
  swapped: 0,
  unsealed: 0,
  pulls: 0,
  resyncs: 0,
  refused: {},
  ended: {},
  failed: {},
});

class Load {
  readonly #tally = noFaults();
  readonly #sentAt = new Float64Array(RING);
  readonly #sequences = new Float64Array(RING);
  readonly #logs: (Log | undefined)[] = new Array(RING);
  /** The newest accepted row of each conversation. */
  readonly #stored = new Map<number, number>();
  readonly #delivery = new Sample(SAMPLE);
  readonly #acceptance = new Sample(SAMPLE);
  #fleet: Fleet | undefined;
  #senders: readonly LoadDevice[] = [];
  #pace: Pace | undefined;
  #ticking: NodeJS.Timeout | undefined;
  #acknowledging: NodeJS.Timeout | undefined;
  /** Whose turn it is. */
  #share = 0;
  #counter = 0;
  #accepted = 0;
  #delivered = 0;
  #markedAt = 0;
  #latest = 0;
  #onAccepted: (() => void) | undefined;
  #onDelivered: (() => void) | undefined;

  readonly methods: {
    [M in Method]: (
      parameter: Parameters<LoadMethods[M]>[0],
    ) => Promise<ReturnType<LoadMethods[M]>> | ReturnType<LoadMethods[M]>;
  } = {
    open: async (setup) => {
      const began = performance.now();
      this.#fleet = new Fleet(setup, this.#tally, {
        accepted: (device, counter, sequence) => this.#takeAccepted(device, counter, sequence),
        delivered: (_, counter, sequence) => this.#takeDelivered(counter, sequence),
      });
      this.#senders = this.#fleet.devices.filter(({ logs }) => logs.some(({ template }) => template));
      await this.#fleet.open();
      this.#acknowledging = setInterval(() => this.#acknowledge(), ACKNOWLEDGE_EVERY_MS / SHARES);
      return { seconds: (performance.now() - began) / 1_000 };
    },
    prime: async () => {
      for (const device of this.#senders) {
        for (const log of device.logs) if (log.template !== undefined) this.#send(device, log);
      }
      const { missing, unanswered } = await this.#settle();
      if (missing + unanswered > 0) {
        throw new Error(
          `${unanswered} first messages unanswered, ${missing} missing: ${JSON.stringify(this.#tally)}`,
        );
      }
      // Of a first row only the head is told: those pulls are no fault.
      this.#tally.pulls = 0;
      return null;
    },
    start: (pace) => {
      this.#pace = pace;
      const { inFlight, rate } = pace;
      if (inFlight !== undefined) {
        for (const device of this.#senders) while (device.underWay < inFlight) this.#sendNext(device);
      }
      if (rate !== undefined) this.#keepRate(rate);
      return null;
    },
    mark: () => {
      this.#accepted = 0;
      this.#delivered = 0;
      this.#latest = 0;
      this.#delivery.clear();
      this.#acceptance.clear();
      this.#markedAt = performance.now();
      return null;
    },
    take: () => this.#counted(),
    stop: async () => {
      this.#pace = undefined;
      clearTimeout(this.#ticking);
      return await this.#settle();
    },
    oneByOne: async (count) => {
      const [device] = this.#senders;
      const log = device?.logs[0];
      if (device === undefined || log === undefined) throw new Error("nobody to send");
      const times: { delivery: number; acceptance: number }[] = [];
      for (let at = 0; at < count; at += 1) {
        const began = performance.now();
        const accepted = new Promise<number>((resolve) => {
          this.#onAccepted = () => resolve(performance.now() - began);
        });
        const delivered = new Promise<number>((resolve) => {
          this.#onDelivered = () => resolve(performance.now() - began);
        });
        this.#send(device, log);
        const [acceptance, delivery] = await Promise.all([accepted, delivered]);
        times.push({ acceptance, delivery });
      }
      this.#onAccepted = undefined;
      this.#onDelivered = undefined;
      return {
        delivery: percentile(
          times.map((each) => each.delivery),
          0.5,
        ),
        acceptance: percentile(
          times.map((each) => each.acceptance),
          0.5,
        ),
      };
    },
    pings: async (count) => {
      const [device] = this.#open().devices;
      const times: number[] = [];
      for (let at = 0; at < count; at += 1) {
        const began = performance.now();
        await device?.ping();
        times.push(performance.now() - began);
      }
      return percentile(times, 0.5);
    },
    pause: ({ from, to, paused }) => {
      for (const device of this.#open().devices.slice(from, to)) device.pause(paused);
      return null;
    },
    cut: () => {
      const fleet = this.#open();
      fleet.cut();
      for (const device of fleet.devices) device.cutOff();
      return null;
    },
    allLive: async (timeoutMs) => {
      const [began, fleet] = [performance.now(), this.#open()];
      await fleet.allLive(timeoutMs);
      const seconds = (performance.now() - began) / 1_000;
      const failed = { ...this.#tally.failed };
      for (const why of Object.keys(failed)) delete this.#tally.failed[why];
      return { seconds, live: fleet.live, failed };
    },
    echo: roundTrips,
    hold,
    close: async () => {
      clearInterval(this.#acknowledging);
      await this.#fleet?.close();
      this.#fleet = undefined;
      return null;
    },
  };

  #open(): Fleet {
    if (this.#fleet === undefined) throw new Error("nobody is connected");
    return this.#fleet;
  }

  #sendNext(device: LoadDevice): void {
    const { logs } = device;
    for (let tries = 0; tries < logs.length; tries += 1) {
      const log = logs[device.turn % logs.length];
      device.turn += 1;
      if (log?.template !== undefined) {
        this.#send(device, log);
        return;
      }
    }
  }

  #send(device: LoadDevice, log: Log): void {
    const counter = this.#counter;
    this.#counter += 1;
    const place = counter % RING;
    this.#logs[place] = log;
    this.#sequences[place] = 0;
    this.#sentAt[place] = performance.now();
    device.submit(log, counter);
  }

  #takeAccepted(device: LoadDevice, counter: number, sequence: number): void {
    const place = counter % RING;
    const log = this.#logs[place];
    if (log === undefined) throw new Error("an answer to what was never sent");
    const id = shortId(log.conversationId);
    if (sequence > (this.#stored.get(id) ?? 0)) this.#stored.set(id, sequence);
    this.#check(place, sequence);
    this.#accepted += 1;
    this.#acceptance.add(performance.now() - (this.#sentAt[place] ?? 0));
    this.#onAccepted?.();
    const inFlight = this.#pace?.inFlight;
    if (inFlight !== undefined) while (device.underWay < inFlight) this.#sendNext(device);
  }

  #takeDelivered(counter: number, sequence: number): void {
    const place = counter % RING;
    this.#check(place, sequence);
    this.#delivered += 1;
    this.#delivery.add(performance.now() - (this.#sentAt[place] ?? 0));
    this.#onDelivered?.();
  }

  /** A message has one number, wherever it turns up. */
  #check(place: number, sequence: number): void {
    if (this.#sequences[place] === 0) this.#sequences[place] = sequence;
    else if (this.#sequences[place] !== sequence) this.#tally.swapped += 1;
  }

  #keepRate(rate: number): void {
    const began = performance.now();
    let sent = 0;
    let turn = 0;
    const tick = (): void => {
      const due = ((performance.now() - began) * rate) / 1_000;
      this.#latest = Math.max(this.#latest, ((due - sent) * 1_000) / rate);
      for (let tries = 0; sent < due && tries < this.#senders.length * 2; tries += 1) {
        const device = this.#senders[turn % this.#senders.length];
        turn += 1;
        if (device === undefined || !device.live || device.underWay >= MOST_UNDER_WAY) continue;
        this.#sendNext(device);
        sent += 1;
      }
      if (this.#pace !== undefined) this.#ticking = setTimeout(tick, TICK_MS);
    };
    tick();
  }

  #acknowledge(): void {
    const devices = this.#fleet?.devices ?? [];
    this.#share = (this.#share + 1) % SHARES;
    for (let place = this.#share; place < devices.length; place += SHARES) {
      const device = devices[place];
      if (device?.behind && device.live) device.acknowledge();
    }
  }

  #counted(): Counted {
    const both = (sample: Sample) => {
      const values = sample.values();
      return { p50: percentile(values, 0.5), p99: percentile(values, 0.99) };
    };
    return {
      seconds: (performance.now() - this.#markedAt) / 1_000,
      accepted: this.#accepted,
      delivered: this.#delivered,
      delivery: both(this.#delivery),
      acceptance: both(this.#acceptance),
      latest: this.#latest,
      live: this.#fleet?.live ?? 0,
    };
  }

  async #settle(): Promise<Verdict> {
    let before = "";
    let since = performance.now();
    for (;;) {
      const left = this.#left();
      if (left.missing + left.unanswered === 0) break;
      const now = JSON.stringify(left);
      if (now !== before) since = performance.now();
      before = now;
      if (performance.now() - since > SETTLED_MS) break;
      await pause(10);
    }
    return { ...this.#tally, ...this.#left() };
  }

  #left(): { missing: number; unanswered: number } {
    let missing = 0;
    let unanswered = 0;
    for (const { logs, underWay } of this.#open().devices) {
      unanswered += underWay;
      for (const { conversationId, sequence } of logs) {
        missing += Math.max((this.#stored.get(shortId(conversationId)) ?? 0) - sequence.last, 0);
      }
    }
    return { missing, unanswered };
  }
}

const load = new Load();
process.on("message", async (request: Request) => {
  const { id, method, parameter } = request;
  let response: Response;
  try {
    response = { id, answer: await load.methods[method](parameter as never) };
  } catch (error) {
    response = { id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
  process.send?.(response);
});
// The bench is gone: nobody would ever end this one.
process.on("disconnect", () => process.exit(0));
