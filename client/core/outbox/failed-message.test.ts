import { afterEach, beforeEach, expect, test } from "vitest";
import {
  type AliceAndBob,
  aliceAndBob,
  send,
  sync,
  withoutReceipts,
} from "../../../test/support/alice-and-bob.ts";
import { transact } from "../../store/database.ts";
import { hasIntents, readIntents } from "../../store/outbox.ts";
import { ChatError } from "../chat-error.ts";
import { OpenTranscript } from "../messages/open-transcript.ts";
import { conversationNumber, readMessages } from "../messages/read-messages.ts";
import { failIntent } from "./fail-intent.ts";
import { putAway, sendAgain } from "./failed-message.ts";
import { queueMessage } from "./send-message.ts";

let world: AliceAndBob;

beforeEach(async () => {
  world = await aliceAndBob();
  withoutReceipts(world.alice, world.bob);
  await send(world.alice, "bob", "first");
});
afterEach(() => world.remove());

/** The id of a message of alice's to bob that failed. */
function failed(expireAfter?: number): string {
  const { profile } = world.alice;
  const { message } = queueMessage(profile, {
    to: "bob",
    text: "hello",
    ...(expireAfter === undefined ? {} : { expireAfter }),
  });
  transact(profile.db, () => {
    for (const intent of readIntents(profile.db, Number.MAX_SAFE_INTEGER, 9)) {
      failIntent(profile, intent, new ChatError("not_allowed", "The relay allows no more of this."));
    }
  });
  return message.id;
}

const newest = () => readMessages(world.alice.profile, { conversation: "bob", limit: 9 }).at(-1);
const textsOf = (at: AliceAndBob["bob"], name: string) =>
  readMessages(at.profile, { conversation: name, limit: 9 }).map(({ text, state }) => [text, state]);

test("a message that failed is sent again, once, and lasts as long as it was to last", async () => {
  const id = failed(60_000);
  expect(textsOf(world.alice, "bob")).toContainEqual(["hello", "failed"]);
  sendAgain(world.alice.profile, id);
  expect(newest()).toMatchObject({ id, state: "queued", trouble: null });
  expect(() => sendAgain(world.alice.profile, id)).toThrow("has not failed");
  await sync(world.alice);
  await sync(world.bob);
  expect(textsOf(world.bob, "alice")).toEqual([
    ["first", "received"],
    ["hello", "received"],
  ]);
  const { expiresAt, sentAt } = newest() ?? { expiresAt: 0, sentAt: 0 };
  expect((expiresAt ?? 0) - sentAt).toBe(60_000);
});

test("a message that failed is put away, and who looks at it sees it go", () => {
  const { profile } = world.alice;
  const id = failed();
  const transcript = new OpenTranscript(profile, () => conversationNumber(profile, "bob") ?? undefined);
  const item = transcript.open().items.at(-1);
  putAway(profile, id);
  expect(transcript.changes()).toEqual({ changed: [], gone: [item?.key] });
  expect(textsOf(world.alice, "bob").map(([text]) => text)).toEqual(["first"]);
  expect(hasIntents(profile.db, Number.MAX_SAFE_INTEGER)).toBe(false);
  expect(() => sendAgain(profile, id)).toThrow("There is no message");
});

test("what has not failed is neither sent again nor put away", () => {
  const { message } = queueMessage(world.alice.profile, { to: "bob", text: "hello" });
  expect(() => sendAgain(world.alice.profile, message.id)).toThrow("has not failed");
  expect(() => putAway(world.alice.profile, message.id)).toThrow("has not failed");
});
