import { randomBytes } from "node:crypto";
import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { GetAccountChainsRequestSchema } from "../../proto/gen/sotto/relay/v1/directory_pb.ts";
import { ConnectRequestSchema } from "../../proto/gen/sotto/relay/v1/messaging_pb.ts";
import { hasTooManyFields, MAX_FIELDS } from "./fields.ts";

const encoded = (frame: NonNullable<MessageInitShape<typeof ConnectRequestSchema>["frame"]>) =>
  toBinary(ConnectRequestSchema, create(ConnectRequestSchema, { frame }));

/** A field of two bytes, again and again. */
const many = (count: number, tag: number) => Buffer.from(Array(count).fill([tag, 0]).flat());

function within(tag: number, content: Buffer): Buffer {
  const length = content.length;
  return Buffer.concat([
    Buffer.from([tag, (length & 127) | 128, ((length >> 7) & 127) | 128, length >> 14]),
    content,
  ]);
}

test("what our clients send at most passes", () => {
  const id = randomBytes(32);
  const cursors = Array(1_000).fill({ conversationId: id, sequence: 2n ** 50n });
  const submit = { tag: 9n, envelope: randomBytes(130_000), wraps: randomBytes(1_500_000) };
  expect(hasTooManyFields(ConnectRequestSchema, encoded({ case: "acknowledge", value: { cursors } }))).toBe(
    false,
  );
  expect(hasTooManyFields(ConnectRequestSchema, encoded({ case: "submit", value: submit }))).toBe(false);
  const positions = Array(100).fill({ accountId: id, after: 5n });
  const chains = create(GetAccountChainsRequestSchema, { positions });
  expect(
    hasTooManyFields(GetAccountChainsRequestSchema, toBinary(GetAccountChainsRequestSchema, chains)),
  ).toBe(false);
});

test("too many fields are found: at the top, in a part, unknown ones, and of every wire type", () => {
  for (const tag of [0x0a, 0x7a, 0x08]) {
    expect(hasTooManyFields(ConnectRequestSchema, many(MAX_FIELDS, tag))).toBe(false);
    expect(hasTooManyFields(ConnectRequestSchema, many(MAX_FIELDS + 1, tag))).toBe(true);
  }
  // acknowledge, submit
  for (const tag of [0x22, 0x12]) {
    expect(hasTooManyFields(ConnectRequestSchema, within(tag, many(MAX_FIELDS - 1, 0x0a)))).toBe(false);
    expect(hasTooManyFields(ConnectRequestSchema, within(tag, many(MAX_FIELDS, 0x0a)))).toBe(true);
  }
});

test("bytes that are no message are left to the decoder, and take no time", () => {
  expect(hasTooManyFields(ConnectRequestSchema, Buffer.alloc(0))).toBe(false);
  for (let round = 0; round < 500; round++) hasTooManyFields(ConnectRequestSchema, randomBytes(200));
  expect(hasTooManyFields(ConnectRequestSchema, Buffer.alloc(100_000, 0xff))).toBe(false);
});
