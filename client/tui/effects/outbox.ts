import { setTimeout as sleep } from "node:timers/promises";
import { type Connect, drainOutbox } from "../../core/outbox/drain-outbox.ts";
import type { Profile } from "../../core/profile.ts";

/** Another process is sending: it may have looked at the outbox before this was in it. */
const LOOK_AGAIN_MS = 50;
const LOOKS = 40;

/** Sends what is queued, one attempt at a time. */
export class Outbox {
  readonly #profile: Profile;
  readonly #connect: Connect;
  readonly #signal: AbortSignal;
  #sending: Promise<void> | undefined;
  #isAsked = false;

  constructor(profile: Profile, connect: Connect, signal: AbortSignal) {
    this.#profile = profile;
    this.#connect = connect;
    this.#signal = signal;
  }

  /** Settles when the outbox was empty after this was asked for. Rejects when it could not be sent: it stays queued. */
  send(): Promise<void> {
    this.#isAsked = true;
    this.#sending ??= this.#drain().finally(() => {
      this.#sending = undefined;
    });
    return this.#sending;
  }

  /** Settles when nothing of it uses the profile any more. */
  async settled(): Promise<void> {
    await this.#sending?.catch(() => undefined);
  }

  async #drain(): Promise<void> {
    while (this.#isAsked && !this.#signal.aborted) {
      this.#isAsked = false;
      for (let look = 0; look < LOOKS && !this.#signal.aborted; look += 1) {
        if (await drainOutbox(this.#profile, this.#connect, { signal: this.#signal })) break;
        await sleep(LOOK_AGAIN_MS, undefined, { signal: this.#signal }).catch(() => undefined);
      }
    }
  }
}
