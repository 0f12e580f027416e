import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { Acknowledgements } from "./acknowledgements.ts";

const id = (number: number) => number.toString(16).padStart(32, "0");

function shown(count: number) {
  const advanced: number[] = [];
  const acknowledgements = new Acknowledgements({ advance: (arrival) => advanced.push(arrival) });
  for (let number = 1; number <= count; number += 1) acknowledgements.expect(id(number), 10 * number);
  return { acknowledgements, advanced };
}

test("a consumer comes as far as everything before is acknowledged, in whatever order", () => {
  const { acknowledgements, advanced } = shown(4);
  acknowledgements.acknowledge(id(2));
  acknowledgements.acknowledge(id(3));
  expect(advanced).toEqual([]);
  acknowledgements.acknowledge(id(1));
  expect(advanced).toEqual([30]);
  acknowledgements.acknowledge(id(1));
  acknowledgements.acknowledge(id(99));
  expect(advanced).toEqual([30]);
  acknowledgements.acknowledge(id(4));
  expect(advanced).toEqual([30, 40]);
});

test("two messages of two devices may have one id, and are acknowledged one by one", () => {
  const { acknowledgements, advanced } = shown(1);
  for (const arrival of [20, 30]) acknowledgements.expect(id(7), arrival);
  for (const each of [7, 7, 1]) acknowledgements.acknowledge(id(each));
  expect(advanced).toEqual([30]);
});

test("no more than a thousand are shown ahead of their acknowledgement", async () => {
  const { acknowledgements } = shown(1_000);
  const ending = new AbortController();
  let isRoom = false;
  const room = acknowledgements.room(ending.signal).then(() => {
    isRoom = true;
  });
  acknowledgements.acknowledge(id(2));
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(isRoom).toBe(false);
  acknowledgements.acknowledge(id(1));
  await room;
  for (const number of [1_001, 1_002]) acknowledgements.expect(id(number), number);
  ending.abort();
  await acknowledgements.room(ending.signal);
});

test("ids are read a line each, and anything else is bad input", async () => {
  const { acknowledgements, advanced } = shown(3);
  const { signal } = new AbortController();
  await acknowledgements.read(Readable.from([`${id(1)}\r\n\n${id(2)}`]), signal);
  expect(advanced).toEqual([10, 20]);
  await expect(acknowledgements.read(Readable.from(["done 3\n"]), signal)).rejects.toMatchObject({
    code: "bad_input",
  });
});
