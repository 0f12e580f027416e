import { afterEach, beforeEach, expect, test } from "vitest";
import { type AliceAndBob, aliceAndBob, send } from "../../../test/support/alice-and-bob.ts";
import { newestArrival } from "../../store/messages.ts";
import { type Consumer, openConsumer } from "./consumers.ts";

let world: AliceAndBob;
let opened: Consumer[];

beforeEach(async () => {
  world = await aliceAndBob();
  opened = [];
});
afterEach(() => {
  for (const consumer of opened) consumer.close();
  world.remove();
});

function open(name: string): Consumer {
  const consumer = openConsumer(world.alice.profile, name);
  opened.push(consumer);
  return consumer;
}

test("a consumer begins now, and goes on where it came to, be it before anything arrived", async () => {
  const first = open("bot");
  expect(first.start()).toBe(0);
  first.close();
  await send(world.alice, "me", "1");
  await send(world.alice, "me", "2");
  const second = open("bot");
  expect(second.start()).toBe(0);
  second.advance(1);
  second.close();
  expect(open("bot").start()).toBe(1);
  expect(open("other").start()).toBe(newestArrival(world.alice.profile.db));
});

test("one process at a time is a consumer, and a name is a file's name", () => {
  const first = open("bot");
  expect(() => open("bot")).toThrow("Another process");
  first.close();
  open("bot");
  for (const name of ["", "../bot", "Bot", ".bot", "b".repeat(33)]) expect(() => open(name)).toThrow("name");
});
