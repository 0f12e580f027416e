import { afterEach, beforeEach, expect, test } from "vitest";
import { type AliceAndBob, aliceAndBob } from "../../../test/support/alice-and-bob.ts";
import { record } from "../../core/people/security.ts";
import type { Event } from "../model/event.ts";
import { loadKeys, rotate } from "./keys.ts";
import { loadRelay } from "./relay-details.ts";
import type { Session } from "./session.ts";

let world: AliceAndBob;
let session: Session;
let told: Event[];
const tell = (event: Event) => void told.push(event);

// The relay that these profiles name does not answer; the one that they know each other by is a double.
beforeEach(async () => {
  world = await aliceAndBob();
  session = { profile: world.alice.profile, relay: undefined } as Session;
  told = [];
});
afterEach(() => world.remove());

test("own keys show at once, and then that the relay says nothing of prekeys", async () => {
  await loadKeys(session, { kind: "load keys" }, tell);
  const shown = { name: "alice", devices: [{ isThis: true }], sessions: 0 };
  expect(told).toMatchObject([
    { loaded: { what: "keys", keys: { ...shown, prekeysLeft: "asking" } } },
    { loaded: { what: "keys", keys: { ...shown, prekeysLeft: undefined } } },
  ]);
});

test("a rotation that cannot be published fails, for the screen to say so", async () => {
  await expect(rotate(session, { kind: "rotate prekeys" }, tell)).rejects.toThrow();
  expect(told).toEqual([]);
});

test("findings show at once, safe for a terminal, and then that nothing answers", async () => {
  record(world.alice.profile, "stop", { kind: "log_lost", text: "\u001b[31mlost" });
  await loadRelay(session, { kind: "load relay" }, tell);
  const relay = { url: "http://127.0.0.1:1", findings: [{ text: "␛[31mlost", gravity: "stop" }] };
  expect(told).toMatchObject([
    { loaded: { what: "relay", relay: { ...relay, roundTripMs: "asking" } } },
    { loaded: { what: "relay", relay: { ...relay, roundTripMs: undefined } } },
  ]);
});

test("nothing is looked up before there is an account", async () => {
  const none = { profile: undefined, relay: undefined } as Session;
  await loadKeys(none, { kind: "load keys" }, tell);
  await loadRelay(none, { kind: "load relay" }, tell);
  expect(told).toEqual([]);
});
