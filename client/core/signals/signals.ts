import type { AccountId } from "../../../keys/index.ts";
import { nextSecond } from "../../beat.ts";
import type { RelayStream } from "../../net/relay-connection.ts";
import { type ConversationKind, findNumbered, type StoredConversation } from "../../store/conversations.ts";
import { lastActive } from "../../store/summaries.ts";
import { findConversationWith, membersOf, resolveTo } from "../conversations/conversations.ts";
import { nameOf } from "../groups/memberships.ts";
import { conversationName } from "../messages/message.ts";
import type { Profile } from "../profile.ts";
import { openSignal, type SignalKind, sealSignal } from "./signal-frames.ts";
import { type Shown, SignalPicture } from "./signal-picture.ts";

/** Somebody has begun or ceased to type, or to be there. */
export interface SignalChange {
  readonly kind: SignalKind;
  readonly isOn: boolean;
  /** The name to send to. */
  readonly conversation: string;
  readonly conversationKind: ConversationKind;
  readonly from: string;
  /** Milliseconds since 1970, by this machine's clock. */
  readonly at: number;
}

/** Who goes on typing says so this often: twice before it lapses. */
const TYPING_EVERY_MS = 3_000;
/** Whoever comes and goes all the time is not greeted more often. */
const GREET_EVERY_MS = 5_000;
/** How far the times of frames may run ahead of the clock, a millisecond with each. */
const MAX_AHEAD_MS = 1_000;
/** Presence in a crowd is noise, and a burden on the relay. */
const MAX_PRESENCE_MEMBERS = 32;
const MAX_PRESENCE_CONVERSATIONS = 250;
/** A second: the relay drops what goes beyond twenty, and somebody may be typing. */
const BURST = 8;

/**
 * Typing and presence of a process that follows the relay: give it to `followRelay`. Nothing of it is kept. Another
 * process of the profile that holds the live stream hears it all instead, and what is sent meanwhile goes nowhere.
 */
export class Signals {
  readonly #profile: Profile;
  readonly #picture = new SignalPicture();
  readonly #listeners = new Set<(change: SignalChange) => void>();
  #shown: ReadonlyMap<string, Shown> = new Map();
  #lapse: NodeJS.Timeout | undefined;
  #stream: Pick<RelayStream, "signal"> | undefined;
  /** When typing was said last, by conversation. */
  readonly #typed = new Map<number, number>();
  /** When somebody there was greeted last, by conversation. */
  readonly #greeted = new Map<number, number>();
  /** The time that the last frame bears. */
  #sentAt = 0;

  constructor(profile: Profile) {
    this.#profile = profile;
  }

  /** Hears each change, until the returned function is called. */
  subscribe(listener: (change: SignalChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The names of those who are typing, or present, in a conversation of the user's. */
  who(kind: SignalKind, to: string): string[] {
    const conversation = this.#numberOf(to);
    return [...this.#shown.values()]
      .filter((shown) => shown.kind === kind && shown.conversation === conversation)
      .map(({ accountId }) => nameOf(this.#profile, accountId));
  }

  /** The accounts of those who are present in a conversation. */
  present(conversation: number): AccountId[] {
    return [...this.#shown.values()]
      .filter((shown) => shown.kind === "presence" && shown.conversation === conversation)
      .map(({ accountId }) => accountId);
  }

  /** Says that one is typing, as often as it is called but at most every three seconds; or that one is not any more. */
  typing(to: string, isTyping = true): void {
    const conversation = this.#numberOf(to);
    if (conversation === undefined) return;
    const now = this.#profile.runtime.now();
    const isFresh = Math.abs(now - (this.#typed.get(conversation) ?? 0)) < TYPING_EVERY_MS;
    if (isTyping ? isFresh : !this.#typed.has(conversation)) return;
    if (isTyping) this.#typed.set(conversation, now);
    else this.#typed.delete(conversation);
    this.#send(conversation, "typing", isTyping);
  }

  /** Says that one is there, or goes, where one was last active first; to be said again every thirty seconds. */
  async announcePresence(isPresent = true): Promise<void> {
    const stream = this.#stream;
    const conversations = this.#circle();
    for (const [index, conversation] of conversations.entries()) {
      if (index > 0 && index % BURST === 0) await nextSecond();
      if (stream === undefined || this.#stream !== stream) return;
      this.#send(conversation, "presence", isPresent);
    }
  }

  /** Says at once that one is there, to somebody who has come just now. */
  greet(to: string): void {
    const stored = findConversationWith(this.#profile, resolveTo(this.#profile, to));
    if (stored === undefined || !this.#isSmall(stored)) return;
    const { conversation } = stored;
    const now = this.#profile.runtime.now();
    if (Math.abs(now - (this.#greeted.get(conversation) ?? 0)) < GREET_EVERY_MS) return;
    this.#greeted.set(conversation, now);
    this.#send(conversation, "presence", true);
  }

  /** For the live stream: what is sent from now on goes there. Undefined: it has ended. */
  attach(stream: Pick<RelayStream, "signal"> | undefined): void {
    this.#stream = stream;
    if (stream === undefined) this.#typed.clear();
  }

  /** For the live stream: what came in. */
  hear(frames: readonly Uint8Array[]): void {
    for (const frame of frames) {
      const heard = openSignal(this.#profile, frame);
      if (heard !== undefined) this.#picture.take(heard, this.#profile.runtime.now());
    }
    this.#look();
  }

  /** For `followRelay`: the profile may be closed from now on. */
  end(): void {
    clearTimeout(this.#lapse);
  }

  #numberOf(to: string): number | undefined {
    return findConversationWith(this.#profile, resolveTo(this.#profile, to))?.conversation;
  }

  #send(conversation: number, kind: SignalKind, isOn: boolean): void {
    const stored = findNumbered(this.#profile.db, conversation);
    const frame = stored && sealSignal(this.#profile, stored, { kind, isOn }, this.#nextTime());
    if (frame !== undefined) this.#stream?.signal(frame);
  }

  /** Who comes and goes in one millisecond says so at two times: the second frame would count for nothing. */
  #nextTime(): number {
    const now = this.#profile.runtime.now();
    const ahead = this.#sentAt - now;
    // By more: the clock was set back, and is right now.
    this.#sentAt = ahead >= 0 && ahead < MAX_AHEAD_MS ? this.#sentAt + 1 : now;
    return this.#sentAt;
  }

  #isSmall(stored: StoredConversation): boolean {
    return membersOf(this.#profile, stored).length <= MAX_PRESENCE_MEMBERS;
  }

  #circle(): number[] {
    const { db } = this.#profile;
    return lastActive(db, MAX_PRESENCE_CONVERSATIONS).filter((conversation) => {
      const stored = findNumbered(db, conversation);
      return stored !== undefined && this.#isSmall(stored);
    });
  }

  /** Tells what has changed, and comes back when the next of it lapses. */
  #look(): void {
    const now = this.#profile.runtime.now();
    const [before, after] = [this.#shown, this.#picture.shown(now)];
    this.#shown = after;
    for (const [key, shown] of before) if (!after.has(key)) this.#tell(shown, false, now);
    for (const [key, shown] of after) if (!before.has(key)) this.#tell(shown, true, now);
    clearTimeout(this.#lapse);
    if (after.size === 0) return;
    const next = Math.min(...[...after.values()].map(({ until }) => until));
    this.#lapse = setTimeout(() => this.#look(), Math.max(next - now, 1)).unref();
  }

  #tell({ conversation, kind, accountId }: Shown, isOn: boolean, at: number): void {
    const stored = findNumbered(this.#profile.db, conversation);
    if (stored === undefined) return;
    const change = {
      kind,
      isOn,
      conversation: conversationName(stored),
      conversationKind: stored.kind,
      from: nameOf(this.#profile, accountId),
      at,
    };
    for (const listener of this.#listeners) listener(change);
  }
}
