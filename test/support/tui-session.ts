// A person at a full-screen client whose screen is a list of what the model is told: effects and their answers, over real
// sockets and a real profile, without a terminal.
import { setTimeout as sleep } from "node:timers/promises";
import { failureOf } from "../../client/tui/effects/adapt.ts";
import { live, perform } from "../../client/tui/effects/index.ts";
import type { Session } from "../../client/tui/effects/session.ts";
import type { ChatData, ConversationRow, Entry, Loaded } from "../../client/tui/model/data.ts";
import type { Effect } from "../../client/tui/model/effect.ts";
import type { Event } from "../../client/tui/model/event.ts";
import type { Notification } from "../../client/tui/notification.ts";
import type { Enrolled } from "./enrolled.ts";

export class TuiSession {
  readonly person: Enrolled;
  readonly events: Event[] = [];
  readonly notifications: Notification[] = [];
  readonly #ending = new AbortController();
  readonly #session: Session;
  readonly #running: Promise<unknown>[] = [];
  #entries = new Map<string, Entry>();
  #rows = new Map<string, ConversationRow>();

  constructor(person: Enrolled) {
    this.person = person;
    this.#session = {
      paths: person.profile.paths,
      environment: {},
      relay: undefined,
      passphrase: async () => undefined,
      signal: this.#ending.signal,
      handOver: (work: () => Promise<unknown>) => work(),
      profile: person.profile,
      begin: () => undefined,
      leave: async () => {
        this.#ending.abort();
        await this.#running[0];
      },
      notify: (notification: Notification) => this.notifications.push(notification),
    } as unknown as Session;
  }

  /** Until it is connected, or until it cannot be. */
  async begin(): Promise<this> {
    this.#running.push(live(this.#session, this.#tell));
    await this.until(() => ["connected", "offline", "refused"].includes(this.connection), "a connection");
    return this;
  }

  async end(): Promise<void> {
    this.#ending.abort();
    await Promise.all(this.#running);
  }

  /** As the runtime does it. */
  do(effect: Effect): void {
    const failed = (error: unknown) => {
      this.#tell({ kind: "failed", effect: effect.kind, failure: failureOf(error) });
    };
    try {
      this.#running.push(Promise.resolve(perform(this.#session, effect, this.#tell)).catch(failed));
    } catch (error) {
      failed(error);
    }
  }

  /** Of the open conversation, in order. */
  get entries(): Entry[] {
    return [...this.#entries.values()].sort((one, other) => one.position - other.position);
  }

  get texts(): string[] {
    return this.entries.map((entry) => (entry.kind === "event" ? `* ${entry.text}` : entry.text));
  }

  get rows(): readonly ConversationRow[] {
    return [...this.#rows.values()];
  }

  row(name: string): ConversationRow | undefined {
    return this.#rows.get(name);
  }

  get connection(): string {
    return this.last("connection")?.connection.state ?? "starting";
  }

  /** What was told last of this kind. */
  last<What extends ChatData["what"]>(what: What): Extract<ChatData, { what: What }> | undefined {
    const found = this.chat.findLast((data) => data.what === what);
    return found as Extract<ChatData, { what: What }> | undefined;
  }

  loaded<What extends Loaded["what"]>(what: What): Extract<Loaded, { what: What }>[] {
    return this.events.flatMap((event) =>
      event.kind === "loaded" && event.loaded.what === what
        ? [event.loaded as Extract<Loaded, { what: What }>]
        : [],
    );
  }

  get chat(): ChatData[] {
    return this.events.flatMap((event) => (event.kind === "chat" ? [event.data] : []));
  }

  get failures(): string[] {
    return this.events.flatMap((event) =>
      event.kind === "failed" ? [`${event.effect}: ${event.failure.code}`] : [],
    );
  }

  async until(test: () => unknown, what: string, timeout = 10_000): Promise<void> {
    for (const end = Date.now() + timeout; !test(); ) {
      if (Date.now() > end) {
        throw new Error(`waited in vain for ${what}: ${JSON.stringify(this.events.slice(-12))}`);
      }
      await sleep(5);
    }
  }

  readonly #tell = (event: Event): void => {
    this.events.push(event);
    if (event.kind === "loaded" && "part" in event.loaded) {
      if (event.loaded.what === "transcript") this.#entries = new Map();
      for (const entry of event.loaded.part.entries) this.#entries.set(entry.key, entry);
    }
    if (event.kind !== "chat") return;
    const { data } = event;
    if (data.what === "entries") {
      for (const entry of data.entries) this.#entries.set(entry.key, entry);
      for (const key of data.gone) this.#entries.delete(key);
    }
    if (data.what === "conversations") {
      if (data.isWhole) this.#rows = new Map();
      for (const row of data.rows) this.#rows.set(row.name, row);
    }
  };
}
