import type { MessageName } from "../../store/annotations.ts";
import { findNumbered, type StoredConversation } from "../../store/conversations.ts";
import { snapshot } from "../../store/database.ts";
import { eventsArrivedAfter, type StoredEvent } from "../../store/events.ts";
import {
  countMessages,
  findMessage,
  messagesArrivedAfter,
  newestArrival,
  readMessage,
  type StoredMessage,
} from "../../store/messages.ts";
import { newestPosition } from "../../store/receipt-marks.ts";
import { messagesAfterPosition, unsentMessages, unsentTargets } from "../../store/transcript.ts";
import type { Profile } from "../profile.ts";
import { keyOf } from "./find-message.ts";
import {
  type MessageItem,
  readTranscript,
  type TranscriptItem,
  type TranscriptPage,
  type TranscriptWish,
  toItem,
} from "./read-transcript.ts";

const PAGE = 100;
const ROWS_A_TURN = 500;
/** Beyond, the oldest are let go of; who wants to see them asks for them anew. */
const MOST_ITEMS = 2_000;

/** What has become of the part that is held. */
export interface TranscriptChanges {
  /** New or changed, each as it is now; in no order. */
  readonly changed: readonly TranscriptItem[];
  /** Keys of those that are not there any more. */
  readonly gone: readonly string[];
}

const nothing: TranscriptChanges = { changed: [], gone: [] };

interface Held {
  readonly item: TranscriptItem;
  /** Tells two states of it apart. */
  readonly state: string;
}

/** Up to where the profile has been looked through. */
interface Seen {
  readonly arrival: number;
  readonly position: number;
  readonly unread: number;
  /** What the relay may still refuse: then it is taken back. */
  readonly unsure: ReadonlyMap<number, MessageName>;
}

/** A part of a conversation that somebody looks at, and what changes in it, whichever process does that. */
export class OpenTranscript {
  readonly #profile: Profile;
  /** Which may change: a conversation begins with the first message, and a name may turn out to be somebody known. */
  readonly #find: () => number | undefined;
  readonly #held = new Map<string, Held>();
  #number: number | undefined;
  #hasOlder = false;
  #hasNewer = false;
  #seen: Seen = { arrival: 0, position: 0, unread: 0, unsure: new Map() };

  constructor(profile: Profile, find: () => number | undefined) {
    this.#profile = profile;
    this.#find = find;
  }

  /** What is held, in order. */
  get items(): TranscriptItem[] {
    return [...this.#held.values()].map(({ item }) => item).sort((one, other) => one.place - other.place);
  }

  get conversation(): number | undefined {
    return this.#number;
  }

  /** Forgets what it held, and takes the newest page, or another. */
  open(wish: TranscriptWish = { at: "end" }): TranscriptPage {
    return snapshot(this.#profile.db, () => {
      this.#held.clear();
      this.#number = this.#find();
      this.#look();
      const page = this.#read(wish);
      this.#hasOlder = page.hasOlder;
      this.#hasNewer = page.hasNewer;
      return page;
    });
  }

  older(before: number): TranscriptPage {
    const page = this.#read({ before });
    this.#hasOlder = page.hasOlder;
    return page;
  }

  newer(after: number): TranscriptPage {
    const page = this.#read({ after });
    this.#hasNewer = page.hasNewer;
    return page;
  }

  /** The key of the message held that has this id; of several one's own, else the first. */
  keyCalled(id: string): string | undefined {
    const found = [...this.#held.values()].flatMap(({ item }) =>
      item.type === "message" && item.message.id === id ? [item] : [],
    );
    return (found.find(({ message }) => message.from === this.#profile.identity.name) ?? found[0])?.key;
  }

  /** For `markRead`: where those of these messages are that are held and were not read. */
  unreadPositions(keys: readonly string[]): number[] {
    return keys.flatMap((key) => {
      const item = this.#held.get(key)?.item;
      return item?.type === "message" && item.unread ? [item.message.position] : [];
    });
  }

  /** What has changed since it was last asked; reads only what may have. Undefined: it is to be opened anew. */
  changes(): TranscriptChanges | undefined {
    return snapshot(this.#profile.db, () => {
      const held = this.#number === undefined ? undefined : findNumbered(this.#profile.db, this.#number);
      if (held !== undefined) return this.#compare(held);
      const found = this.#find();
      // What was a mere name has turned out to be one that there was already.
      if (this.#number !== undefined && found !== undefined) return undefined;
      const stored = found === undefined ? undefined : findNumbered(this.#profile.db, found);
      if (stored === undefined) return nothing;
      this.#number = found;
      return this.#compare(stored);
    });
  }

  #read(wish: TranscriptWish): TranscriptPage {
    if (this.#number === undefined) return { items: [], hasOlder: false, hasNewer: false };
    const page = readTranscript(this.#profile, this.#number, wish, PAGE);
    for (const item of page.items) this.#held.set(item.key, { item, state: JSON.stringify(item) });
    return page;
  }

  #look(): void {
    const { db } = this.#profile;
    const number = this.#number;
    this.#seen = {
      arrival: newestArrival(db),
      position: number === undefined ? 0 : newestPosition(db, number),
      unread: number === undefined ? 0 : countMessages(db, number).unread,
      unsure: number === undefined ? new Map() : unsentTargets(db, number),
    };
  }

  #compare(stored: StoredConversation): TranscriptChanges {
    const { db } = this.#profile;
    const { conversation } = stored;
    const before = this.#seen;
    this.#look();
    const messages = new Map<string, StoredMessage>();
    const consider = (message: StoredMessage | undefined) => {
      if (message?.conversation === conversation) messages.set(keyOf(message), message);
    };
    const again = (isMeant: (item: MessageItem) => boolean) => {
      for (const [key, { item }] of this.#held) {
        if (item.type !== "message" || messages.has(key) || !isMeant(item)) continue;
        consider(readMessage(db, item.message.position));
      }
    };
    for (const each of since(
      before.position,
      ({ position }: StoredMessage) => position,
      (after) => messagesAfterPosition(db, conversation, after, ROWS_A_TURN),
    )) {
      consider(each);
    }
    for (const each of since(before.arrival, arrivalOf, (after) =>
      messagesArrivedAfter(db, after, ROWS_A_TURN),
    )) {
      consider(each);
    }
    const events: StoredEvent[] = [];
    let hasReceipts = false;
    for (const event of since(before.arrival, arrivalOf, (after) =>
      eventsArrivedAfter(db, after, ROWS_A_TURN),
    )) {
      if (event.conversation !== conversation) continue;
      if (event.sequence !== undefined) events.push(event);
      if (event.event === "receipt") hasReceipts = true;
      else if (event.target !== undefined) {
        consider(findMessage(db, event.target.messageId, event.target.deviceId));
      }
    }
    for (const each of unsentMessages(db, conversation)) consider(each);
    for (const [position, { messageId, deviceId }] of before.unsure)
      if (!this.#seen.unsure.has(position)) consider(findMessage(db, messageId, deviceId));
    // What a receipt tells of a message holds for those before it.
    if (hasReceipts) {
      const own = this.#profile.identity.name;
      again(({ message: { from, state } }) => from === own && state !== "read");
    }
    // It may have been put away.
    again(({ message: { state } }) => state === "failed");
    if (before.unread !== this.#seen.unread) again(({ unread }) => unread);
    again(({ answers }) => answers !== null && messages.has(answers));
    return this.#take(stored, messages, events);
  }

  #take(
    stored: StoredConversation,
    messages: ReadonlyMap<string, StoredMessage>,
    events: readonly StoredEvent[],
  ): TranscriptChanges {
    const changed: TranscriptItem[] = [];
    const gone: string[] = [];
    const [first, last] = this.#edges();
    const take = (item: TranscriptItem) => {
      const state = JSON.stringify(item);
      const known = this.#held.get(item.key)?.state;
      const isBeyond = (this.#hasOlder && item.place < first) || (this.#hasNewer && item.place > last);
      if (known === state || (known === undefined && isBeyond)) return;
      this.#held.set(item.key, { item, state });
      changed.push(item);
    };
    for (const [key, message] of messages) {
      if (message.gone || message.kind === "silent") {
        if (this.#held.delete(key)) gone.push(key);
      } else {
        take(toItem(this.#profile, stored, { type: "message", stored: message }));
      }
    }
    for (const event of events) take(toItem(this.#profile, stored, { type: "event", stored: event }));
    this.#letGo();
    return { changed, gone };
  }

  #edges(): [number, number] {
    let first = Number.POSITIVE_INFINITY;
    let last = Number.NEGATIVE_INFINITY;
    for (const { item } of this.#held.values()) {
      first = Math.min(first, item.place);
      last = Math.max(last, item.place);
    }
    return [first, last];
  }

  #letGo(): void {
    if (this.#held.size <= MOST_ITEMS || this.#hasNewer) return;
    const byPlace = [...this.#held].sort(([, one], [, other]) => one.item.place - other.item.place);
    for (const [key] of byPlace.slice(0, this.#held.size - MOST_ITEMS / 2)) this.#held.delete(key);
    this.#hasOlder = true;
  }
}

function arrivalOf({ arrival }: { readonly arrival: number | undefined }): number {
  return arrival ?? 0;
}

/** All rows after a number, a turn at a time. */
function* since<Row>(
  start: number,
  numberOf: (row: Row) => number,
  read: (after: number) => Row[],
): Generator<Row> {
  for (let after = start; ; ) {
    const rows = read(after);
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < ROWS_A_TURN) return;
    after = numberOf(last);
  }
}
