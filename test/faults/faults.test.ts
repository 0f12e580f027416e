import { expect, test } from "vitest";
import { runFaults } from "./fault-run.ts";

const SECONDS = 20;
const seed = Number(process.env["SEED"] ?? 5);

test(`nothing acknowledged is lost, doubled or out of order on bad days (seed ${seed})`, async () => {
  const { wrong, tally, messages, delivered, log, homes } = await runFaults(seed, SECONDS * 1_000, {
    pause: 3_000,
  });
  expect(wrong, `SEED=${seed}, kept: ${homes.join(" ")}\n${log}`).toEqual([]);
  // Has anything happened at all?
  expect(messages.there).toBeGreaterThan(5);
  expect(delivered).toBeGreaterThan(messages.there);
  expect(tally.senders + tally.readers).toBeGreaterThan(0);
}, 240_000);
