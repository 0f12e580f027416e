import { afterEach, expect, test } from "vitest";
import { aliceAndBob } from "../../../test/support/alice-and-bob.ts";
import { type Enrolled, enrol } from "../../../test/support/enrolled.ts";
import { startTestRelay, type TestRelay } from "../../../test/support/relay.ts";
import { TuiSession } from "../../../test/support/tui-session.ts";
import { ChatError } from "../../core/chat-error.ts";
import { NetError } from "../../net/net-error.ts";
import { connectionAfter, refused } from "./connection.ts";

let relay: TestRelay | undefined;
let alice: Enrolled | undefined;
let session: TuiSession | undefined;

afterEach(async () => {
  await session?.end();
  alice?.leave();
  await relay?.stop();
});

test("without a relay, what is sent is kept, counted, and nothing is said to have failed", async () => {
  relay = await startTestRelay();
  alice = await enrol("alice", relay.url);
  await relay.stop();
  relay = undefined;
  session = await new TuiSession(alice).begin();
  expect(session.last("connection")?.connection).toMatchObject({ state: "offline" });
  expect(session.last("connection")?.connection.why).toMatch(/\.$/);
  session.do({ kind: "send", conversation: "me", text: "later" });
  expect(session.row("me")).toMatchObject({ queued: 1 });
  expect(session.last("connection")?.connection.queued).toBe(1);
  session.do({ kind: "reconnect" });
  expect(session.connection).toBe("connecting");
  await session.until(() => session?.connection === "offline", "another attempt");
  expect(session.failures).toEqual([]);
  session.do({ kind: "join room", name: "music" });
  await session.until(() => session?.failures.length === 1, "a failure");
  expect(session.failures).toEqual(["join room: relay_unreachable"]);
});

test("attempts that fail one after the other are one time of being offline", () => {
  const start = { state: "starting", why: undefined, queued: 2 } as const;
  const offline = connectionAfter(connectionAfter(start, "connecting"), "offline");
  expect(offline).toEqual({ state: "offline", why: "The connection broke.", queued: 2 });
  expect(connectionAfter(offline, "connecting")).toBe(offline);
  expect(connectionAfter(offline, "connected")).toEqual({ state: "connected", why: undefined, queued: 2 });
});

test("a login that has ended is told apart from a device that is out, and from a refusal", async () => {
  const world = await aliceAndBob();
  const before = { state: "connected", why: undefined, queued: 1 } as const;
  const after = (error: unknown) => refused(world.alice.profile, before, error);
  const lost = new ChatError("signed_out", "The relay no longer knows this device's login.", {
    hint: "Run `chat login NAME`.",
  });
  expect(after(lost)).toEqual({ state: "login lost", why: lost.message, queued: 1 });
  const out = new NetError("refused", "no such device", { reason: "unknown_device" });
  expect(after(out)).toMatchObject({
    state: "signed out",
    why: expect.stringMatching(/^This device was signed out of alice by /),
  });
  const disabled = new ChatError("account_disabled", "It is disabled.", { hint: "Ask the operator." });
  expect(after(disabled)).toMatchObject({ state: "refused", why: "It is disabled. Ask the operator." });
  world.remove();
});
