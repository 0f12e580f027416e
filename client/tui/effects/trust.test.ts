import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { safetyNumber } from "../../../keys/index.ts";
import { type Enrolled, enrol } from "../../../test/support/enrolled.ts";
import { startTestRelay, type TestRelay } from "../../../test/support/relay.ts";
import { TuiSession } from "../../../test/support/tui-session.ts";
import { changeSetting } from "../../core/settings.ts";
import { qrRows } from "../../qr.ts";
import { saveChangedKey } from "../../store/changed-keys.ts";
import type { ConversationHead } from "../model/data.ts";

let relay: TestRelay;
let people: Enrolled[];
let sessions: TuiSession[];
let count = 0;

beforeAll(async () => {
  relay = await startTestRelay();
});
afterAll(() => relay.stop());
beforeEach(() => {
  people = [];
  sessions = [];
});
afterEach(async () => {
  for (const session of sessions) await session.end();
  for (const person of people) person.leave();
});

/** Somebody new, who lets nobody in unasked. */
async function atTui(name: string): Promise<TuiSession> {
  count += 1;
  const made = await enrol(`${name}${count}`, relay.url);
  people.push(made);
  changeSetting(made.profile, "requests", "on");
  const session = new TuiSession(made);
  sessions.push(session);
  return session.begin();
}

function headIn(session: TuiSession): ConversationHead | undefined {
  return session.last("head")?.head ?? session.loaded("transcript").at(-1)?.part.head;
}

/** zoe has written to alice, who does not know her. */
async function asked(): Promise<{ alice: TuiSession; zoe: TuiSession; her: string }> {
  const [alice, zoe] = [await atTui("alice"), await atTui("zoe")];
  zoe.do({ kind: "send", conversation: alice.person.name, text: "\u001b[31mhello\nthere" });
  const requests = () => alice.last("requests")?.requests ?? [];
  await alice.until(() => requests().length === 1, "a request");
  return { alice, zoe, her: zoe.person.name };
}

test("a stranger waits apart, safe for a terminal, and is looked at without anything being read", async () => {
  const { alice, zoe, her } = await asked();
  const [request] = alice.last("requests")?.requests ?? [];
  expect(request).toMatchObject({
    name: her,
    kind: "person",
    from: her,
    text: "␛[31mhello there",
    messages: 1,
  });
  expect(alice.row(her)).toBeUndefined();
  alice.do({ kind: "open", conversation: her });
  expect(alice.texts).toEqual(["␛[31mhello\nthere"]);
  expect(headIn(alice)?.trust).toMatchObject({ standing: "stranger", isChanged: false });
  alice.do({ kind: "mark read", conversation: her, keys: alice.entries.map(({ key }) => key) });
  expect(alice.last("requests")?.requests).toMatchObject([{ messages: 1 }]);
  expect(zoe.failures).toEqual([]);
});

test("who is accepted is a conversation, and hears that it is read", async () => {
  const { alice, zoe, her } = await asked();
  alice.do({ kind: "open", conversation: her });
  zoe.do({ kind: "open", conversation: alice.person.name });
  alice.do({ kind: "accept person", name: her });
  await alice.until(() => alice.row(her)?.unread === 1, "a row");
  expect(alice.last("requests")?.requests).toEqual([]);
  expect(headIn(alice)?.trust?.standing).toBe("accepted");
  alice.do({ kind: "mark read", conversation: her, keys: alice.entries.map(({ key }) => key) });
  await zoe.until(() => zoe.entries.some((entry) => "state" in entry && entry.state === "read"), "read");
  expect(alice.loaded("done").at(-1)?.said).toContain(her);
});

test("who is blocked is listed as that, shows nothing more, and can be let in again", async () => {
  const { alice, zoe, her } = await asked();
  alice.do({ kind: "block", name: her });
  await alice.until(() => alice.last("requests")?.blocked.length === 1, "it is blocked");
  expect(alice.last("requests")).toMatchObject({ requests: [], blocked: [her] });
  zoe.do({ kind: "send", conversation: alice.person.name, text: "again" });
  zoe.do({ kind: "open", conversation: alice.person.name });
  await zoe.until(() => zoe.entries.every((entry) => "state" in entry && entry.state !== "queued"), "sent");
  alice.do({ kind: "unblock", name: her });
  await alice.until(() => alice.last("requests")?.blocked.length === 0, "it is not blocked");
  expect(alice.row(her)).toBeUndefined();
});

test("a safety number that was compared is marked everywhere, until that is taken back", async () => {
  const { alice, her } = await asked();
  alice.do({ kind: "accept person", name: her });
  await alice.until(() => alice.row(her) !== undefined, "a row");
  alice.do({ kind: "open", conversation: her });
  alice.do({ kind: "safety number", name: her });
  await alice.until(() => alice.loaded("safety number").length === 1, "a number");
  const ids = people.map(({ profile }) => profile.identity.accountId);
  const digits = safetyNumber(ids[0] as never, ids[1] as never);
  const number = { with: her, digits, qr: qrRows(digits), verifiedAt: undefined, standing: "accepted" };
  expect(alice.loaded("safety number")[0]?.number).toEqual(number);
  alice.do({ kind: "verify", name: her, isSame: true });
  await alice.until(() => alice.row(her)?.isVerified === true, "the mark");
  expect(headIn(alice)).toMatchObject({ verified: [her], encryption: "end-to-end encrypted, verified" });
  alice.do({ kind: "verify", name: her, isSame: false });
  await alice.until(() => alice.row(her)?.isVerified === false, "no mark");
  expect(alice.failures).toEqual([]);
});

test("other keys under a known name stop what is sent, and both numbers are shown", async () => {
  const { alice, her } = await asked();
  alice.do({ kind: "accept person", name: her });
  await alice.until(() => alice.row(her) !== undefined, "a row");
  const mallory = await atTui("mallory");
  const { profile } = alice.person;
  saveChangedKey(profile.db, her, mallory.person.profile.identity.accountId, profile.runtime.now());
  alice.do({ kind: "open", conversation: her });
  expect(headIn(alice)).toMatchObject({ trust: { isChanged: true }, encryption: "keys have changed" });
  alice.do({ kind: "key change", name: her });
  const [change] = alice.loaded("key change");
  expect(change?.change).toMatchObject({ with: her, wasVerified: false });
  expect(change?.change.before).not.toBe(change?.change.now);
  alice.do({ kind: "send", conversation: her, text: "are you there?" });
  await alice.until(() => alice.failures.length > 0, "a stop");
  expect(alice.failures).toEqual(["send: security_stop"]);
});

test("a stranger's invitation waits apart too, and is joined from there", async () => {
  const [alice, zoe] = [await atTui("alice"), await atTui("zoe")];
  zoe.do({ kind: "create group", name: "bookclub", members: [alice.person.name], open: false });
  const requests = () => alice.last("requests")?.requests ?? [];
  await alice.until(() => requests().length === 1, "a request");
  expect(requests()).toMatchObject([{ name: "bookclub", kind: "group", from: zoe.person.name, text: "" }]);
  expect(alice.rows).toEqual([]);
  alice.do({ kind: "accept", name: "bookclub" });
  await alice.until(() => alice.row("bookclub")?.standing === "member", "the group");
  expect(requests()).toEqual([]);
  expect(alice.failures).toEqual([]);
});
