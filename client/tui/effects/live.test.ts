import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { type Enrolled, enrol } from "../../../test/support/enrolled.ts";
import { startTestRelay, type TestRelay } from "../../../test/support/relay.ts";
import { TuiSession } from "../../../test/support/tui-session.ts";
import { mute } from "../../core/conversations/mute.ts";
import { markRead, readMessages } from "../../core/messages/read-messages.ts";
import { queueMessage } from "../../core/outbox/send-message.ts";
import { record } from "../../core/people/security.ts";
import { closeProfile } from "../../core/profile.ts";
import { changeSetting } from "../../core/settings.ts";
import type { MessageEntry } from "../model/data.ts";

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

/** Somebody new, with a name of his own. */
async function person(name: string): Promise<Enrolled> {
  count += 1;
  const made = await enrol(`${name}${count}`, relay.url);
  people.push(made);
  return made;
}

async function atTui(who: Enrolled): Promise<TuiSession> {
  const session = new TuiSession(who);
  sessions.push(session);
  return session.begin();
}

async function two(): Promise<[TuiSession, TuiSession]> {
  return [await atTui(await person("alice")), await atTui(await person("bob"))];
}

const nameOf = ({ person }: TuiSession) => person.name;

test("two people talk, and each sees what the other writes", async () => {
  const [alice, bob] = await two();
  alice.do({ kind: "open", conversation: nameOf(bob) });
  alice.do({ kind: "send", conversation: nameOf(bob), text: "hello" });
  expect(alice.entries).toMatchObject([{ text: "hello", own: true, state: "queued" }]);
  await bob.until(() => bob.row(nameOf(alice))?.unread === 1, "a row");
  bob.do({ kind: "open", conversation: nameOf(alice) });
  expect(bob.entries).toMatchObject([{ text: "hello", unread: true, state: "received" }]);
  bob.do({ kind: "send", conversation: nameOf(alice), text: "hi" });
  await alice.until(() => alice.texts.includes("hi"), "an answer");
  bob.do({ kind: "mark read", conversation: nameOf(alice), keys: bob.entries.map(({ key }) => key) });
  expect(bob.row(nameOf(alice))?.unread).toBe(0);
  await alice.until(() => alice.entries.some((entry) => "state" in entry && entry.state === "read"), "read");
  expect(alice.texts).toEqual(["hello", "hi"]);
  expect(alice.last("connection")?.connection).toEqual({ state: "connected", why: undefined, queued: 0 });
  expect([...alice.failures, ...bob.failures]).toEqual([]);
});

/** How long it takes. */
async function within(session: TuiSession, test: () => unknown, what: string): Promise<number> {
  const start = performance.now();
  await session.until(test, what);
  return performance.now() - start;
}

test("what another process writes, reads, mutes and sets is seen within half a second", async () => {
  const [alice, bob] = await two();
  bob.do({ kind: "send", conversation: nameOf(alice), text: "one" });
  await alice.until(() => alice.row(nameOf(bob))?.unread === 1, "a message");
  alice.do({ kind: "open", conversation: nameOf(bob) });
  const other = alice.person.open();
  try {
    queueMessage(other, { to: nameOf(bob), text: "from elsewhere" });
    const shown = await within(alice, () => alice.texts.includes("from elsewhere"), "a text from elsewhere");
    expect(shown).toBeLessThan(500);
    markRead(other, readMessages(other, { limit: 10, unread: true }));
    expect(await within(alice, () => alice.row(nameOf(bob))?.unread === 0, "reading")).toBeLessThan(500);
    expect(alice.entries[0]).toMatchObject({ text: "one", unread: false });
    mute(other, nameOf(bob), "mentions");
    expect(await within(alice, () => alice.row(nameOf(bob))?.notify === "mentions", "muting")).toBeLessThan(
      500,
    );
    changeSetting(other, "typing", "off");
    expect(await within(alice, () => alice.last("settings"), "a setting")).toBeLessThan(500);
    expect(alice.last("settings")?.settings.typing).toBe(false);
    record(other, "stop", { kind: "log_invalid", text: "The relay \u001b[31mlies." });
    expect(await within(alice, () => alice.last("alarm"), "an alarm")).toBeLessThan(500);
    expect(alice.last("alarm")?.text).toBe("The relay ␛[31mlies.");
    record(other, "note", { kind: "device_added", text: "bob has a new device." });
    await alice.until(() => alice.last("note")?.text === "bob has a new device.", "a note");
  } finally {
    closeProfile(other);
  }
});

test("nothing that others wrote reaches the model unsafe", async () => {
  const [alice, bob] = await two();
  const hostile = "\u001b]0;x\u0007\u202etxt\r\n\u009b31m\ttab";
  bob.do({ kind: "send", conversation: nameOf(alice), text: hostile });
  await alice.until(() => alice.row(nameOf(bob)) !== undefined, "a message");
  alice.do({ kind: "open", conversation: nameOf(bob) });
  const [entry] = alice.entries;
  alice.do({
    kind: "send",
    conversation: nameOf(bob),
    text: "what?",
    replyTo: entry && "id" in entry ? entry.id : "",
  });
  alice.do({ kind: "search", query: "txt" });
  expect(alice.loaded("search")[0]?.hits).toHaveLength(1);
  expect(alice.entries[1]).toMatchObject({ quote: { key: entry?.key, from: nameOf(bob) } });
  expect(entry).toMatchObject({ text: "␛]0;x␇\\u{202e}txt\n\\u{9b}31m    tab" });
  for (const text of allTexts(alice.events)) expect(text).not.toMatch(/[\p{Cc}\u202e\u2028]/u);
});

/** Every text anywhere in it; line feeds are fine. */
function allTexts(value: unknown): string[] {
  if (typeof value === "string") return [value.replaceAll("\n", "")];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(allTexts);
}

test("what is done to a message is seen by both, and taken back", async () => {
  const [alice, bob] = await two();
  alice.do({ kind: "send", conversation: nameOf(bob), text: "which?" });
  await bob.until(() => bob.row(nameOf(alice)) !== undefined, "a message");
  for (const [one, other] of [
    [alice, bob],
    [bob, alice],
  ] as const)
    one.do({ kind: "open", conversation: nameOf(other) });
  const message = () => alice.entries[0] as MessageEntry;
  const { id } = message();
  bob.do({ kind: "vote", id, value: "up" });
  bob.do({ kind: "react", id, emoji: "👍", remove: false });
  bob.do({ kind: "pin", id, pinned: true });
  await alice.until(() => message().pinned && message().reactions.length === 1, "what bob did");
  expect(message()).toMatchObject({ votes: { up: 1, down: 0, mine: undefined } });
  expect(message().reactions).toEqual([{ emoji: "👍", by: [nameOf(bob)], mine: false }]);
  expect(bob.entries[0]).toMatchObject({ votes: { mine: "up" }, reactions: [{ mine: true }] });
  bob.do({ kind: "vote", id, value: "none" });
  bob.do({ kind: "react", id, emoji: "👍", remove: true });
  alice.do({ kind: "edit", id, text: "which one?" });
  await bob.until(() => bob.texts[0] === "which one?", "an edit");
  await alice.until(() => message().reactions.length === 0, "what bob took back");
  bob.do({ kind: "edit", id, text: "not mine" });
  expect(bob.failures).toEqual(["edit: not_allowed"]);
  alice.do({ kind: "delete", id });
  await bob.until(() => (bob.entries[0] as MessageEntry).deleted, "a delete");
  expect(alice.failures).toEqual([]);
  expect(alice.loaded("done").map(({ effect }) => effect)).toEqual(["send", "edit", "delete"]);
});

test("a group is made, joined, renamed and left, and its transcript says so", async () => {
  const [alice, bob] = await two();
  const group = `ops${count}`;
  alice.do({ kind: "create group", name: group, members: [nameOf(bob), "nobody-at-all"], open: false });
  await alice.until(() => alice.loaded("done").length === 1, "a group");
  expect(alice.failures).toEqual(["invite: unknown_person"]);
  expect(alice.loaded("done")[0]).toMatchObject({ conversation: group, said: `Made the group #${group}.` });
  await bob.until(() => bob.row(group)?.standing === "invited", "an invitation");
  expect(bob.row(group)?.invitedBy).toBe(nameOf(alice));
  bob.do({ kind: "accept", name: group });
  await bob.until(() => bob.row(group)?.standing === "member", "membership");
  alice.do({ kind: "open", conversation: group });
  alice.do({ kind: "send", conversation: group, text: `@${nameOf(bob)} hello` });
  await bob.until(() => bob.row(group)?.mentions === 1, "a mention");
  bob.do({ kind: "open", conversation: group });
  expect(bob.texts).toEqual([`* ${nameOf(bob)} joined`, `@${nameOf(bob)} hello`]);
  expect(alice.texts).toEqual([
    `* ${nameOf(alice)} joined`,
    `* ${nameOf(alice)} invited ${nameOf(bob)}`,
    `* ${nameOf(bob)} joined`,
    `@${nameOf(bob)} hello`,
  ]);
  alice.do({ kind: "load group", name: group });
  expect(alice.loaded("group")[0]?.group).toMatchObject({
    mine: "owner",
    members: [{ name: nameOf(alice) }, { name: nameOf(bob), role: "member" }],
    history: [{ text: `${nameOf(bob)} joined` }, {}, {}],
  });
  alice.do({ kind: "rename", group, title: `dev${count}` });
  await alice.until(() => alice.row(`dev${count}`) !== undefined && alice.row(group) === undefined, "a name");
  await bob.until(() => bob.row(group)?.title === `dev${count}`, "a title");
  await bob.until(() => bob.texts.includes(`* ${nameOf(alice)} called it dev${count}`), "a line");
  alice.do({ kind: "remove", group: `dev${count}`, member: nameOf(bob) });
  await bob.until(() => bob.last("head")?.head.canPost === false, "the end of it");
  expect(bob.row(group)?.standing).toBe("removed");
  bob.do({ kind: "send", conversation: group, text: "hello?" });
  await bob.until(
    () =>
      bob.failures.length > 0 || bob.entries.some((entry) => "state" in entry && entry.state === "failed"),
    "a refusal",
  );
});

test("a room is found and joined, and left", async () => {
  const [alice, bob] = await two();
  const room = `music${count}`;
  alice.do({ kind: "create group", name: room, members: [], open: true });
  await alice.until(() => alice.loaded("done").length === 1, "a room");
  bob.do({ kind: "list rooms" });
  await bob.until(() => bob.loaded("rooms").length === 1, "rooms");
  expect(bob.loaded("rooms")[0]?.rooms).toContainEqual({ name: room, members: 1, joined: false });
  bob.do({ kind: "join room", name: room });
  await bob.until(() => bob.row(room)?.standing === "member", "membership");
  bob.do({ kind: "role", group: room, member: nameOf(alice), role: "member" });
  await bob.until(() => bob.failures.length === 1, "a refusal");
  expect(bob.failures).toEqual(["role: not_allowed"]);
  alice.do({ kind: "policy", group: room, policy: { what: "post", least: "admin" } });
  await alice.until(() => alice.loaded("done").length === 2, "a policy");
  bob.do({ kind: "leave", name: room });
  await bob.until(() => bob.loaded("done").some(({ effect }) => effect === "leave"), "leaving");
  expect(bob.row(room)?.standing ?? "left").toBe("left");
});

test("a hit of a search is opened in its place", async () => {
  const [alice, bob] = await two();
  for (let at = 0; at < 300; at += 1)
    queueMessage(alice.person.profile, { to: "me", text: at === 80 ? "the needle" : `straw ${at}` });
  alice.do({ kind: "search", query: "needle" });
  const [hit] = alice.loaded("search")[0]?.hits ?? [];
  expect(hit).toMatchObject({ conversation: "me", from: nameOf(alice) });
  alice.do({ kind: "open", conversation: "me", around: hit?.key ?? "" });
  expect(alice.texts).toContain("the needle");
  expect(alice.loaded("transcript").at(-1)?.part).toMatchObject({ hasOlder: true, hasNewer: true });
  alice.do({ kind: "older", conversation: "me", from: alice.entries[0]?.position ?? 0 });
  expect(alice.texts[0]).toBe("straw 0");
  alice.do({ kind: "newer", conversation: "me", from: alice.entries.at(-1)?.position ?? 0 });
  expect(alice.texts.slice(70, 90)).toEqual(
    Array.from({ length: 20 }, (_, at) => (at === 10 ? "the needle" : `straw ${at + 70}`)),
  );
  alice.do({ kind: "older", conversation: nameOf(bob), from: 0 });
  expect(alice.loaded("older")).toHaveLength(1);
  alice.do({ kind: "search", query: "in:" });
  expect(alice.failures).toEqual(["search: bad_input"]);
});

test("whoever registers appears among the people", async () => {
  const alice = await atTui(await person("alice"));
  alice.do({ kind: "list people" });
  await alice.until(() => alice.loaded("people").length === 1, "people");
  expect(alice.loaded("people")[0]).toMatchObject({ isWhole: true });
  const bob = await person("bob");
  await alice.until(() => alice.loaded("people").some(({ people }) => people[0]?.name === bob.name), "bob");
  expect(alice.loaded("people").at(-1)).toMatchObject({ isWhole: false, people: [{ known: false }] });
  alice.do({ kind: "list people" });
  expect(alice.loaded("people").at(-1)?.isWhole).toBe(true);
});

test("typing and presence are said and seen", async () => {
  const [alice, bob] = await two();
  alice.do({ kind: "send", conversation: nameOf(bob), text: "hello" });
  await bob.until(() => bob.row(nameOf(alice)) !== undefined, "a message");
  bob.do({ kind: "send", conversation: nameOf(alice), text: "hi" });
  await alice.until(() => alice.row(nameOf(bob))?.unread === 1, "an answer");
  await alice.until(() => {
    bob.do({ kind: "typing", conversation: nameOf(alice) });
    return alice.last("typing")?.names[0] === nameOf(bob);
  }, "typing");
  expect(alice.last("typing")?.conversation).toBe(nameOf(bob));
  bob.do({ kind: "send", conversation: nameOf(alice), text: "that was it" });
  await alice.until(() => alice.last("typing")?.names.length === 0, "the end of typing", 3_000);
  bob.do({ kind: "reconnect" });
  await alice.until(() => alice.last("presence")?.present.includes(nameOf(bob)), "presence");
});

test("who comes sees who is here, and is not seen any more once he has left", async () => {
  const [alice, bob] = await two();
  alice.do({ kind: "send", conversation: nameOf(bob), text: "hello" });
  await bob.until(() => bob.row(nameOf(alice)) !== undefined, "a message");
  bob.do({ kind: "send", conversation: nameOf(alice), text: "hi" });
  await alice.until(() => alice.row(nameOf(bob))?.unread === 1, "an answer");
  await bob.end();
  const again = await atTui(bob.person);
  await again.until(() => again.last("presence")?.present.includes(nameOf(alice)), "alice");
  await alice.until(() => alice.last("presence")?.present.includes(nameOf(bob)), "bob");
  await again.end();
  await alice.until(() => alice.last("presence")?.present.length === 0, "the end of it", 10_000);
});

test("the conversation that was open last is told first", async () => {
  const alice = await person("alice");
  const first = await atTui(alice);
  for (const text of ["x", "y"]) first.do({ kind: "send", conversation: "me", text });
  const bob = await person("bob");
  first.do({ kind: "send", conversation: bob.name, text: "hello" });
  first.do({ kind: "open", conversation: "me" });
  await first.end();
  const again = await atTui(alice);
  const rows = again.chat.filter((data) => data.what === "conversations");
  expect(rows[0]?.rows.map(({ name }) => name)).toEqual(["me"]);
  expect(rows[1]).toMatchObject({ isWhole: true, rows: [{ name: bob.name }, { name: "me" }] });
});

test("a notification says who wrote, and what only to those who chose that", async () => {
  const [alice, bob] = await two();
  bob.do({ kind: "send", conversation: nameOf(alice), text: "the deploy is green" });
  await alice.until(() => alice.row(nameOf(bob))?.unread === 1, "a row");
  alice.do({ kind: "notify", conversation: nameOf(bob), why: "message" });
  alice.do({ kind: "save setting", name: "notifyContent", value: "on" });
  alice.do({ kind: "notify", conversation: nameOf(bob), why: "message" });
  alice.do({ kind: "save setting", name: "bell", value: "off" });
  alice.do({ kind: "notify", conversation: nameOf(bob), why: "message" });
  expect(alice.notifications).toEqual([
    { title: "Sotto", text: `${nameOf(bob)} writes` },
    { title: nameOf(bob), text: "the deploy is green" },
  ]);
});

test("a long conversation begins where it began, if that is asked for", async () => {
  const alice = await atTui(await person("alice"));
  for (let count = 0; count < 120; count += 1) {
    queueMessage(alice.person.profile, { to: "me", text: `note ${count}` });
  }
  alice.do({ kind: "open", conversation: "me" });
  expect(alice.texts).not.toContain("note 0");
  alice.do({ kind: "oldest", conversation: "me" });
  const { part, around } = alice.loaded("transcript").at(-1) ?? {};
  expect(alice.texts[0]).toBe("note 0");
  expect(part).toMatchObject({ hasOlder: false, hasNewer: true });
  expect(around).toBe(part?.entries[0]?.key);
});

test("what was found about a conversation, or about who is in it, is a line of it", async () => {
  const [alice, bob] = await two();
  const { profile } = alice.person;
  bob.do({ kind: "send", conversation: nameOf(alice), text: "hello" });
  await alice.until(() => alice.row(nameOf(bob)) !== undefined, "a row");
  const about = { kind: "device_added", accountId: bob.person.profile.identity.accountId } as const;
  record(profile, "note", { ...about, text: "bob has a new device 01234567." });
  record(profile, "note", { kind: "device_added", accountId: profile.identity.accountId, text: "Mine." });
  alice.do({ kind: "open", conversation: nameOf(bob) });
  expect(alice.texts).toEqual(["hello", "* bob has a new device 01234567"]);
  record(profile, "stop", { ...about, kind: "chain_fork", text: "The relay shows another history." });
  await alice.until(() => alice.texts.includes("* The relay shows another history"), "the line");
  expect(alice.entries.at(-1)).toMatchObject({ kind: "event", gravity: "alarm" });
});

test("an alarm that was raised while no client was open is told at the next start, once", async () => {
  const alice = await person("alice");
  const first = await atTui(alice);
  await first.end();
  record(alice.profile, "stop", { kind: "chain_fork", text: "The relay shows another history." });
  const second = await atTui(alice);
  await second.until(() => second.last("alarm"), "the alarm");
  await second.end();
  const third = await atTui(alice);
  expect(third.last("alarm")).toBeUndefined();
});
