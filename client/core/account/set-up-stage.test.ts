import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { type HostileRelay, hostileRelay } from "../../../test/hostile/hostile-relay.ts";
import { startTestRelay, type TestRelay } from "../../../test/support/relay.ts";
import { chooseRelay } from "../connection/connect.ts";
import { profilePaths } from "../paths.ts";
import { closeProfile, type ProfilePaths } from "../profile.ts";
import { checkNameIsFree, register, type WordsKeeper } from "./register.ts";
import { renewLogin } from "./renew-login.ts";
import { setUpStageOf } from "./set-up-stage.ts";
import { createKey, readKey, unlockProfile } from "./unlock-profile.ts";

let relay: TestRelay;
let between: HostileRelay;
let folder: string;
let paths: ProfilePaths;
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
  folder = mkdtempSync(join(tmpdir(), "sotto-standing-"));
  paths = profilePaths({ CHAT_HOME: folder }, "default");
  counter += 1;
});
afterEach(() => {
  between.tricks = { answers: {} };
  rmSync(folder, { recursive: true });
});

const noPassphrase = async () => undefined;
const name = () => `nora${counter}`;
const takesThem: WordsKeeper = {
  keep: () => undefined,
  discard: () => undefined,
  handOver: async () => undefined,
};

async function registered(words = takesThem, passphrase: string | undefined = undefined): Promise<void> {
  const ask = async () => passphrase;
  const environment: Record<string, string> =
    passphrase === undefined ? {} : { CHAT_PASSPHRASE_FILE: "given" };
  const profile = await register({
    name: name(),
    password: "correct horse",
    relay: chooseRelay(between.url),
    paths,
    words,
    readKey: () => readKey(paths, ask),
    createKey: () => createKey(paths, environment, ask),
  });
  closeProfile(profile);
}

function lose(method: "finishRegistration" | "finishLogin"): void {
  between.tricks.answers[method] = () => {
    throw Object.assign(new Error("lost"), { code: 14, details: "lost" });
  };
}

test("a home where nothing ever was has no account", async () => {
  expect(await setUpStageOf(paths, noPassphrase)).toEqual({ kind: "none" });
});

test("an account that is registered and logged in is ready", async () => {
  await registered();
  const standing = await setUpStageOf(paths, noPassphrase);
  expect(standing).toMatchObject({ kind: "ready", profile: { identity: { name: name() } } });
  if (standing.kind === "ready") closeProfile(standing.profile);
});

test("a registration of which the relay's answer was lost is begun", async () => {
  lose("finishRegistration");
  await expect(registered()).rejects.toThrow();
  expect(await setUpStageOf(paths, noPassphrase)).toEqual({
    kind: "begun",
    name: name(),
    relayUrl: between.url,
  });
});

test("an account whose owner does not have its words yet is made, even when it is logged in", async () => {
  const leaves: WordsKeeper = { ...takesThem, handOver: () => Promise.reject(new Error("gone")) };
  await expect(registered(leaves)).rejects.toThrow("gone");
  const made = { kind: "made", name: name(), relayUrl: between.url };
  expect(await setUpStageOf(paths, noPassphrase)).toEqual(made);
  const profile = await unlockProfile(paths, noPassphrase);
  await renewLogin(profile, "correct horse");
  closeProfile(profile);
  expect(await setUpStageOf(paths, noPassphrase)).toEqual(made);
});

test("an account that could not be logged in is made", async () => {
  lose("finishLogin");
  await expect(registered()).rejects.toThrow();
  expect(await setUpStageOf(paths, noPassphrase)).toMatchObject({ kind: "made", name: name() });
});

test("a profile with a passphrase is locked without it, and a wrong one is said to be wrong", async () => {
  await registered(takesThem, "open sesame");
  expect(await setUpStageOf(paths, noPassphrase)).toEqual({ kind: "locked" });
  await expect(setUpStageOf(paths, async () => "wrong")).rejects.toMatchObject({ code: "wrong_passphrase" });
  const standing = await setUpStageOf(paths, async () => "open sesame");
  expect(standing.kind).toBe("ready");
  if (standing.kind === "ready") closeProfile(standing.profile);
});

test("a name is free until somebody has it, and asking takes nothing", async () => {
  const at = chooseRelay(relay.url);
  await checkNameIsFree(name(), at);
  await checkNameIsFree(name(), at);
  await registered();
  await expect(checkNameIsFree(name(), at)).rejects.toMatchObject({
    code: "name_taken",
    message: `The name ${name()} is taken.`,
  });
});

test("a damaged key is no reason to begin anew", async () => {
  mkdirSync(paths.folder, { recursive: true });
  writeFileSync(paths.key, "damaged");
  await expect(setUpStageOf(paths, noPassphrase)).rejects.toThrow();
});
