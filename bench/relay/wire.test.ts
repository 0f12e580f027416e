import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { encodeEnvelopeHeader } from "../../keys/envelope-header.ts";
import { conversationId, hash, messageId, randomBytes, readEnvelopeHeader, toHex } from "../../keys/index.ts";
import { accountId, deviceId } from "../../keys/public.ts";
import { ConnectRequestSchema, ConnectResponseSchema } from "../../proto/gen/sotto/relay/v1/messaging_pb.ts";
import {
  acknowledgeFrame,
  FIRST_TAG,
  FrameReader,
  fillSubmit,
  framed,
  helloFrame,
  PREFIX_BYTES,
  pingFrame,
  pullFrame,
  shortId,
  submitTemplate,
  Unframer,
} from "./wire.ts";

const conversation = conversationId(randomBytes(32));

function read(frame: Buffer) {
  expect([frame[0], frame.readUInt32BE(1)]).toEqual([0, frame.length - PREFIX_BYTES]);
  return fromBinary(ConnectRequestSchema, frame.subarray(PREFIX_BYTES)).frame;
}

function envelope(): Uint8Array {
  const header = encodeEnvelopeHeader({
    conversation,
    messageId: messageId(randomBytes(16)),
    attempt: 0,
    sender: accountId(randomBytes(32)),
    senderDevice: deviceId(randomBytes(16)),
    rosterVersion: 1,
    rosterHash: hash(randomBytes(32)),
    expiresAt: 0,
    nonce: randomBytes(24),
  });
  return Buffer.concat([header, randomBytes(512 - header.length)]);
}

test("a filled template is a submit that differs in tag and message id alone", () => {
  const [sealed, wraps] = [envelope(), randomBytes(123)];
  const template = submitTemplate(sealed, wraps);
  const ids = [0, 1, 2 ** 33].map((counter) => {
    const frame = read(fillSubmit(template, counter));
    if (frame.case !== "submit") throw new Error(frame.case);
    expect(frame.value.tag).toBe(BigInt(FIRST_TAG + counter));
    expect(Buffer.compare(frame.value.wraps, wraps)).toBe(0);
    const header = readEnvelopeHeader(Uint8Array.from(frame.value.envelope));
    expect({ ...header, messageId: 0 }).toEqual({
      ...readEnvelopeHeader(Uint8Array.from(sealed)),
      messageId: 0,
    });
    return toHex(header.messageId);
  });
  expect(new Set(ids).size).toBe(3);
});

test("the other frames say what protobuf-es reads", () => {
  expect(read(helloFrame(true, 300))).toMatchObject({ case: "hello", value: { live: true, lease: 300n } });
  expect(read(pingFrame(9))).toMatchObject({ case: "ping", value: { nonce: 9n } });
  expect(read(pullFrame(conversation, 2 ** 40, 200))).toMatchObject({
    case: "pull",
    value: { after: 2n ** 40n, limit: 200 },
  });
  const cursors = [
    { conversationId: conversation, sequence: 1 },
    { conversationId: conversation, sequence: 5_000_000 },
  ];
  const frame = read(acknowledgeFrame(cursors));
  expect(frame).toMatchObject({
    case: "acknowledge",
    value: { cursors: [{ sequence: 1n }, { sequence: 5_000_000n }] },
  });
});

test("a frame of the relay is read whole, whatever pieces it comes in", () => {
  const sealed = envelope();
  const wrap = randomBytes(113);
  const response = create(ConnectResponseSchema, {
    welcome: { now: 5n, heads: 1 },
    accepted: [{ tag: BigInt(FIRST_TAG + 3), sequence: 700n, logHash: randomBytes(32), storedAt: 1n }],
    refused: [{ tag: BigInt(FIRST_TAG + 4), reason: 14, retryAfterMs: 200n }],
    deliveries: [
      { conversationId: conversation, sequence: 300n, rowHash: randomBytes(32), envelope: sealed, wrap },
      { conversationId: conversation, sequence: 301n, envelopeHash: randomBytes(32) },
    ],
    pulled: [{ conversationId: conversation, through: 301n, head: 400n }],
    heads: [{ conversationId: conversation, incarnation: randomBytes(16), head: 500n, cursor: 2n }],
    resync: true,
    pong: { nonce: 1n },
  });
  const said: unknown[] = [];
  const note =
    (what: string) =>
    (...values: unknown[]) =>
      void said.push([what, ...values]);
  const reader = new FrameReader();
  const unframer = new Unframer((bytes, from, end) =>
    reader.read(bytes, from, end, {
      welcome: note("welcome"),
      accepted: note("accepted"),
      refused: note("refused"),
      delivery: note("delivery"),
      pulled: note("pulled"),
      head: note("head"),
      resync: note("resync"),
      pong: note("pong"),
    }),
  );
  // Fields may come in any order: what is told of the rows is heard after them.
  const { pulled, heads } = response;
  const rest = { ...response, pulled: [], heads: [] };
  const parts = [create(ConnectResponseSchema, { pulled, heads }), rest];
  const reordered = Buffer.concat(parts.map((part) => toBinary(ConnectResponseSchema, part)));
  const both = Buffer.concat([framed(toBinary(ConnectResponseSchema, response)), framed(reordered)]);
  for (let at = 0; at < both.length; at += 11) unframer.take(both.subarray(at, at + 11));
  const id = shortId(conversation);
  const counter = Buffer.from(readEnvelopeHeader(Uint8Array.from(sealed)).messageId).readUIntBE(10, 6);
  const once = [
    ["welcome"],
    ["accepted", 3, 700],
    ["refused", 4, 14, 200],
    ["delivery", id, 300, counter, shortId(wrap)],
    ["delivery", id, 301, -1, -1],
    ["pong"],
    ["resync"],
    ["pulled", id, 301, 400],
    ["head", id, 500, 2],
  ];
  expect(said).toEqual([...once, ...once]);
});
