import { afterEach, beforeEach, expect, test } from "vitest";
import { type AliceAndBob, aliceAndBob } from "../../../test/support/alice-and-bob.ts";
import { commandContext } from "../../../test/support/command-context.ts";
import { settings } from "./settings.ts";

let world: AliceAndBob;

beforeEach(async () => {
  world = await aliceAndBob();
});
afterEach(() => world.remove());

async function printed(json: boolean, ...given: [("typing" | "receipts")?, ("on" | "off")?]) {
  const { context, kept } = commandContext(world.alice, { json });
  await settings(context, given[0], given[1]);
  await context.output.flush();
  return kept.out;
}

test("settings are shown, chosen and stay chosen", async () => {
  expect(await printed(false)).toBe("receipts  on\ntyping    on\npresence  on\nrequests  off\n");
  expect(await printed(false, "typing", "off")).toBe("off\n");
  expect(await printed(false, "typing")).toBe("off\n");
  expect(await printed(false, "receipts")).toBe("on\n");
  expect(await printed(true)).toBe(
    '{"type":"settings","receipts":"on","typing":"off","presence":"on","requests":"off"}\n',
  );
  expect(await printed(true, "typing", "on")).toBe(
    '{"type":"settings","receipts":"on","typing":"on","presence":"on","requests":"off"}\n',
  );
});
