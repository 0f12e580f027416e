// A first run at a relay that others run: with a certificate of its own, and by invitation.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeInvitation } from "../../relay/admin/invitations.ts";
import { LAUNCHER, Person } from "../support/chat.ts";
import { startTestRelay, type TestRelay } from "../support/relay.ts";
import { VirtualTerminal } from "../support/virtual-terminal.ts";

const CLEAR = "\u0015";
const DOWN = "\u001b[B";
const CTRL_Q = "\u0011";

let home: string;
let relay: TestRelay;
let terminal: VirtualTerminal;

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), "sotto-doors-"));
  relay = await startTestRelay({ tls: "self-signed", doors: { registration: "invite", directory: "exact" } });
  terminal = new VirtualTerminal([process.execPath, LAUNCHER], {
    env: { HOME: home, CHAT_HOME: join(home, "chat") },
    cwd: home,
    rows: 24,
    columns: 100,
  });
});
afterEach(async () => {
  await terminal.close();
  await relay.stop();
  rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
});

test("the wizard takes the whole address and the token, and the profile keeps the certificate", async () => {
  const { token } = await makeInvitation(relay.database, { uses: 1, expiresAt: undefined, now: Date.now() });
  await terminal.shows("Welcome to Sotto");
  terminal.type(`${DOWN}\r`);
  await terminal.shows("The address of your relay");
  terminal.type(`${relay.url.replace(/#.*/, "")}\r`);
  await terminal.shows(/#sha256=/);
  terminal.type(`${CLEAR}${relay.url}\r`);
  await terminal.shows("Your name", 40_000);
  terminal.type("nora\r");
  await terminal.shows(/invitation/i);
  terminal.type("mistyped\r");
  await terminal.shows(/used up|mistyped, /);
  terminal.type(`${CLEAR}${token}\r`);
  await terminal.shows(/Password/);
  terminal.type("correct horse battery\r");
  await terminal.shows("▰▰▰▱ good");
  terminal.type("correct horse battery\r");
  await terminal.shows(/24 [a-z]{3,}/, 30_000);
  terminal.type(CTRL_Q);
  await terminal.exited;

  const nora = new Person("nora", home, "");
  writeFileSync(nora.passwordFile, "correct horse battery\n");
  await nora.ok(["login", "nora", "--password-file", nora.passwordFile]);
  expect(await nora.json(["whoami"])).toMatchObject([{ name: "nora", relay: relay.url }]);
  expect((await nora.chat(["people"])).code).toBe(77);
  await nora.ok(["send", "me", "it works"]);
}, 120_000);
