import { afterEach, expect, test } from "vitest";
import { type Enrolled, enrol } from "../../../test/support/enrolled.ts";
import { startTestRelay, type TestRelay } from "../../../test/support/relay.ts";
import { TuiSession } from "../../../test/support/tui-session.ts";
import { connectionAfter } from "./connection.ts";

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
