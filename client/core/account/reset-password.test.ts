import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { type HostileRelay, hostileRelay } from "../../../test/hostile/hostile-relay.ts";
import { startTestRelay, type TestRelay } from "../../../test/support/relay.ts";
import { chooseRelay, connector } from "../connection/connect.ts";
import { profilePaths } from "../paths.ts";
import type { Profile } from "../profile.ts";
import { addThisDevice } from "./add-this-device.ts";
import { listDevices } from "./devices.ts";
import { register } from "./register.ts";
import { renewLogin } from "./renew-login.ts";
import { type PasswordReset, resetPassword } from "./reset-password.ts";
import { signOutOthers } from "./sign-out-others.ts";

vi.mock(import("@serenity-kit/opaque"), async (original) => {
  const { hardeningQuickly } = await import("../../../test/support/quick-opaque.ts");
  return hardeningQuickly(await original());
});

const key = new Uint8Array(32).fill(5);
const password = "correct horse";
const newPassword = "incorrect donkey";
let relay: TestRelay;
let between: HostileRelay;
let folder: string;
let open: Profile[];
let counter = 0;

beforeAll(async () => {
  relay = await startTestRelay();
  between = await hostileRelay(relay.url);
});
afterAll(async () => {
  await between.stop();
  await relay.stop();
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sotto-reset-"));
  open = [];
});
afterEach(() => {
  between.tricks = { answers: {} };
  for (const profile of open) profile.db.close();
  rmSync(folder, { recursive: true });
});

interface Someone {
  readonly profile: Profile;
  readonly name: string;
  readonly words: string;
}

const parts = (name: string, machine: string) => ({
  name,
  relay: chooseRelay(between.url),
  paths: profilePaths({ CHAT_HOME: join(folder, name, machine) }, "default"),
  readKey: async () => key,
  createKey: async () => key,
});

async function someone(): Promise<Someone> {
  counter += 1;
  const name = `rose${counter}`;
  let words = "";
  const keep = (given: readonly string[]) => {
    words = given.join(" ");
  };
  const keeper = { keep, discard: () => undefined, handOver: async () => undefined };
  const profile = await register({ ...parts(name, "first"), password, words: keeper });
  open.push(profile);
  return { profile, name, words };
}

const resetOf = ({ name, words }: Someone, changes: Partial<PasswordReset> = {}): PasswordReset => ({
  name,
  words,
  newPassword,
  relay: chooseRelay(between.url),
  ...changes,
});

async function further({ name, words }: Someone, given: string): Promise<Profile> {
  const profile = await addThisDevice({
    ...parts(name, "second"),
    password: given,
    words: async () => words,
  });
  open.push(profile);
  return profile;
}

test("the words give another password, with which devices log in and the old one is worth nothing", async () => {
  const rose = await someone();
  await resetPassword(resetOf(rose));
  await expect(renewLogin(rose.profile, password)).rejects.toMatchObject({ code: "login_failed" });
  await renewLogin(rose.profile, newPassword);
  await further(rose, newPassword);
  expect(await listDevices(rose.profile, connector(rose.profile))).toHaveLength(2);
});

test("words of somebody else, of nobody, and for a name that nobody has change nothing", async () => {
  const [rose, other] = [await someone(), await someone()];
  const failsWith = (reset: PasswordReset, code: string) =>
    expect(resetPassword(reset)).rejects.toMatchObject({ code });
  await failsWith(resetOf(rose, { words: other.words }), "login_failed");
  await failsWith(resetOf(rose, { words: "one two three" }), "bad_input");
  await failsWith(resetOf(rose, { name: "nobody-here" }), "login_failed");
  await failsWith(resetOf(rose, { newPassword: "short" }), "bad_input");
  await failsWith(resetOf(rose, { expected: other.profile.identity.accountId }), "security_stop");
  await renewLogin(rose.profile, password);
});

test("a relay that names another account for the reset gets a signature that is worth nothing there", async () => {
  const [rose, other] = [await someone(), await someone()];
  between.tricks.answers.startRecovery = (answer) => ({
    ...answer,
    accountId: other.profile.identity.accountId,
  });
  await expect(resetPassword(resetOf(rose))).rejects.toThrow();
  between.tricks.answers = {};
  await renewLogin(rose.profile, password);
  await renewLogin(other.profile, password);
});

test("a relay that shows its own account key instead is not signed for", async () => {
  const [rose, other] = [await someone(), await someone()];
  between.tricks.answers.startRecovery = (answer) => ({
    ...answer,
    accountPublicKey: other.profile.identity.accountPublicKey,
  });
  await expect(resetPassword(resetOf(rose))).rejects.toMatchObject({ code: "login_failed" });
});

test("a reset whose answer got lost can be run again", async () => {
  const rose = await someone();
  between.tricks.answers.resetPassword = () => {
    throw Object.assign(new Error("lost"), { code: 14, details: "lost" });
  };
  await expect(resetPassword(resetOf(rose))).rejects.toMatchObject({ code: "unreachable" });
  between.tricks.answers = {};
  await resetPassword(resetOf(rose));
  await renewLogin(rose.profile, newPassword);
});

test("a device that is in signs all others out with the words, and asks for none when it is alone", async () => {
  const rose = await someone();
  const second = await further(rose, password);
  const login = { password, words: async () => rose.words, relay: chooseRelay(between.url) };
  await signOutOthers(second, login);
  const left = await listDevices(second, connector(second));
  expect(left.map(({ isCurrent }) => isCurrent)).toEqual([true]);
  await expect(listDevices(rose.profile, connector(rose.profile))).rejects.toMatchObject({
    reason: "unknown_device",
  });
  const asked = vi.fn(login.words);
  await signOutOthers(second, { ...login, words: asked });
  expect(asked).not.toHaveBeenCalled();
  await expect(signOutOthers(rose.profile, login)).rejects.toMatchObject({ code: "signed_out" });
});
