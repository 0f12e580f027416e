// How much each account has stored here. The writer's statements know nothing of it: what was accepted is added up in
// memory and told to the database every few seconds, in one statement for all accounts, which answers what they have
// by now at all relays. So a quota holds some seconds late, and what a relay had not told when it ended is not counted.
import { toHex } from "../../keys/public.ts";
import { isUnavailable, type Queries } from "../db/pool.ts";
import { ErrorReason, RelayError } from "../errors.ts";
import type { Metrics } from "../metrics/metrics.ts";
import { addStored } from "./sql/add-stored.ts";
import { deleteStored } from "./sql/delete-stored.ts";

/** Of what is not yet as old as messages get. */
export interface StorageQuota {
  readonly rows: number;
  readonly bytes: number;
}

export interface StorageSetup {
  readonly database: Queries;
  readonly clock: () => number;
  readonly quota: StorageQuota;
  readonly retentionMs: number;
  readonly everyMs: number;
  readonly metrics: Pick<Metrics, "quotaExceeded">;
  readonly onError: (error: unknown) => void;
}

const DAY_MS = 24 * 3_600_000;

/** What one account has stored since the database was told. */
export class Stored {
  readonly accountId: Uint8Array;
  rows = 0;
  bytes = 0;
  isFull = false;

  constructor(accountId: Uint8Array) {
    this.accountId = accountId;
  }

  add(bytes: number): void {
    this.rows += 1;
    this.bytes += bytes;
  }
}

export class Storage {
  readonly #setup: StorageSetup;
  /** Of accounts that are connected here, or that the database has not been told all of. */
  readonly #accounts = new Map<string, { readonly stored: Stored; users: number }>();
  #timer: NodeJS.Timeout | undefined;
  #tidiedDay = 0;

  constructor(setup: StorageSetup) {
    this.#setup = setup;
  }

  /** Until `leave`. */
  enter(accountId: Uint8Array): Stored {
    const key = toHex(accountId);
    const known = this.#accounts.get(key) ?? { stored: new Stored(accountId), users: 0 };
    known.users += 1;
    this.#accounts.set(key, known);
    this.#timer ??= setTimeout(() => void this.#tell(), this.#setup.everyMs).unref();
    return known.stored;
  }

  leave(accountId: Uint8Array): void {
    const known = this.#accounts.get(toHex(accountId));
    if (known !== undefined) known.users -= 1;
  }

  /** Throws QUOTA_EXCEEDED. */
  check({ isFull }: Stored): void {
    if (!isFull) return;
    const { quota, metrics, clock } = this.#setup;
    metrics.quotaExceeded.of("storage").add();
    // Every midnight a day's messages are too old.
    throw storageFull(quota, DAY_MS - (clock() % DAY_MS));
  }

  /** Tells the database. Never rejects: what it did not take is told the next time, of those who are still here. */
  async #tell(): Promise<void> {
    const { database, clock, quota, retentionMs, everyMs, onError } = this.#setup;
    const day = Math.floor(clock() / DAY_MS);
    const firstDay = Math.floor((clock() - retentionMs) / DAY_MS);
    const amounts = [...this.#accounts.values()]
      .filter(({ stored }) => stored.rows > 0 || stored.isFull)
      .map(({ stored }) => ({ ...stored, stored }));
    let failed = false;
    try {
      const told = amounts.length === 0 ? [] : await addStored(database, { day, firstDay }, amounts);
      for (const { rows, bytes, stored } of amounts) {
        stored.rows -= rows;
        stored.bytes -= bytes;
      }
      for (const { account_id: id, rows, bytes } of told) {
        const known = this.#accounts.get(toHex(id));
        if (known !== undefined) known.stored.isFull = rows >= quota.rows || bytes >= quota.bytes;
      }
      if (this.#tidiedDay !== day) await deleteStored(database, firstDay);
      this.#tidiedDay = day;
    } catch (error) {
      // Those who come to a database that is away hear of it themselves.
      if (!isUnavailable(error)) onError(error);
      failed = true;
    }
    for (const [key, { stored, users }] of this.#accounts) {
      if (users === 0 && (failed || stored.rows === 0)) this.#accounts.delete(key);
    }
    const isIdle = this.#accounts.size === 0;
    this.#timer = isIdle ? undefined : setTimeout(() => void this.#tell(), everyMs).unref();
  }
}

function storageFull({ rows, bytes }: StorageQuota, retryAfter: number): RelayError {
  const gibibytes = Math.floor(bytes / 1024 ** 3);
  const message = `an account stores at most ${rows} messages and ${gibibytes} GiB until they are too old`;
  return new RelayError(ErrorReason.QUOTA_EXCEEDED, message, { retryAfter });
}
