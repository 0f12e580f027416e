import { expect, test } from "vitest";
import { Incoming } from "./incoming.ts";
import { PIECE_BYTES } from "./limits.ts";

function message(length: number): Buffer {
  const bytes = Buffer.alloc(5 + length, 7);
  bytes[0] = 0;
  bytes.writeUInt32BE(length, 1);
  return bytes;
}

test("a message that arrives whole is never held", () => {
  const incoming = new Incoming();
  for (const length of [0, 1, 70_000]) {
    incoming.read(message(length));
    expect(incoming.held).toBe(0);
  }
});

test("messages are followed however they are cut", () => {
  const lengths = [300, 0, 1, 70_000, 255, 256];
  const wire = Buffer.concat(lengths.map(message));
  for (const cut of [1, 2, 3, 5, 7, 4_096, wire.length]) {
    const incoming = new Incoming();
    for (let at = 0; at < wire.length; at += cut) incoming.read(wire.subarray(at, at + cut));
    expect(incoming.held).toBe(0);
    incoming.read(message(10).subarray(0, 6));
    expect(incoming.held).toBe(1 + PIECE_BYTES);
  }
});

test("what is held counts the pieces too", () => {
  const incoming = new Incoming();
  const bytes = message(1_000);
  incoming.read(bytes.subarray(0, 5));
  for (let at = 5; at < 505; at++) incoming.read(bytes.subarray(at, at + 1));
  expect(incoming.held).toBe(500 + 501 * PIECE_BYTES);
  incoming.read(bytes.subarray(505));
  expect(incoming.held).toBe(0);
});
