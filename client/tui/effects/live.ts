import { setImmediate } from "node:timers/promises";
import { ChatError } from "../../core/chat-error.ts";
import { connector } from "../../core/connection/connect.ts";
import { followRelay } from "../../core/connection/follow.ts";
import { watchProfile } from "../../core/inbox/profile-changes.ts";
import { expireMessages, untilNextExpiry } from "../../core/messages/expire-messages.ts";
import { conversationNumber } from "../../core/messages/read-messages.ts";
import type { Connect } from "../../core/outbox/drain-outbox.ts";
import { findingsSince, newestFinding } from "../../core/people/security.ts";
import type { Profile } from "../../core/profile.ts";
import { changeScreenSetting, screenSettings } from "../../core/settings.ts";
import { safeText } from "../../safe-text.ts";
import type { ChatData, Connection, Loaded } from "../model/data.ts";
import type { Tell } from "../runtime.ts";
import { failureOf } from "./adapt.ts";
import { connectionAfter, refused } from "./connection.ts";
import { OpenConversation } from "./open-conversation.ts";
import { Outbox } from "./outbox.ts";
import { Requests } from "./requests.ts";
import { Rows } from "./rows.ts";
import { settingsOf } from "./settings.ts";
import { WhoIsThere } from "./who-is-there.ts";

/** Bursts of changes are looked at together. */
const LOOK_AGAIN_MS = 40;
/** The clock may be set: what disappears is looked for this often at least. */
const LONGEST_WAIT_MS = 60_000;

export interface LiveParts {
  readonly profile: Profile;
  /** The relay that was asked for. */
  readonly relay: string | undefined;
  readonly tell: Tell;
  /** Aborts when the client ends. */
  readonly signal: AbortSignal;
}

/** A profile that is open: tells the model what happens in it and on the line, whichever process brings it about. */
export class Live {
  readonly profile: Profile;
  readonly connect: Connect;
  readonly rows: Rows;
  readonly who: WhoIsThere;
  readonly signal: AbortSignal;
  readonly #tell: Tell;
  readonly #outbox: Outbox;
  readonly #requests: Requests;
  #open: OpenConversation | undefined;
  #connection: Connection = { state: "starting", why: undefined, queued: 0 };
  #settings = "";
  #found: number;
  #look: NodeJS.Timeout | undefined;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #expiry: NodeJS.Timeout | undefined;
  #again = new AbortController();

  constructor({ profile, relay, tell, signal }: LiveParts) {
    this.profile = profile;
    this.connect = connector(profile, relay);
    this.signal = signal;
    this.#tell = tell;
    this.rows = new Rows(profile);
    this.#requests = new Requests(profile, this.rows.names);
    this.#outbox = new Outbox(profile, this.connect, signal);
    // What was found while no client was open is told at the next start, once.
    this.#found = Number(screenSettings(profile).finding ?? newestFinding(profile));
    this.who = new WhoIsThere(
      profile,
      (name) => this.#called(name),
      (data) => this.#chat(data),
    );
  }

  /** Settles when the signal has aborted and nothing uses the profile any more. */
  async run(): Promise<void> {
    const { profile, signal } = this;
    signal.addEventListener("abort", () => this.#stop(), { once: true });
    this.#settings = JSON.stringify(settingsOf(profile));
    this.#chat(this.#begin());
    // The screen is drawn in between.
    await setImmediate();
    if (signal.aborted) return;
    this.#chat(this.rows.all());
    this.#count();
    this.who.start(signal);
    watchProfile(profile, signal, () => this.#lookSoon());
    this.look();
    while (!signal.aborted) await this.#follow();
    await this.#outbox.settled();
  }

  /** Opens a conversation in place of the one before. */
  open(name: string, around?: string): Loaded {
    const numberOf = () => this.numberOf(name);
    if (this.#open?.name !== name) this.#open = new OpenConversation(this.profile, name, numberOf);
    if (this.rows.names.numberOf(name) !== undefined)
      changeScreenSetting(this.profile, "conversation", String(this.rows.names.numberOf(name)));
    return this.#open.open(around);
  }

  close(): void {
    this.#open = undefined;
  }

  /** Undefined: it is not, or not any more, the one on the screen. */
  opened(name: string): OpenConversation | undefined {
    return this.#open?.name === name ? this.#open : undefined;
  }

  /** How use cases find the message of this id on the screen: others may have given theirs the same one. */
  messageCalled(id: string): string {
    return this.#open?.transcript.keyCalled(id) ?? id;
  }

  /** The local number of a conversation as the model calls it; undefined before anything was written there. */
  numberOf(name: string): number | undefined {
    const known = this.rows.names.numberOf(name);
    if (known !== undefined) return known;
    try {
      return conversationNumber(this.profile, name) ?? undefined;
    } catch (error) {
      if (error instanceof ChatError && error.code === "unknown_conversation") return undefined;
      throw error;
    }
  }

  /** Tells what has changed since the last time. */
  look(): void {
    clearTimeout(this.#look);
    this.#look = undefined;
    if (this.signal.aborted) return;
    this.#lookedAt = performance.now();
    try {
      expireMessages(this.profile);
      const rows = this.rows.changes();
      if (rows !== undefined) {
        this.#chat(rows);
        for (const data of this.#open?.changes() ?? []) this.#chat(data);
        this.#count();
      }
      for (const data of this.#open?.findings() ?? []) this.#chat(data);
      const requests = this.#requests.news();
      if (requests !== undefined) this.#chat(requests);
      this.#report();
      this.#tellSettings();
      this.#waitForExpiry();
    } catch (error) {
      this.#fail("live", error);
    }
  }

  /** Sends what was queued. Only what a person can do something about is told: the rest shows in the connection. */
  send(): void {
    this.#outbox.send().then(
      () => this.look(),
      (error: unknown) => {
        if (this.signal.aborted) return;
        this.look();
        const { code } = failureOf(error);
        if (code !== "relay_unreachable" && code !== "signed_out") this.#fail("send", error);
      },
    );
  }

  /** Gives the connection up and makes a new one at once. */
  reconnect(): void {
    this.#connect({ ...this.#connection, state: "connecting", why: undefined });
    this.#again.abort();
  }

  async #follow(): Promise<void> {
    this.#again = new AbortController();
    const again = this.#again.signal;
    const ending = new AbortController();
    const end = () => ending.abort();
    this.signal.addEventListener("abort", end, { once: true });
    again.addEventListener("abort", end, { once: true });
    try {
      await followRelay(this.profile, this.connect, {
        signal: ending.signal,
        signals: this.who.signals,
        onConnection: (state, error) => {
          this.who.connected(state === "connected");
          // What was missed is told before it is said that nothing is missing.
          if (state === "connected") this.look();
          this.#connect(connectionAfter(this.#connection, state, error));
        },
        onFindings: () => this.#lookSoon(),
      });
    } catch (error) {
      this.who.connected(false);
      this.#connect(refused(this.profile, this.#connection, error));
      // Until somebody asks for another attempt.
      await aborted(ending.signal);
    } finally {
      this.signal.removeEventListener("abort", end);
    }
  }

  /** The conversation that was on the screen last comes first: the model opens what comes first. */
  #begin(): ChatData {
    const first = this.rows.first();
    const last = this.rows.names.nameOf(Number(screenSettings(this.profile).conversation ?? 0));
    const row = first.rows.find(({ name, standing }) => name === last && standing !== "invited");
    return row === undefined ? first : { ...first, rows: [row] };
  }

  #stop(): void {
    clearTimeout(this.#look);
    clearTimeout(this.#expiry);
    this.who.leaves();
  }

  #lookSoon(): void {
    if (this.#look !== undefined || this.signal.aborted) return;
    const wait = this.#lookedAt + LOOK_AGAIN_MS - performance.now();
    if (wait <= 0) this.look();
    else this.#look = setTimeout(() => this.look(), wait);
  }

  #report(): void {
    const told = screenSettings(this.profile).finding;
    for (const { event, gravity, text } of findingsSince(this.profile, this.#found)) {
      this.#found = event;
      this.#chat({ what: gravity === "stop" ? "alarm" : "note", text: safeText(text) });
    }
    const found = String(this.#found);
    if (told !== found) changeScreenSetting(this.profile, "finding", found);
  }

  #tellSettings(): void {
    const settings = settingsOf(this.profile);
    const now = JSON.stringify(settings);
    if (now === this.#settings) return;
    this.#settings = now;
    this.#chat({ what: "settings", settings });
  }

  #waitForExpiry(): void {
    clearTimeout(this.#expiry);
    const wait = untilNextExpiry(this.profile);
    if (wait === undefined) return;
    this.#expiry = setTimeout(() => this.look(), Math.min(wait, LONGEST_WAIT_MS));
  }

  #count(): void {
    this.#connect({ ...this.#connection, queued: this.rows.queued });
  }

  #connect(connection: Connection): void {
    if (JSON.stringify(connection) === JSON.stringify(this.#connection)) return;
    this.#connection = connection;
    this.#chat({ what: "connection", connection });
  }

  /** What the model calls a conversation that a use case calls so. */
  #called(name: string): string | undefined {
    const number = this.numberOf(name);
    return number === undefined ? undefined : this.rows.names.nameOf(number);
  }

  #chat(data: ChatData): void {
    this.#tell({ kind: "chat", data });
  }

  #fail(effect: string, error: unknown): void {
    this.#tell({ kind: "failed", effect, failure: failureOf(error) });
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
