import { existsSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Enrolled, enrol, enrolFurther } from "../../../test/support/enrolled.ts";
import { startTestRelay, type TestRelay } from "../../../test/support/relay.ts";
import { TuiSession } from "../../../test/support/tui-session.ts";

let relay: TestRelay;
let devices: Enrolled[];
let sessions: TuiSession[];
let isStopped: boolean;

beforeEach(async () => {
  relay = await startTestRelay();
  devices = [];
  sessions = [];
  isStopped = false;
});
afterEach(async () => {
  for (const session of sessions) await session.end();
  for (const device of devices) device.leave();
  if (!isStopped) await relay.stop();
});

async function atTui(device: Enrolled): Promise<TuiSession> {
  devices.push(device);
  const session = new TuiSession(device);
  sessions.push(session);
  return session.begin();
}

async function two(): Promise<[TuiSession, TuiSession]> {
  const first = await enrol("alice", relay.url);
  return [await atTui(first), await atTui(await enrolFurther(first))];
}

test("another device is revoked, and knows at once that it is none any more", async () => {
  const [first, second] = await two();
  first.do({ kind: "load keys" });
  await first.until(() => first.loaded("keys").at(-1)?.keys.prekeysLeft !== "asking", "the relay's answer");
  const [, other] = first.loaded("keys").at(-1)?.keys.devices ?? [];
  expect(other).toMatchObject({ isThis: false });
  first.do({ kind: "revoke device", id: other?.id ?? "" });
  await first.until(
    () => first.loaded("done").some(({ effect }) => effect === "revoke device"),
    "it is done",
  );
  await second.until(() => second.connection === "signed out", "it hears");
  expect(second.last("connection")?.connection.why).toMatch(/^This device was signed out of alice/);
  expect(first.failures).toEqual([]);
});

test("a device that signs out is none any more, and nothing of it is left", async () => {
  const [first, second] = await two();
  const { folder } = second.person.profile.paths;
  second.do({ kind: "sign out", words: undefined, isOffline: false });
  await second.until(() => second.loaded("done").some(({ effect }) => effect === "sign out"), "it is out");
  expect(existsSync(folder)).toBe(false);
  first.do({ kind: "load keys" });
  await first.until(() => first.loaded("keys").at(-1)?.keys.devices.length === 1, "one device");
  expect([...first.failures, ...second.failures]).toEqual([]);
});

test("nothing is erased while the relay does not hear of it, unless that is wanted", async () => {
  const session = await atTui(await enrol("alice", relay.url));
  const { folder } = session.person.profile.paths;
  isStopped = true;
  await relay.stop();
  session.do({ kind: "sign out", words: undefined, isOffline: false });
  await session.until(() => session.failures.length > 0, "a failure");
  expect(session.failures).toEqual(["sign out: relay_unreachable"]);
  expect(existsSync(folder)).toBe(true);
  session.do({ kind: "sign out", words: undefined, isOffline: true });
  await session.until(() => session.loaded("done").length > 0, "it is erased");
  expect(existsSync(folder)).toBe(false);
});

test("a wrong password says so, without commands to type", async () => {
  const session = await atTui(await enrol("alice", relay.url));
  session.do({ kind: "log in", password: "wrong" });
  await session.until(() => session.failures.length > 0, "a failure");
  expect(session.failures).toEqual(["log in: login_failed"]);
  const failed = session.events.find((event) => event.kind === "failed");
  expect(failed).toMatchObject({ failure: { message: "Wrong password.", hint: undefined } });
});

test("what the doctor finds comes bit by bit, and last that it is all", async () => {
  const session = await atTui(await enrol("alice", relay.url));
  session.do({ kind: "check" });
  await session.until(() => session.loaded("checks").at(-1)?.isWhole === true, "all of it");
  const [first] = session.loaded("checks");
  const last = session.loaded("checks").at(-1);
  expect(first?.isWhole).toBe(false);
  expect(first?.checks).toHaveLength(1);
  const names = last?.checks.map(({ name }) => name);
  for (const name of ["folder", "relay", "login", "clock", "prekeys"]) expect(names).toContain(name);
  expect(last?.checks.filter(({ isGood }) => !isGood)).toEqual([]);
});

test("the relay says who is found and who may register, and its address why it is believed", async () => {
  const session = await atTui(await enrol("alice", relay.url));
  session.do({ kind: "load relay" });
  await session.until(() => session.loaded("relay").length === 2, "an answer");
  expect(session.loaded("relay").at(-1)?.relay).toMatchObject({
    url: relay.url,
    proof: "being on this machine",
    directory: "open: everybody on the relay is listed",
    registration: "welcome: everybody may make an account",
    roundTripMs: expect.any(Number),
  });
});
