import { type AccountId, toHex } from "../../../keys/index.ts";
import { type HeardSignal, MAX_SKEW_MS, type SignalKind } from "./signal-frames.ts";

/** Somebody who is typing, or there. */
export interface Shown {
  readonly conversation: number;
  readonly kind: SignalKind;
  readonly accountId: AccountId;
  /** It lapses then, unless it is said again. */
  readonly until: number;
}

interface Entry extends Shown {
  readonly isOn: boolean;
  readonly sentAt: number;
}

const LASTS_MS: Readonly<Record<SignalKind, number>> = { typing: 6_000, presence: 60_000 };
/** Far more than live people make: who fills it is a crowd of devices that all belong to members. */
const MAX_ENTRIES = 4_096;

/** Who is typing or there, by what was heard last; in memory only, and bounded. */
export class SignalPicture {
  readonly #entries = new Map<string, Entry>();

  /** Passes over a frame that is not later than the last of its kind from that device: it was recorded. */
  take(
    { conversation: { conversation }, kind, accountId, deviceId, isOn, sentAt }: HeardSignal,
    now: number,
  ) {
    const key = [conversation, kind, toHex(accountId), toHex(deviceId)].join(" ");
    const last = this.#entries.get(key);
    if (last !== undefined && sentAt <= last.sentAt) return;
    if (last === undefined && this.#entries.size >= MAX_ENTRIES) this.#forgetOld(now);
    if (last === undefined && this.#entries.size >= MAX_ENTRIES) return;
    this.#entries.set(key, { conversation, kind, accountId, isOn, sentAt, until: now + LASTS_MS[kind] });
  }

  /** By person: one who is typing on two devices is typing once. */
  shown(now: number): ReadonlyMap<string, Shown> {
    const people = new Map<string, Shown>();
    for (const entry of this.#entries.values()) {
      const left = entry.until - now;
      // More than it began with: the clock was set back.
      if (!entry.isOn || left <= 0 || left > LASTS_MS[entry.kind]) continue;
      const key = [entry.conversation, entry.kind, toHex(entry.accountId)].join(" ");
      if ((people.get(key)?.until ?? 0) < entry.until) people.set(key, entry);
    }
    return people;
  }

  /** What is over, and so old that a recording of it would be refused for its time alone. */
  #forgetOld(now: number): void {
    for (const [key, { until, sentAt }] of this.#entries) {
      if (until <= now && sentAt + MAX_SKEW_MS < now) this.#entries.delete(key);
    }
  }
}
