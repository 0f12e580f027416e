import { expect, test } from "vitest";
import { describeWith } from "../support/debian-programs.ts";
import { runFaults } from "./fault-run.ts";
import { type Installation, oneRelay, twoRelays } from "./installation.ts";

const SECONDS = 20;
const seed = Number(process.env["SEED"] ?? 5);

async function survive(install: () => Promise<Installation>): Promise<void> {
  const options = { pause: 3_000, install };
  const { wrong, tally, messages, delivered, log, homes } = await runFaults(seed, SECONDS * 1_000, options);
  expect(wrong, `SEED=${seed}, kept: ${homes.join(" ")}\n${log}`).toEqual([]);
  // Has anything happened at all?
  expect(messages.there).toBeGreaterThan(5);
  expect(delivered).toBeGreaterThan(messages.there);
  expect(tally.senders + tally.readers).toBeGreaterThan(0);
}

test(`nothing acknowledged is lost, doubled or out of order on bad days (seed ${seed})`, async () => {
  await survive(oneRelay);
}, 240_000);

describeWith(["nats-server"], "two relays with NATS between them", () => {
  test(`lose, double and mix up nothing either (seed ${seed})`, async () => {
    await survive(twoRelays);
  }, 240_000);
});
