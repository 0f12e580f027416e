import { expect, test } from "vitest";
import { keptOutput } from "../../test/support/output.ts";
import type { Message } from "../core/messages/message.ts";
import { eventObject, messageObject } from "./json-objects.ts";
import { Transcript } from "./transcript.ts";

const now = new Date(2026, 10, 21, 15, 0);

function message(changes: Partial<Message> = {}): Message {
  return {
    id: "0".repeat(32),
    conversation: "bob",
    kind: "dm",
    from: "bob",
    device: "1".repeat(32),
    text: "Deploy is green.",
    replyTo: null,
    edited: false,
    deleted: false,
    reactions: {},
    votes: { up: 0, down: 0, mine: null },
    attachments: [],
    pinned: false,
    expiresAt: null,
    quote: null,
    sentAt: new Date(2026, 10, 21, 9, 12).getTime(),
    receivedAt: null,
    state: "received",
    delivery: null,
    content: "text",
    trouble: null,
    sharedBy: null,
    unreadable: null,
    arrival: 1,
    position: 1,
    ...changes,
  };
}

function shown(messages: Message[], options = { manyConversations: false, tty: false }): string[] {
  const { output, kept } = keptOutput({ tty: options.tty });
  const transcript = new Transcript(output, "alice", { ...options, now: () => now });
  transcript.fit(messages);
  for (const each of messages) transcript.print(each);
  return kept.out.split("\n").slice(0, -1);
}

test("time, name and text stand in columns; later lines of a text stand under its first", () => {
  expect(
    shown([
      message(),
      message({ from: "alice", state: "sent", text: "Good.\nAt ten?" }),
      message({ text: "Yes" }),
    ]),
  ).toEqual([
    "09:12  bob    Deploy is green.",
    "09:12  alice  Good.",
    "              At ten?",
    "09:12  bob    Yes",
  ]);
});

test("a line says when the day changes, and nothing on the same day", () => {
  const yesterday = message({ sentAt: new Date(2026, 10, 20, 23, 59).getTime() });
  expect(shown([yesterday, yesterday, message()])).toEqual([
    "── Friday 20 November ──",
    "23:59  bob  Deploy is green.",
    "23:59  bob  Deploy is green.",
    "── Saturday 21 November ──",
    "09:12  bob  Deploy is green.",
  ]);
});

test("with many conversations one's own messages say to whom", () => {
  const own = message({ from: "alice", state: "queued" });
  expect(shown([own], { manyConversations: true, tty: false })).toEqual([
    "09:12  alice → bob  Deploy is green.  [queued]",
  ]);
});

test("a message cannot forge another, nor command the terminal", () => {
  const forged = message({ text: "hi\n09:13  bob  \u001b[31mpay me\u0007\u202e\r\nnow" });
  const lines = shown([forged], { manyConversations: false, tty: true });
  expect(lines.slice(1)).toEqual(["            09:13  bob  ␛[31mpay me␇\\u{202e}", "            now"]);
});

test("why a message was not sent is said beside it", () => {
  const failed = message({
    from: "alice",
    state: "failed",
    trouble: { code: "unknown_person", text: "Nobody is called bob." },
  });
  expect(shown([failed])).toEqual(["09:12  alice  Deploy is green.  [not sent: Nobody is called bob.]"]);
});

test("as JSON a message has the fields of the contract, in this order", () => {
  const object = messageObject(message({ sentAt: Date.UTC(2026, 10, 21, 9, 12), receivedAt: 1e18 }));
  expect(JSON.stringify(object)).toBe(
    '{"type":"message","id":"00000000000000000000000000000000","conversation":"bob","kind":"dm","from":"bob",' +
      '"device":"11111111111111111111111111111111","text":"Deploy is green.","reply_to":null,"edited":false,' +
      '"deleted":false,"reactions":{},"votes":{"up":0,"down":0,"mine":null},"attachments":[],' +
      '"sent_at":"2026-11-21T09:12:00.000Z","received_at":"9999-12-31T23:59:59.999Z","state":"received",' +
      '"pinned":false,"expires_at":null,"shared_by":null,"unreadable":null}',
  );
});

test("what was handed on from before one's time says by whom", () => {
  expect(shown([message({ sharedBy: "carol", edited: true })])).toEqual([
    "09:12  bob  Deploy is green.  (edited)  (shared by carol)",
  ]);
});

test("an answer shows what it answers, and a line says what was done with it", () => {
  const answer = message({
    quote: { from: "carol", text: "Who turns\nthe flag on?" },
    text: "I will.",
    edited: true,
    votes: { up: 2, down: 0, mine: "up" },
    reactions: { "👍": ["carol"] },
  });
  expect(shown([answer])).toEqual([
    "09:12  bob  ↳ carol: Who turns the flag on?",
    "            I will.  (edited)  ▲2 ▼0  👍 1",
  ]);
  expect(shown([message({ deleted: true, text: "" })])).toEqual(["09:12  bob  [deleted]"]);
});

test("what happened beside messages is a line of its own", () => {
  const { output, kept } = keptOutput();
  const transcript = new Transcript(output, "alice", { manyConversations: true, now: () => now });
  const event = {
    eventId: "2".repeat(32),
    event: "vote",
    conversation: "bob",
    kind: "dm",
    from: "bob",
    message: "0123456789abcdef0123456789abcdef",
    at: new Date(2026, 10, 21, 9, 12).getTime(),
    details: { value: "up" },
    arrival: 2,
  } as const;
  transcript.printEvent(event);
  expect(kept.out).toBe("09:12  bob voted up on 01234567 (bob)\n");
  expect(JSON.stringify(eventObject(event))).toMatch(
    /^\{"type":"event","event_id":"2{32}","event":"vote",.*"at":"2026-.*","value":"up"\}$/,
  );
});

test("a message that cannot be read says what to do in a line of its own", () => {
  const unreadable = { cause: "session_lost", why: "…", remedy: "Ask bob to send it again." } as const;
  const text = "[could not be read: no key that is here opens it]";
  expect(shown([message({ content: "unreadable", text, unreadable })])).toEqual([
    "09:12  bob  [could not be read: no key that is here opens it]",
    "            Ask bob to send it again.",
  ]);
});
