import { setTimeout as sleep } from "node:timers/promises";
import { equal, KeysError, readEnvelopeHeader, toHex } from "../../../keys/index.ts";
import { NetError } from "../../net/net-error.ts";
import type { Conversation, Delivery, RelayConnection, RelayStream } from "../../net/relay-connection.ts";
import {
  findConversation,
  findNumbered,
  nameRelayHead,
  readConversation,
  readConversations,
} from "../../store/conversations.ts";
import { ChatError } from "../chat-error.ts";
import { type HeldLogs, learnConversation, whereabouts } from "../conversations/conversations.ts";
import { fetchChainsFor } from "../groups/memberships.ts";
import { openWaiting } from "../groups/open-staged.ts";
import { chainsWanted, isEntryRow, stageDeliveries } from "../groups/stage.ts";
import { meetAuthors } from "../groups/take-history.ts";
import { noteUndeleted } from "../messages/erased-rows.ts";
import { catchUpChains, refreshChains } from "../people/account-chains.ts";
import { alarm } from "../people/security.ts";
import type { Profile } from "../profile.ts";
import { showReady, showUntilBehind } from "./show-opened.ts";

const PULL_LIMIT = 200;
const PULL_TIMEOUT_MS = 20_000;
/** How much is staged before it is opened: every log is at its head by then, unless there is more than this. */
const MAX_STAGED_ROWS = 5_000;
const MAX_STAGED_BYTES = 32 * 1024 * 1024;

/**
 * What comes in over one stream: stage, open, show, and then acknowledge. A conversation for which the relay
 * misbehaves is left alone until the next stream; the alarm is in the profile, and the others go on.
 */
export class Inbox {
  readonly #profile: Profile;
  readonly #connection: RelayConnection;
  readonly #stream: RelayStream;
  /** How far each conversation is acknowledged, as far as this stream knows. */
  readonly #acknowledged = new Map<number, number>();
  readonly #leftAlone = new Set<number>();

  readonly #heldBefore: HeldLogs;

  /** `heldBefore`: the logs as they were before the stream was opened. */
  constructor(profile: Profile, connection: RelayConnection, stream: RelayStream, heldBefore: HeldLogs) {
    this.#heldBefore = heldBefore;
    this.#profile = profile;
    this.#connection = connection;
    this.#stream = stream;
    for (const { conversation, openedSequence } of readConversations(profile.db)) {
      this.#acknowledged.set(conversation, openedSequence);
    }
  }

  /** Takes in how logs stand; `catchUp` fetches what is missing. */
  async learn(heads: readonly Conversation[]): Promise<void> {
    for (const head of heads) {
      const known = findConversation(this.#profile.db, head.conversationId)?.conversation;
      const conversation = await this.#guarded(known, () =>
        learnConversation(this.#profile, this.#connection, head, this.#heldBefore),
      );
      if (conversation === undefined) continue;
      const before = this.#acknowledged.get(conversation) ?? 0;
      this.#acknowledged.set(conversation, Math.min(before, Number(head.cursor)));
    }
  }

  /** Takes in rows that were pushed; what does not fit on what is here is fetched by `catchUp`. */
  async take(deliveries: readonly Delivery[]): Promise<void> {
    for (const rows of Map.groupBy(deliveries, (row) => toHex(row.conversationId)).values()) {
      const [first] = rows;
      if (first === undefined) continue;
      const conversation = findConversation(this.#profile.db, first.conversationId);
      if (conversation?.log === undefined) await this.#meetSender(first);
      else if (!this.#leftAlone.has(conversation.conversation))
        await this.#takeRows(conversation.conversation, rows);
    }
  }

  async #takeRows(conversation: number, rows: readonly Delivery[]): Promise<void> {
    const newest = Math.min(Math.max(...rows.map((row) => Number(row.sequence))), Number.MAX_SAFE_INTEGER);
    const isWhole = await this.#guarded(conversation, async () => {
      await fetchSigners(this.#profile, this.#connection, rows);
      return stageDeliveries(this.#profile, conversation, rows);
    });
    if (isWhole !== false) return;
    const { rosterNamed, relayHead } = readConversation(this.#profile.db, conversation);
    if (newest > relayHead) nameRelayHead(this.#profile.db, conversation, newest, rosterNamed);
  }

  /** A row of a conversation that is not known here: somebody wrote for the first time. */
  async #meetSender({ envelope, conversationId }: Delivery): Promise<void> {
    await this.#guarded(undefined, async () => {
      const { sender } = readEnvelopeHeader(envelope);
      const { conversation } = await this.#connection.openDirect(sender);
      if (equal(conversation.conversationId, conversationId)) await this.learn([conversation]);
      return undefined;
    });
  }

  /** Brings one log to its head as it is now, whatever the relay said of it before. */
  async bringToHead(conversation: number): Promise<void> {
    const stored = findNumbered(this.#profile.db, conversation);
    if (stored?.conversationId === undefined || stored.log === undefined) return;
    const { conversationId: id, log } = stored;
    const { pulled } = await inTime(this.#stream.pull(id, BigInt(log.head.sequence), 1));
    const head = Number(pulled.head);
    if (head > stored.relayHead) nameRelayHead(this.#profile.db, conversation, head, stored.rosterNamed);
    await this.catchUp();
  }

  /** Brings every conversation to its head; returns how many messages there are to see. */
  async catchUp(): Promise<number> {
    let shown = 0;
    for (let isFull = true; isFull; ) {
      isFull = await this.#pullAll();
      const held = await this.#fetchChains();
      openWaiting(this.#profile, held);
      shown += await this.#show();
      this.#acknowledge();
    }
    noteUndeleted(this.#profile);
    await this.#guarded(undefined, () => catchUpChains(this.#profile, this.#connection));
    await this.#guarded(undefined, () => meetAuthors(this.#profile, this.#connection));
    return shown;
  }

  /** A newer device list that a message speaks of is fetched before what follows that message is believed. */
  async #show(): Promise<number> {
    const { count, isStopped } = showUntilBehind(this.#profile);
    if (!isStopped) return count;
    await this.#guarded(undefined, () => catchUpChains(this.#profile, this.#connection));
    return count + showReady(this.#profile);
  }

  /** True: the bound is reached, there is more. */
  async #pullAll(): Promise<boolean> {
    const room = { rows: MAX_STAGED_ROWS, bytes: MAX_STAGED_BYTES };
    for (const { conversation } of readConversations(this.#profile.db)) {
      await this.#guarded(conversation, () => this.#pull(conversation, room));
      if (room.rows <= 0 || room.bytes <= 0) return true;
    }
    return false;
  }

  async #pull(conversation: number, room: { rows: number; bytes: number }): Promise<void> {
    while (room.rows > 0 && room.bytes > 0 && !this.#leftAlone.has(conversation)) {
      const stored = findNumbered(this.#profile.db, conversation);
      // A mere name, which another process may since have found to be a conversation that is here.
      if (stored?.conversationId === undefined || stored.log === undefined) return;
      const { conversationId: id, log, relayHead, openedSequence } = stored;
      if (log.head.sequence >= relayHead) return;
      if (log.head.sequence - openedSequence >= MAX_STAGED_ROWS) return;
      const pull = this.#stream.pull(id, BigInt(log.head.sequence), PULL_LIMIT);
      const { deliveries } = await inTime(pull);
      await fetchSigners(this.#profile, this.#connection, deliveries);
      stageDeliveries(this.#profile, conversation, deliveries);
      const after = readConversation(this.#profile.db, conversation).log?.head.sequence ?? 0;
      if (after <= log.head.sequence) throw this.#withheld(conversation);
      room.rows -= deliveries.length;
      for (const { envelope } of deliveries) room.bytes -= envelope.length;
    }
  }

  #withheld(conversation: number): ChatError {
    const stored = readConversation(this.#profile.db, conversation);
    const { log, rosterNamed } = stored;
    nameRelayHead(this.#profile.db, conversation, log?.head.sequence ?? 0, rosterNamed);
    return alarm(this.#profile, {
      kind: "log_withheld",
      text: `The relay does not hand out messages ${whereabouts(stored)} that it says it has.`,
      conversation,
    });
  }

  /** Accounts (hex) whose chain the relay shows in a form that does not verify: their rows have to wait. */
  async #fetchChains(): Promise<Set<string>> {
    const held = new Set<string>();
    for (const account of chainsWanted(this.#profile)) {
      try {
        await refreshChains(this.#profile, this.#connection, [account]);
      } catch (error) {
        if (isAlarm(error)) held.add(toHex(account));
        else if (!isUnknown(error)) throw error;
      }
    }
    return held;
  }

  #acknowledge(): void {
    const cursors = [];
    for (const { conversation, conversationId, openedSequence } of readConversations(this.#profile.db)) {
      if (conversationId === undefined || openedSequence <= (this.#acknowledged.get(conversation) ?? 0))
        continue;
      cursors.push({ conversationId, sequence: BigInt(openedSequence) });
      this.#acknowledged.set(conversation, openedSequence);
    }
    if (cursors.length > 0) this.#stream.acknowledge(cursors);
  }

  async #guarded<T>(conversation: number | undefined, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      return this.#leaveAlone(conversation, error);
    }
  }

  /** Throws on what is not about one conversation. */
  #leaveAlone(conversation: number | undefined, error: unknown): undefined {
    if (!isAlarm(error) && !isUnknown(error) && !(error instanceof KeysError)) throw error;
    if (conversation !== undefined) this.#leftAlone.add(conversation);
    return undefined;
  }
}

/** What is needed to check the membership entries among these rows; what is none is found out when it is staged. */
async function fetchSigners(
  profile: Profile,
  connection: RelayConnection,
  rows: readonly Delivery[],
): Promise<void> {
  const entries = rows.filter(isEntryRow).map(({ entry }) => entry);
  if (entries.length > 0) await fetchChainsFor(profile, connection, entries);
}

/** A relay that keeps the stream open and says nothing. */
async function inTime<T>(answer: Promise<T>): Promise<T> {
  const waiting = new AbortController();
  const late = sleep(PULL_TIMEOUT_MS, undefined, { signal: waiting.signal }).then(() => {
    throw new NetError("timeout", "the relay does not answer");
  });
  late.catch(() => undefined);
  answer.catch(() => undefined);
  try {
    return await Promise.race([answer, late]);
  } finally {
    waiting.abort();
  }
}

function isAlarm(error: unknown): boolean {
  return error instanceof ChatError && error.code === "security_stop";
}

function isUnknown(error: unknown): boolean {
  return error instanceof NetError && error.reason === "unknown_account";
}
