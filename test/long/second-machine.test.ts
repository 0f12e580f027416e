// Further devices, strangers, verified people and the ways in and out, each in the real client over a real relay.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { makeInvitation } from "../../relay/admin/invitations.ts";
import { newcomer, type Person } from "../support/chat.ts";
import { person } from "../support/person.ts";
import { startTestRelay, type TestRelay } from "../support/relay.ts";
import { closeTuis, openTui, press } from "../support/tui.ts";
import type { VirtualTerminal } from "../support/virtual-terminal.ts";

const LONG = 120_000;

let relay: TestRelay;
let alice: Person;
let bob: Person;
const others: Person[] = [];

beforeAll(async () => {
  relay = await startTestRelay();
  [alice, bob] = await Promise.all([newcomer("alice", relay.url), newcomer("bob", relay.url)]);
  await Promise.all([alice.register(), bob.register()]);
}, LONG);
afterEach(async () => {
  await closeTuis();
  for (const other of others.splice(0)) await other.leave();
});
afterAll(async () => {
  await Promise.all([alice?.leave(), bob?.leave()]);
  await relay?.stop();
});

/** A machine that nothing is on yet, at the step where a name is typed. */
async function anotherMachine(of: string, url = relay.url): Promise<{ who: Person; at: VirtualTerminal }> {
  const who = await newcomer(of, url);
  others.push(who);
  const at = await openTui(who, { columns: 96, rows: 30 });
  await at.shows("The address of your relay");
  at.type(press.enter);
  await at.shows("Your name");
  return { who, at };
}

function wordsOf(who: Person): string {
  return readFileSync(who.recoveryFile, "utf8").trim();
}

/** Of the safety numbers that are shown, as they stand. */
function digitsOn(terminal: VirtualTerminal): string {
  return (terminal.screen().match(/\b\d{5}\b/g) ?? []).join("");
}

function profileOf(who: Person): string {
  return join(who.home, "chat", "profiles", "default");
}

test(
  "another machine signs in with the words, gets everything from then on, and is revoked from the first",
  async () => {
    await bob.ok(["send", "alice", "an older word"]);
    const { at } = await anotherMachine("alice");
    at.type(`alice${press.down}`);
    await at.shows("▌ It is mine: sign in");
    at.type(press.enter);
    await at.shows("The password of alice");
    at.type(`wrong horse${press.enter}`);
    await at.shows("! Wrong password.");
    at.type(`${press.ctrl("u")}correct horse alice${press.enter}`);
    await at.shows("Your recovery words");
    const [first = "", ...rest] = wordsOf(alice).split(" ");
    at.type(`${rest.join(" ")}${press.enter}`);
    await at.shows("! That is 23 of 24 words.");
    at.type(`${press.ctrl("a")}${first} `);
    await at.shows("✓ 24 words");
    at.type(press.enter);
    await at.shows("This machine is a device of alice now.", 30_000);
    await at.shows("● connected");
    expect(at.output).not.toContain("correct horse");

    await bob.ok(["send", "alice", "hello to both"]);
    // What alice let in on her first machine she has not told this one: it was off since.
    await at.shows(/Requests +1/);
    at.type(press.alt("q"));
    await at.shows(/bob .*hello to both/);
    at.type("a");
    await at.shows("Nobody waits for an answer.");
    at.type(press.esc);
    await at.shows(/bob +hello to both/);
    expect(at.screen()).not.toContain("an older word");
    // One line stands for what was said before, and says what helps.
    await at.shows("Earlier messages were sent before this device was known.");
    at.type(`${press.shiftTab}k`);
    await at.shows("w why can I not read this?");
    at.type("w");
    await at.shows("What helps");
    at.type(press.esc.repeat(1));
    expect(await alice.ok(["read"])).toContain("hello to both");

    const a = await openTui(alice);
    await a.shows("● connected");
    a.type(press.alt("k"));
    await a.shows(/since .*: revoke/);
    a.type(`${press.down}${press.down}${press.enter}`);
    await a.shows("Revoke the device");
    a.type("r");
    await a.shows("The device is signed out.");
    await a.until(() => !a.screen().includes(": revoke"), "the device is gone from the list");
    await at.shows("This device was signed out of alice", 20_000);
  },
  LONG,
);

test(
  "a stranger waits apart, is read unnoticed, and is answered once he is accepted and compared",
  async () => {
    const carol = await person("carol", relay.url);
    others.push(carol);
    await carol.ok(["settings", "requests", "on"]);
    const c = await openTui(carol, { columns: 96, rows: 30 });
    await c.shows("● connected");
    await bob.ok(["send", "carol", "psst, it is me"]);
    await c.shows(/Requests +1/);
    c.type(press.alt("q"));
    await c.shows(/bob .*psst, it is me/);
    c.type(press.enter);
    await c.shows("bob is new to you and does not hear whether you read this.");
    await c.shows("a accept   b block");
    const b = await openTui(bob);
    b.type(`/go carol${press.enter}`);
    await b.shows(/psst, it is me .*✓$/m);
    expect(b.screen()).not.toMatch(/psst, it is me .*read$/m);

    c.type("a");
    await c.shows("› Message bob");
    await b.shows(/psst, it is me .*read$/m);
    c.type(press.alt("v"));
    await c.shows("They match: mark as verified");
    b.type(press.alt("v"));
    await b.shows("They match: mark as verified");
    expect(digitsOn(c)).toMatch(/^\d{60}$/);
    expect(digitsOn(b)).toBe(digitsOn(c));
    c.type(`${press.down}${press.down}${press.enter}`);
    await c.shows("✓ Verified, you compared it today.");
    c.type(press.esc);
    await c.shows(/bob ✓/);
    await c.shows("end-to-end encrypted, verified");
  },
  LONG,
);

test(
  "a relay that wants invitations is given one",
  async () => {
    const inviting = await startTestRelay({ doors: { registration: "invite" } });
    try {
      const { at } = await anotherMachine("nora", inviting.url);
      at.type(`nora${press.enter}`);
      await at.shows("Your invitation");
      at.type(`nonsense${press.enter}`);
      await at.shows("does not take this invitation");
      const now = Date.now();
      const { token } = await makeInvitation(inviting.database, { uses: 1, expiresAt: undefined, now });
      at.type(`${press.ctrl("u")}${token}${press.enter}`);
      await at.shows("A password for nora");
      at.type(`correct horse battery${press.enter}`);
      await at.shows("▰▰▰▱ good");
      at.type(`correct horse battery${press.enter}`);
      await at.shows(/24 [a-z]{3,}/, 30_000);
    } finally {
      await inviting.stop();
    }
  },
  LONG,
);

test(
  "the last device is revoked with the words, and nothing is left of it",
  async () => {
    const dave = await newcomer("dave", relay.url);
    others.push(dave);
    await dave.register();
    const d = await openTui(dave, { columns: 96, rows: 30 });
    await d.shows("● connected");
    d.type(`${press.ctrl("p")}sign this`);
    await d.shows("Sign this device out");
    d.type(press.enter);
    await d.shows("It is the only device of the account");
    d.type(`${press.down}${press.enter}`);
    await d.shows("They sign that this device is revoked");
    d.type(`${wordsOf(alice)}${press.enter}`);
    await d.shows("These are not the recovery words of dave.");
    d.type(`${press.ctrl("u")}${wordsOf(dave)}${press.enter}`);
    await d.shows("This device is signed out", 30_000);
    expect(existsSync(profileOf(dave))).toBe(false);
    d.type(press.enter);
    expect(await d.exited).toMatchObject({ code: 0 });

    // The account is there still: with its words this machine comes back, even without the password.
    const again = await openTui(dave, { columns: 96, rows: 30 });
    await again.shows("The address of your relay");
    again.type(press.enter);
    await again.shows("Your name");
    again.type(`dave${press.down}${press.enter}`);
    await again.shows("The password of dave");
    again.type(`${press.down}${press.enter}`);
    await again.shows("With them you choose another password.");
    again.type(`${wordsOf(dave)}${press.enter}`);
    await again.shows("Another password for dave");
    again.type(`quite another horse${press.enter}`);
    await again.shows(/Again +›/);
    again.type(`quite another horse${press.enter}`);
    await again.shows("This machine is a device of dave now.", 30_000);
    await again.shows("● connected");
  },
  LONG,
);

test(
  "other keys under a known name stop what is written, and go on once both numbers were looked at",
  async () => {
    const erin = await person("erin", relay.url);
    others.push(erin);
    await erin.ok(["send", "bob", "see you at ten"]);
    const e = await openTui(erin, { columns: 96, rows: 30 });
    await e.shows("› Message bob");
    await e.shows("● connected");
    e.type(press.alt("v"));
    await e.shows("They match: mark as verified");
    const before = digitsOn(e);
    e.type(press.esc);

    // An operator, or somebody in his place, gives the name away.
    await relay.database.query("update accounts set name = 'somebody' where name = 'bob'");
    const other = await person("bob", relay.url);
    others.push(other);
    await other.ok(["send", "erin", "it is me"]);
    await e.shows("STOP: bob has other keys than before.");
    e.type("is it?");
    e.type(press.enter);
    await e.shows("keys have changed");
    expect(e.screen()).not.toContain("is it?");

    e.type("a");
    await e.shows("! bob has other keys than before");
    const both = digitsOn(e);
    expect(both).toHaveLength(120);
    expect(both.slice(0, 60)).toBe(before);
    const number = (await other.ok(["verify", "erin"])).replaceAll(/\s/g, "");
    expect(both.slice(60)).toBe(number);
    e.type(`${press.down}${press.enter}`);
    await e.shows("bob has new keys from now on.");
    await e.shows("it is me");
    await e.shows(/bob ✓/);
    e.type(`is it?${press.enter}`);
    await e.shows(/is it\? .*✓/);
  },
  LONG,
);

test(
  "a login that has ended goes on with the password, where one is",
  async () => {
    const frank = await newcomer("frank", relay.url);
    others.push(frank);
    await frank.register();
    await relay.database.query("delete from token_families");
    relay.ahead += 20 * 60_000;
    const f = await openTui(frank, { columns: 96, rows: 30 });
    await f.shows("/login goes on with the password.");
    await f.shows("✕ not logged in");
    f.type(`${press.ctrl("p")}log in`);
    await f.shows("Log in again");
    f.type(press.enter);
    await f.shows("Log in again as frank");
    f.type(`wrong${press.enter}`);
    await f.shows("✕ Wrong password.");
    f.type(`${press.ctrl("u")}correct horse frank${press.enter}`);
    await f.shows("● connected");
    expect(f.output).not.toContain("correct horse");
  },
  LONG,
);
