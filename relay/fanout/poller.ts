// In place of what another relay could not tell: the database is asked what is new for the devices that are live here. Only
// while there is another relay and it is not heard, and a while after that.
import { setTimeout as sleep } from "node:timers/promises";
import { accountId, conversationId, deviceId, fromHex, toHex } from "../../keys/public.ts";
import type { Database } from "../db/pool.ts";
import { describeError, type Logger } from "../logger.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { BusEvent } from "./bus.ts";
import type { DeviceKey } from "./committed-row.ts";
import type { Link } from "./nats-link.ts";
import type { OtherRelays } from "./other-relays.ts";
import { type MovedRow, selectMoved } from "./sql/select-moved.ts";
import { selectRelays } from "./sql/select-relays.ts";
import { selectShutOut } from "./sql/select-shut-out.ts";

const EVERY_MS = 1_500;
/** Whoever is in doubt looks so many times sooner; not at once, since whoever can write to NATS can raise doubts. */
const SOONER = 3;
/** After something was amiss: the others see that this relay is there again only with its next beat. */
const AFTER_MS = 5_000;
/** Rounds look back so far, by marks of the database: it takes a while until a relay is noticed not to be heard. */
const MARKS_KEPT = 8;
/** Accounts or devices of one statement. */
const SLICE = 500;
/** Of 200 characters or so each. */
const MAX_TOLD = 50_000;
const ACCOUNT_HEX = 64;

export interface PollerSetup {
  readonly database: Database;
  readonly bus: {
    attended(): readonly DeviceKey[];
    hear(event: BusEvent): void;
    subscribe(listen: (event: BusEvent) => void): () => void;
  };
  readonly link: Pick<Link, "isUp"> | undefined;
  readonly others: OtherRelays;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly everyMs?: number;
}

interface Head {
  readonly head: bigint;
  readonly roster: bigint;
}

export class Poller {
  readonly #setup: PollerSetup;
  readonly #stopping = new AbortController();
  readonly #working: Promise<void>;
  readonly #unsubscribe: () => void;
  /** Of times when nothing was amiss, the oldest first; while there is, one: of the last round. */
  #marks: string[] = [];
  /** What the devices here have been told of: those of an account and, of rows that this relay has pushed, all of them. */
  readonly #told = new Map<string, Head>();
  #pollUntil = performance.now() + AFTER_MS;
  #isPolling = false;
  #wake: () => void = () => undefined;

  constructor(setup: PollerSetup) {
    this.#setup = setup;
    this.#unsubscribe = setup.bus.subscribe((event) => this.#hear(event));
    this.#working = this.#work();
  }

  /** Something may have been missed: looks at once, and goes on for a while. */
  doubt(): void {
    this.#pollUntil = performance.now() + AFTER_MS;
    this.#wake();
  }

  stop(): Promise<void> {
    this.#unsubscribe();
    this.#stopping.abort();
    this.#wake();
    return this.#working;
  }

  async #work(): Promise<void> {
    const { log, everyMs = EVERY_MS } = this.#setup;
    let isAway = false;
    while (!this.#stopping.signal.aborted) {
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      try {
        await this.#look();
        isAway = false;
      } catch (error) {
        // Once, not every two seconds.
        if (!isAway) log.warn(describeError(error), "could not look for news");
        isAway = true;
      }
      const pause = (ms: number) =>
        sleep(ms, undefined, { signal: this.#stopping.signal, ref: false }).catch(() => undefined);
      await Promise.race([pause(everyMs), woken.then(() => pause(everyMs / SOONER))]);
    }
  }

  async #look(): Promise<void> {
    const { database, others } = this.#setup;
    const { relays, mark } = await selectRelays(database);
    others.see(relays);
    const [since = mark] = this.#marks;
    if (!this.#isNeeded()) {
      this.#say(false);
      this.#marks = [...this.#marks, mark].slice(-MARKS_KEPT);
      return;
    }
    this.#say(true);
    await this.#poll(since);
    this.#marks = [mark];
  }

  #isNeeded(): boolean {
    const { link, others } = this.#setup;
    if (others.isAlone) return false;
    return link?.isUp !== true || !others.areHeard || performance.now() < this.#pollUntil;
  }

  /** In the log, when it changes. */
  #say(isPolling: boolean): void {
    const { log, link } = this.#setup;
    if (isPolling === this.#isPolling) return;
    this.#isPolling = isPolling;
    if (!isPolling) this.#told.clear();
    const why =
      link === undefined ? "several relays on one database need --nats" : "not all relays are heard";
    if (isPolling) log.warn({}, `mail of other relays comes by polling, up to two seconds late: ${why}`);
    else log.info({}, "all relays are heard: no polling");
  }

  async #poll(since: string): Promise<void> {
    const { database, bus, metrics } = this.#setup;
    const devices = bus.attended();
    const accounts = new Set(devices.map(accountOf));
    const moved: MovedRow[] = [];
    for (const some of slices([...accounts])) {
      const began = performance.now();
      for (const row of await selectMoved(database, some.map(fromHex), since)) moved.push(row);
      metrics.polls.add();
      metrics.pollSeconds.since(began);
    }
    this.#tell(moved);
    for (const some of slices(devices)) {
      const shut = await selectShutOut(
        database,
        some.map((device) => ({
          accountId: fromHex(device.slice(0, ACCOUNT_HEX)),
          deviceId: fromHex(device.slice(ACCOUNT_HEX)),
        })),
      );
      for (const { account_id, device_id, disabled } of shut) {
        const device = { accountId: accountId(account_id), deviceId: deviceId(device_id) };
        bus.hear({ kind: "removed", ...device, ...(disabled && { disabled: true }) });
      }
    }
  }

  #tell(rows: readonly MovedRow[]): void {
    const { bus, metrics } = this.#setup;
    // As they are now: of an account that was asked about, another device may have come meanwhile.
    const ofAccount = Map.groupBy(bus.attended(), accountOf);
    const moved = Map.groupBy(rows, (row) => row.conversation_id.toString("hex"));
    for (const [key, some] of moved) {
      const untold = some.filter((row) => !this.#isTold(key, row));
      const devices = untold.flatMap((row) => ofAccount.get(row.account_id.toString("hex")) ?? []);
      const [first] = untold;
      if (first === undefined || devices.length === 0) continue;
      metrics.headsByPoll.add(devices.length);
      bus.hear({ kind: "moved", conversationId: conversationId(first.conversation_id), devices });
    }
  }

  #isTold(key: string, { account_id: account, head, roster_version: roster }: MovedRow): boolean {
    const ofAccount = key + account.toString("hex");
    const [told, pushed] = [this.#told.get(ofAccount), this.#told.get(key)];
    this.#note(ofAccount, { head, roster });
    const isHeadTold = [told, pushed].some((known) => known !== undefined && known.head >= head);
    return isHeadTold && (told === undefined || told.roster >= roster);
  }

  /** A row of this relay's own is pushed from memory to all that are live here: its head need not be told. */
  #hear(event: BusEvent): void {
    if (!this.#isPolling || event.kind !== "moved" || event.row === undefined) return;
    this.#note(toHex(event.conversationId), { head: event.row.sequence, roster: 0n });
  }

  #note(key: string, head: Head): void {
    this.#told.delete(key);
    this.#told.set(key, head);
    const [oldest] = this.#told.keys();
    if (this.#told.size > MAX_TOLD && oldest !== undefined) this.#told.delete(oldest);
  }
}

function accountOf(device: DeviceKey): string {
  return device.slice(0, ACCOUNT_HEX);
}

function* slices<Item>(items: readonly Item[]): Generator<readonly Item[]> {
  for (let at = 0; at < items.length; at += SLICE) yield items.slice(at, at + SLICE);
}
