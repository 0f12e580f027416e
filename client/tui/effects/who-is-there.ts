import type { Profile } from "../../core/profile.ts";
import { Signals } from "../../core/signals/signals.ts";
import { safeText } from "../../safe-text.ts";
import type { ChatData } from "../model/data.ts";

const ANNOUNCE_EVERY_MS = 30_000;

/** Typing and presence: what the model is told of others, and what others are told while the terminal has the focus. */
export class WhoIsThere {
  readonly signals: Signals;
  readonly #own: string;
  /** By conversation, as it is called by use cases. */
  readonly #present = new Map<string, Set<string>>();
  #hasFocus = true;
  #isConnected = false;
  #saidAt = Number.NEGATIVE_INFINITY;

  /** `call`: what the model calls that conversation; undefined: it does not know it. */
  constructor(
    profile: Profile,
    call: (conversation: string) => string | undefined,
    tell: (data: ChatData) => void,
  ) {
    this.signals = new Signals(profile);
    this.#own = profile.identity.name;
    const typing = new Map<string, Set<string>>();
    this.signals.subscribe(({ kind, isOn, conversation, conversationKind, from }) => {
      if (from === this.#own) return;
      const isGroup = conversationKind === "group" || conversationKind === "room";
      const where = isGroup ? `#${conversation}` : conversation;
      const who = changed(kind === "typing" ? typing : this.#present, where, from, isOn);
      const name = call(where);
      if (kind === "presence") {
        tell({ what: "presence", present: this.#everybody() });
        if (isOn && this.#isHere) this.signals.greet(where);
      }
      if (kind === "typing" && name !== undefined)
        tell({ what: "typing", conversation: safeText(name), names: [...who].map(safeText) });
    });
  }

  connected(isConnected: boolean): void {
    this.#isConnected = isConnected;
    if (isConnected) this.#announce();
  }

  focused(hasFocus: boolean): void {
    this.#hasFocus = hasFocus;
    if (performance.now() - this.#saidAt >= ANNOUNCE_EVERY_MS) this.#announce();
  }

  /** Until the signal aborts. */
  start(signal: AbortSignal): void {
    const timer = setInterval(() => this.#announce(), ANNOUNCE_EVERY_MS);
    signal.addEventListener("abort", () => clearInterval(timer), { once: true });
  }

  /** For the end: nobody needs to wait until it lapses. */
  leaves(): void {
    this.signals.announcePresence(false).catch(() => undefined);
  }

  get #isHere(): boolean {
    return this.#hasFocus && this.#isConnected;
  }

  #announce(): void {
    if (!this.#isHere) return;
    this.#saidAt = performance.now();
    // What cannot be said now is said again soon.
    this.signals.announcePresence().catch(() => undefined);
  }

  #everybody(): string[] {
    return [...new Set([...this.#present.values()].flatMap((names) => [...names]))].sort().map(safeText);
  }
}

function changed(
  all: Map<string, Set<string>>,
  where: string,
  name: string,
  isOn: boolean,
): ReadonlySet<string> {
  const names = all.get(where) ?? new Set<string>();
  if (isOn) names.add(name);
  else names.delete(name);
  if (names.size === 0) all.delete(where);
  else all.set(where, names);
  return names;
}
