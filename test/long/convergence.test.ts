// Whatever five people do to messages, in whatever order they send and fetch, they end up with the same messages.
// The history is drawn from a seed, which a failure names: `SEED=… vitest run test/long/convergence.test.ts`.
import { afterAll, beforeAll, expect, test } from "vitest";
import { messageObject } from "../../client/cli/json-objects.ts";
import { syncConversations } from "../../client/core/connection/sync.ts";
import { createGroup } from "../../client/core/groups/create-group.ts";
import { joinRoom } from "../../client/core/groups/join-group.ts";
import {
  deleteMessage,
  editMessage,
  pinMessage,
  reactTo,
  voteOn,
} from "../../client/core/messages/annotate.ts";
import type { Message } from "../../client/core/messages/message.ts";
import { readMessages } from "../../client/core/messages/read-messages.ts";
import { drainOutbox } from "../../client/core/outbox/drain-outbox.ts";
import { queueMessage } from "../../client/core/outbox/send-message.ts";
import { Chance } from "../support/chance.ts";
import { type Enrolled, enrol } from "../support/enrolled.ts";
import { online } from "../support/online.ts";
import { startTestRelay, type TestRelay } from "../support/relay.ts";

const HISTORIES = 3;
const STEPS = 80;
const EMOJI = ["👍", "🎉", "👀", "🚀"];
const VOTES = ["up", "down", "none"] as const;
const OWN_AFFAIR = new Set(["state", "received_at", "delivered_to", "read_by", "missing"]);
const seed = Number(process.env["SEED"] ?? 13);

let relay: TestRelay;
let everyone: Enrolled[];

beforeAll(async () => {
  relay = await startTestRelay();
  everyone = await Promise.all(
    ["alice", "bob", "carol", "dave", "erin"].map((name) => enrol(name, relay.url)),
  );
});

afterAll(async () => {
  for (const each of everyone ?? []) each.leave();
  await relay?.stop();
});

async function sync(someone: Enrolled): Promise<void> {
  const { alarms, notes } = await online(someone, (at) => syncConversations(someone.profile, at));
  expect([...alarms, ...notes].map(({ text }) => text)).toEqual([]);
}

function messagesOf({ profile }: Enrolled, room: string): Message[] {
  return readMessages(profile, { conversation: room, limit: 10_000 });
}

/** What `read --json` prints, but for what is one's own affair. */
function shownTo(someone: Enrolled, room: string): object[] {
  return messagesOf(someone, room)
    .filter(({ state }) => state !== "failed")
    .map((message) => {
      const shown = Object.entries(messageObject(message)).filter(([field]) => !OWN_AFFAIR.has(field));
      const { up, down } = message.votes;
      return { ...Object.fromEntries(shown), votes: { up, down } };
    });
}

/** A message as it must be in the end: what each one did to it last. */
interface Expected {
  text: string;
  deleted: boolean;
  readonly votes: Map<string, "up" | "down" | "none">;
  /** `👍 alice` */
  readonly reactions: Set<string>;
}

function expectedOf({ text, deleted, votes, reactions }: Expected): object {
  if (deleted) return { text: "", deleted, up: 0, down: 0, reactions: [] };
  const count = (wanted: string) => [...votes.values()].filter((value) => value === wanted).length;
  return { text, deleted, up: count("up"), down: count("down"), reactions: [...reactions].sort() };
}

function foundIn({ text, deleted, votes: { up, down }, reactions }: Message): object {
  const pairs = Object.entries(reactions).flatMap(([emoji, names]) =>
    names.map((name) => `${emoji} ${name}`),
  );
  return { text, deleted, up, down, reactions: pairs.sort() };
}

class History {
  readonly room: string;
  /** By id. */
  readonly expected = new Map<string, Expected>();
  /** What was done, in words. */
  readonly done: string[] = [];
  readonly #chance: Chance;
  /** Does all it does without the relay, for the middle third. */
  readonly #away: Enrolled;
  constructor(room: string, from: number) {
    this.room = room;
    this.#chance = new Chance(from);
    this.#away = this.#chance.one(everyone);
  }

  async play(): Promise<void> {
    for (let step = 0; step < STEPS; step += 1) {
      const someone = this.#chance.one(everyone);
      const isAway = someone === this.#away && step > STEPS / 3 && step < (2 * STEPS) / 3;
      const act = this.#chance.below(100);
      if (act < 24) {
        if (!isAway) await this.#meetRelay(someone, act);
      } else this.#act(someone, act);
    }
  }

  /** Everybody, in any order: first for what they have, then for what the others had. */
  async settle(): Promise<void> {
    for (let round = 0; round < 2; round += 1) {
      const order = [...everyone];
      while (order.length > 0) {
        const [next] = order.splice(this.#chance.below(order.length), 1);
        if (next !== undefined) await sync(next);
      }
    }
  }

  async #meetRelay(someone: Enrolled, act: number): Promise<void> {
    if (act < 8) {
      this.#note(someone, "sends");
      await drainOutbox(someone.profile, someone.connect);
    } else if (act < 20) {
      this.#note(someone, "syncs");
      await sync(someone);
    } else {
      const other = this.#chance.one(everyone.filter((each) => each !== someone && each !== this.#away));
      this.#note(someone, `syncs beside ${other.name}`);
      await Promise.all([sync(someone), sync(other)]);
    }
  }

  #act(someone: Enrolled, act: number): void {
    const { profile } = someone;
    const standing = messagesOf(someone, this.room).filter(({ deleted }) => !deleted);
    const own = standing.filter(({ from }) => from === someone.name);
    const any = standing.length === 0 ? undefined : this.#chance.one(standing);
    const mine = own.length === 0 ? undefined : this.#chance.one(own);
    if (act < 48 || any === undefined) {
      const text = `${someone.name} ${this.expected.size}`;
      const replyTo = any !== undefined && act < 30 ? { replyTo: any.id } : {};
      this.#note(someone, `writes "${text}"`);
      const { message } = queueMessage(profile, { to: `#${this.room}`, text, ...replyTo });
      this.expected.set(message.id, { text, deleted: false, votes: new Map(), reactions: new Set() });
    } else if (act < 72) {
      const emoji = this.#chance.one(EMOJI);
      const remove = this.#chance.below(3) === 0;
      this.#note(someone, `${remove ? "takes back" : "puts"} ${emoji} on "${any.text}"`);
      reactTo(profile, any.id, { emoji, remove });
      const { reactions } = this.#of(any);
      if (remove) reactions.delete(`${emoji} ${someone.name}`);
      else reactions.add(`${emoji} ${someone.name}`);
    } else if (act < 82) {
      const value = this.#chance.one(VOTES);
      this.#note(someone, `votes ${value} on "${any.text}"`);
      voteOn(profile, any.id, value);
      this.#of(any).votes.set(someone.name, value);
    } else if (act < 86) {
      const pinned = this.#chance.below(2) === 0;
      this.#note(someone, `${pinned ? "pins" : "unpins"} "${any.text}"`);
      pinMessage(profile, any.id, pinned);
    } else if (act < 96 && mine !== undefined) {
      this.#note(someone, `edits "${mine.text}"`);
      editMessage(profile, mine.id, `${mine.text}'`);
      this.#of(mine).text = `${mine.text}'`;
    } else {
      // The owner of the room takes back anybody's.
      const unwanted = someone === everyone[0] ? any : mine;
      if (unwanted === undefined) return;
      this.#note(someone, `deletes "${unwanted.text}"`);
      deleteMessage(profile, unwanted.id);
      this.#of(unwanted).deleted = true;
    }
  }

  #of({ id }: Message): Expected {
    const expected = this.expected.get(id);
    if (expected === undefined) throw new Error("a message that nobody wrote");
    return expected;
  }

  #note(someone: Enrolled, what: string): void {
    this.done.push(`${someone.name} ${what}`);
  }
}

test(`five clients that write, edit, delete, react, vote and pin in any order converge (seed ${seed})`, async () => {
  const kinds = { edited: 0, deleted: 0, reactions: 0, votes: 0, pinned: 0, replies: 0 };
  const [alice, ...others] = everyone as [Enrolled, ...Enrolled[]];
  for (let number = 0; number < HISTORIES; number += 1) {
    const history = new History(`room${number}`, seed + number);
    await online(alice, (at) =>
      createGroup(alice.profile, at, { name: history.room, kind: "room", policy: { pin: "member" } }),
    );
    for (const each of others) await online(each, (at) => joinRoom(each.profile, at, history.room));
    try {
      await history.play();
      await history.settle();
      const [first, ...rest] = everyone.map((each) => shownTo(each, history.room));
      for (const each of rest) expect(each).toEqual(first);
      const messages = messagesOf(alice, history.room);
      const failed = everyone.flatMap((each) =>
        messagesOf(each, history.room).filter(({ state }) => state === "failed"),
      );
      // Nothing is lost but what its author took back before it went out.
      expect(failed.every(({ deleted }) => deleted)).toBe(true);
      for (const { id } of failed) history.expected.delete(id);
      const found = messages
        .filter(({ state }) => state !== "failed")
        .map((each) => [each.id, foundIn(each)]);
      const expected = [...history.expected].map(([id, each]) => [id, expectedOf(each)]);
      expect(Object.fromEntries(found)).toEqual(Object.fromEntries(expected));
      for (const message of messages) {
        kinds.edited += Number(message.edited);
        kinds.deleted += Number(message.deleted);
        kinds.reactions += Object.keys(message.reactions).length;
        kinds.votes += message.votes.up + message.votes.down;
        kinds.pinned += Number(message.pinned);
        kinds.replies += Number(message.replyTo !== null);
      }
    } catch (error) {
      console.error(`SEED=${seed}, history ${number}\n${history.done.join("\n")}`);
      throw error;
    }
  }
  expect(Math.min(...Object.values(kinds))).toBeGreaterThan(0);
}, 120_000);
