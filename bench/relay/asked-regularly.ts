// What something is worth to whoever comes at any moment.
import { setTimeout as pause } from "node:timers/promises";

const EVERY_MS = 20;

/** Milliseconds that each took, asked for at regular times for so long, whether the one before is done or not. */
export async function askedRegularly(ask: () => Promise<unknown>, milliseconds: number): Promise<number[]> {
  const times: number[] = [];
  const underWay: Promise<void>[] = [];
  const end = performance.now() + milliseconds;
  for (let due = performance.now(); due < end; due += EVERY_MS) {
    await pause(Math.max(0, due - performance.now()));
    const began = performance.now();
    underWay.push(ask().then(() => void times.push(performance.now() - began)));
  }
  await Promise.all(underWay);
  return times;
}
