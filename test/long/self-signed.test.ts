// A relay with a certificate that nobody vouches for: its address names it, and clients take no other.
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { makeCertificate } from "../support/certificate.ts";
import { type Finished, newcomer, type Person, parseLines, type RunOptions } from "../support/chat.ts";
import { callUntilHeard } from "../support/follow.ts";
import { type Middle, middleTo } from "../support/middle.ts";
import { type SpawnedRelay, spawnRelay } from "../support/relay.ts";

let relay: SpawnedRelay;
let middle: Middle;
/** The relay's address as it is handed on: by way of the middle, with the pin. */
let url: string;
let alice: Person;
let bob: Person;

/** Without CHAT_RELAY: what counts is what the profile keeps. */
const quietly: RunOptions = { env: { CHAT_RELAY: "" } };
const chat = (who: Person, ...words: string[]): Promise<Finished> => who.chat(words, quietly);
const ok = (who: Person, ...words: string[]): Promise<string> => who.ok(words, quietly);

beforeAll(async () => {
  relay = await spawnRelay({ parameters: ["--tls", "self-signed"] });
  middle = await middleTo(Number(new URL(relay.url).port));
  url = byTheMiddle(relay.url);
  [alice, bob] = await Promise.all([newcomer("alice", url), newcomer("bob", url)]);
  await Promise.all([alice.register(), bob.register()]);
});

afterAll(async () => {
  await alice?.leave();
  await bob?.leave();
  await middle?.stop();
  await relay?.stop();
});

const byTheMiddle = (address: string): string => address.replace(/:\d+#/, `:${middle.port}#`);

function expectStop(finished: Finished, hint: RegExp): void {
  expect(finished.code, finished.stderr).toBe(76);
  expect(finished.stderr).toMatch(/certificate/);
  expect(finished.stderr).toMatch(hint);
  expect(finished.stderr).not.toMatch(/\n\s+at /);
}

test("the relay prints an address that names its certificate, and a profile keeps it", async () => {
  expect(relay.url).toMatch(/^https:\/\/127\.0\.0\.1:\d+#sha256=[\w-]{43}$/);
  const [me] = parseLines(await ok(alice, "whoami", "--json"));
  expect(me?.["relay"]).toBe(url);
  await ok(alice, "send", "bob", "over a line that nobody can read");
  expect(await ok(bob, "read", "alice")).toContain("over a line that nobody can read");
});

test("a certificate without its address is not taken, and what to do is said", async () => {
  const carol = await newcomer("carol", url.replace(/#.*/, ""));
  await writeFile(carol.passwordFile, "correct horse carol\n");
  const files = ["--password-file", carol.passwordFile, "--recovery-file", carol.recoveryFile];
  expectStop(await carol.chat(["register", "carol", ...files]), /#sha256=/);
  const bad = await carol.chat(["register", "carol", ...files, "--relay", `${url.slice(0, -1)}`]);
  expect(bad.code).toBe(64);
  await carol.leave();
});

test("the pin of the profile holds when the address is written without it", async () => {
  const short = url.replace(/#.*/, "");
  for (const relayUrl of [short, short.replace("https:", "http:")]) {
    await ok(alice, "send", "bob", "the short address", "--relay", relayUrl);
  }
});

test("somebody in the middle is found out before he hears a word, by every command", async () => {
  middle.intruder = await makeCertificate(alice.home, "intruder");
  const sent = await chat(alice, "send", "bob", "not for him");
  expectStop(sent, /in between/);
  expectStop(await chat(bob, "read"), /in between/);
  expectStop(await chat(bob, "tail"), /in between/);
  const carol = await newcomer("carol", url);
  await writeFile(carol.passwordFile, "correct horse carol\n");
  const files = ["--password-file", carol.passwordFile, "--recovery-file", carol.recoveryFile];
  expectStop(await carol.chat(["register", "carol", ...files]), /in between/);
  expectStop(await chat(alice, "login", "alice", "--password-file", alice.passwordFile), /in between/);
  expect(middle.overheard).toBe(0);
  await carol.leave();
});

test("a command that goes on says that somebody is there, tells him nothing, and goes on when he is gone", async () => {
  middle.intruder = undefined;
  const tail = bob.start(["tail"], quietly);
  await callUntilHeard(tail, { who: bob, caller: alice }, quietly);
  let said = "";
  tail.process.stderr?.on("data", (text: string) => {
    said += text;
  });
  const before = middle.overheard;
  middle.intruder = await makeCertificate(alice.home, "another");
  await vi.waitFor(() => expect(said).toMatch(/certificate/), 20_000);
  expect(middle.overheard).toBe(before);
  middle.intruder = undefined;
  await ok(alice, "send", "bob", "is he gone?");
  await tail.until((lines) => lines.some((line) => line.includes("is he gone?")));
  await tail.kill("SIGINT");
});

test("when he is gone, what was written meanwhile goes out", async () => {
  middle.intruder = undefined;
  await ok(alice, "read");
  expect(await ok(bob, "read", "alice")).toContain("not for him");
});

test("he would have heard everything from a client without the pin", async () => {
  middle.intruder = await makeCertificate(alice.home, "trusted");
  const env = { CHAT_RELAY: "", NODE_EXTRA_CA_CERTS: join(alice.home, "trusted.crt") };
  const carol = await newcomer("carol", url.replace(/#.*/, ""));
  await writeFile(carol.passwordFile, "correct horse carol\n");
  const files = ["--password-file", carol.passwordFile, "--recovery-file", carol.recoveryFile];
  const relayOption = ["--relay", url.replace(/#.*/, "")];
  await carol.ok(["register", "carol", ...files, ...relayOption], { env });
  expect(middle.overheard).toBeGreaterThan(1_000);
  // The pin is stronger than any authority that this machine trusts.
  const sent = await alice.chat(["send", "bob", "still not"], { env });
  expectStop(sent, /in between/);
  middle.intruder = undefined;
  await carol.leave();
});

test("a certificate made anew stops everybody until the new address is given, and the password proves the relay", async () => {
  await relay.process.kill("SIGTERM");
  await rm(join(relay.folder, "self-signed.pem"));
  await relay.startAgain();
  const [line = ""] = relay.process.lines();
  const newUrl = byTheMiddle(line.replace("relay ready on ", ""));
  expect(newUrl).not.toBe(url);
  expectStop(await chat(alice, "send", "bob", "whose relay?"), /chat login NAME --relay URL/);

  const login = ["login", "alice", "--password-file", alice.passwordFile, "--relay"];
  await ok(alice, ...login, newUrl);
  expect(parseLines(await ok(alice, "whoami", "--json"))).toMatchObject([{ relay: newUrl }]);
  await ok(alice, "send", "bob", "ours");
  await ok(bob, "login", "bob", "--password-file", bob.passwordFile, "--relay", newUrl);
  const read = await ok(bob, "read", "alice");
  expect(read).toMatch(/whose relay\?.*ours/s);

  // Somebody else's relay, with a certificate that fits its address, is not the one of the registration.
  const other = await spawnRelay({ parameters: ["--tls", "self-signed"] });
  const elsewhere = await chat(alice, ...login, other.url);
  expect(elsewhere.code, elsewhere.stderr).toBe(77);
  expect(parseLines(await ok(alice, "whoami", "--json"))).toMatchObject([{ relay: newUrl }]);
  await other.stop();
});

test("the relay's key does not leave its folder", async () => {
  const file = await readFile(join(relay.folder, "self-signed.pem"), "utf8");
  const key = /PRIVATE KEY-----\n([^-]+)/.exec(file)?.[1]?.trim().slice(0, 40) ?? "";
  expect(key).toHaveLength(40);
  expect(relay.log()).not.toContain(key);
});
