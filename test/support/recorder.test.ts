import { expect, test } from "vitest";
import { joinRelay } from "./member.ts";
import { recordTo } from "./recorder.ts";
import { startTestRelay } from "./relay.ts";

test("what passes is kept, and headers are unpacked", async () => {
  const relay = await startTestRelay();
  const wire = await recordTo(relay.url);
  const { client, tokens } = await joinRelay(wire.url, "alice-wonder");
  client.close();
  expect(wire.said().length).toBeGreaterThan(500);
  expect(wire.told().includes(tokens.accessToken)).toBe(true);
  expect(wire.said().includes("alice-wonder")).toBe(true);
  const meant = await wire.meant();
  expect(meant.includes("/sotto.relay.v1.AuthService/FinishLogin")).toBe(true);
  expect(meant.includes("alice-wonder")).toBe(true);
  wire.stop();
  await relay.stop();
});
