import { expect, test } from "vitest";
import { accountId, deviceId, randomBytes } from "../../../keys/index.ts";
import type { StoredConversation } from "../../store/conversations.ts";
import type { HeardSignal } from "./signal-frames.ts";
import { SignalPicture } from "./signal-picture.ts";

const START = 1_800_000_000_000;
const bob = accountId(new Uint8Array(32).fill(1));
const phone = deviceId(new Uint8Array(16).fill(2));
const laptop = deviceId(new Uint8Array(16).fill(3));

function heard(sentAt: number, rest: Partial<HeardSignal> = {}): HeardSignal {
  const conversation = { conversation: 7 } as StoredConversation;
  return { conversation, kind: "typing", isOn: true, accountId: bob, deviceId: phone, sentAt, ...rest };
}

const kinds = (picture: SignalPicture, now: number) =>
  [...picture.shown(now).values()].map(({ kind }) => kind).sort();

test("typing lapses after six seconds, presence after a minute", () => {
  const picture = new SignalPicture();
  picture.take(heard(START), START);
  picture.take(heard(START, { kind: "presence" }), START);
  expect(kinds(picture, START + 5_999)).toEqual(["presence", "typing"]);
  expect(kinds(picture, START + 6_000)).toEqual(["presence"]);
  expect(kinds(picture, START + 59_999)).toEqual(["presence"]);
  expect(kinds(picture, START + 60_000)).toEqual([]);
  // A clock that is set back does not keep anybody typing.
  expect(kinds(picture, START - 3_600_000)).toEqual([]);
});

test("said again it goes on, taken back it ends, and a recorded frame brings nothing back", () => {
  const picture = new SignalPicture();
  picture.take(heard(START), START);
  picture.take(heard(START + 3_000), START + 3_000);
  expect(kinds(picture, START + 8_000)).toEqual(["typing"]);
  picture.take(heard(START + 8_000, { isOn: false }), START + 8_000);
  expect(kinds(picture, START + 8_000)).toEqual([]);
  picture.take(heard(START), START + 8_001);
  picture.take(heard(START + 3_000), START + 8_001);
  picture.take(heard(START + 8_000), START + 8_001);
  expect(kinds(picture, START + 8_001)).toEqual([]);
  picture.take(heard(START + 8_002), START + 8_002);
  expect(kinds(picture, START + 8_002)).toEqual(["typing"]);
});

test("who types on two devices is typing until both have ceased", () => {
  const picture = new SignalPicture();
  picture.take(heard(START), START);
  picture.take(heard(START, { deviceId: laptop }), START);
  expect(kinds(picture, START)).toEqual(["typing"]);
  picture.take(heard(START + 1, { isOn: false }), START + 1);
  expect(kinds(picture, START + 1)).toEqual(["typing"]);
  picture.take(heard(START + 1, { deviceId: laptop, isOn: false }), START + 1);
  expect(kinds(picture, START + 1)).toEqual([]);
});

test("a crowd fills no memory, and makes room when its time is over", () => {
  const picture = new SignalPicture();
  const crowd = (count: number, at: number) => {
    for (let index = 0; index < count; index += 1) {
      picture.take(heard(at, { accountId: accountId(randomBytes(32)) }), at);
    }
  };
  picture.take(heard(START), START);
  crowd(5_000, START);
  expect(picture.shown(START).size).toBe(4_096);
  crowd(10, START + 30_000);
  expect(picture.shown(START + 30_000).size).toBe(0);
  crowd(10, START + 60_001);
  expect(picture.shown(START + 60_001).size).toBe(10);
});
