import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { openAccountKey, readRecoveryWords } from "../../../keys/index.ts";
import { type HostileRelay, hostileRelay } from "../../../test/hostile/hostile-relay.ts";
import { startTestRelay, type TestRelay } from "../../../test/support/relay.ts";
import type { RelayAddress } from "../../net/relay-address.ts";
import { parseRelayAddress } from "../../net/relay-address.ts";
import { readRecoveryWords as readKeptWords } from "../../store/recovery-words.ts";
import { readTokens } from "../../store/tokens.ts";
import { connector } from "../connection/connect.ts";
import { profilePaths } from "../paths.ts";
import { listPeople } from "../people/people.ts";
import { openProfile, type Profile } from "../profile.ts";
import { recoveryFile } from "./recovery-file.ts";
import { type Registration, register, type WordsKeeper } from "./register.ts";
import { renewLogin } from "./renew-login.ts";
import { whoami } from "./whoami.ts";

vi.mock(import("@serenity-kit/opaque"), async (original) => {
  const { hardeningQuickly } = await import("../../../test/support/quick-opaque.ts");
  return hardeningQuickly(await original());
});

const noLimits = { registrationsPerAddress: { count: 10_000, seconds: 60 } };
let relay: TestRelay;
let between: HostileRelay;
let folder: string;
let open: Profile[];
let counter = 0;

beforeAll(async () => {
  relay = await startTestRelay({ rates: noLimits });
  between = await hostileRelay(relay.url);
});
afterAll(async () => {
  await between.stop();
  await relay.stop();
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sotto-register-"));
  open = [];
  counter += 1;
});
afterEach(() => {
  between.tricks = { answers: {} };
  for (const profile of open) profile.db.close();
  rmSync(folder, { recursive: true });
});

const name = () => `anna${counter}`;
const key = new Uint8Array(32).fill(5);
const wordsFile = () => join(folder, "words");

function address(url: string): RelayAddress {
  const parsed = parseRelayAddress(url);
  if (parsed === undefined) throw new Error(url);
  return parsed;
}

function registration(changes: Partial<Registration> = {}): Registration {
  return {
    name: name(),
    password: "correct horse",
    relay: address(between.url),
    paths: profilePaths({ CHAT_HOME: folder }, "default"),
    readKey: async () => key,
    createKey: async () => key,
    words: recoveryFile(wordsFile()),
    ...changes,
  };
}

async function registered(changes: Partial<Registration> = {}): Promise<Profile> {
  const profile = await register(registration(changes));
  open.push(profile);
  return profile;
}

/** The relay does its work, but its answer gets lost this once. */
function loseAnswer(method: "startRegistration" | "finishRegistration" | "finishLogin"): void {
  between.tricks.answers[method] = () => {
    delete between.tricks.answers[method];
    throw Object.assign(new Error("lost"), { code: 14, details: "lost" });
  };
}

async function peopleCalled(profile: Profile, wanted: string): Promise<number> {
  let count = 0;
  for await (const person of listPeople(connector(profile))) count += person.name === wanted ? 1 : 0;
  return count;
}

test("a registration makes an account, a device that is logged in, and words for its owner alone", async () => {
  const profile = await registered();
  expect(whoami(profile)).toMatchObject({ name: name(), relay: between.url, profile: "default" });
  expect(readTokens(profile.db)?.accessToken).toMatch(/^ey/);
  expect(statSync(wordsFile()).mode & 0o777).toBe(0o600);
  expect(readKeptWords(profile.db)).toBeUndefined();

  const secret = readRecoveryWords(readFileSync(wordsFile(), "utf8"));
  const { sealedAccountKey, accountPublicKey } = profile.identity;
  expect(openAccountKey(secret, sealedAccountKey, accountPublicKey).publicKey).toEqual(accountPublicKey);

  const connection = await connector(profile)();
  expect((await connection.countPrekeys()).oneTimeLeft).toBe(100);
  connection.close();
  expect(await peopleCalled(profile, name())).toBe(1);
});

for (const method of ["startRegistration", "finishRegistration"] as const) {
  test(`a registration whose answer to ${method} got lost goes on with the same keys`, async () => {
    loseAnswer(method);
    await expect(register(registration())).rejects.toMatchObject({ code: "unreachable" });
    const before = existsSync(wordsFile()) ? readFileSync(wordsFile(), "utf8") : undefined;
    const paths = registration().paths;
    if (existsSync(paths.database)) {
      expect(() => openProfile(paths, key)).toThrow(/no account/i);
    }
    const profile = await registered();
    if (before !== undefined) expect(readFileSync(wordsFile(), "utf8")).toBe(before);
    expect(await peopleCalled(profile, name())).toBe(1);
    expect(openProfile(profile.paths, key).identity.stage).toBe("registered");
  });
}

test("an account that is made but not logged in says so, and a login is all it needs", async () => {
  loseAnswer("finishLogin");
  await expect(register(registration())).rejects.toMatchObject({
    code: "relay_unreachable",
    hint: `Run \`chat login ${name()}\`.`,
  });
  const profile = openProfile(registration().paths, key);
  open.push(profile);
  expect(readTokens(profile.db)).toBeUndefined();
  await renewLogin(profile, "correct horse");
  const connection = await connector(profile)();
  expect((await connection.countPrekeys()).oneTimeLeft).toBe(100);
  connection.close();
});

test("the password of the first attempt is the account's", async () => {
  loseAnswer("finishRegistration");
  await expect(register(registration())).rejects.toThrow();
  await expect(register(registration({ password: "another horse" }))).rejects.toMatchObject({
    code: "login_failed",
    message: expect.stringContaining("is made, but not logged in"),
  });
});

test("words that nobody has seen yet are kept until somebody has", async () => {
  const shown: string[] = [];
  let isInterrupted = true;
  const words: WordsKeeper = {
    keep: () => undefined,
    discard: () => undefined,
    handOver: async (given) => {
      shown.push(given.join(" "));
      if (isInterrupted) throw new Error("Ctrl-C");
    },
  };
  await expect(register(registration({ words }))).rejects.toThrow("Ctrl-C");
  isInterrupted = false;
  const profile = await registered({ words });
  expect(shown).toHaveLength(2);
  expect(shown[1]).toBe(shown[0]);
  expect(readKeptWords(profile.db)).toBeUndefined();
  await expect(register(registration({ words }))).rejects.toMatchObject({ code: "already_set_up" });
});

test("a taken name leaves nothing behind, and another works at once", async () => {
  await registered({ paths: profilePaths({ CHAT_HOME: folder }, "first") });
  rmSync(wordsFile());
  await expect(register(registration())).rejects.toMatchObject({ code: "name_taken" });
  expect(existsSync(wordsFile())).toBe(false);
  expect(existsSync(registration().paths.database)).toBe(false);
  await registered({ name: `${name()}b` });
});

test("a name that is taken at the last moment is given up with its keys and words", async () => {
  const paths = profilePaths({ CHAT_HOME: folder }, "first");
  // The first half succeeds for both; then the other finishes first.
  const racing = registration({
    createKey: async () => {
      await registered({ paths, relay: address(relay.url), words: recoveryFile(`${wordsFile()}2`) });
      return key;
    },
  });
  await expect(register(racing)).rejects.toMatchObject({ code: "name_taken" });
  const profile = await registered({ name: `${name()}b`, words: recoveryFile(`${wordsFile()}3`) });
  expect(whoami(profile).name).toBe(`${name()}b`);
});

test("an existing file is never written over, and prevents the account", async () => {
  writeFileSync(wordsFile(), "precious\n");
  await expect(register(registration())).rejects.toMatchObject({ code: "cannot_write" });
  expect(readFileSync(wordsFile(), "utf8")).toBe("precious\n");
  const witness = await registered({
    name: `${name()}b`,
    paths: profilePaths({ CHAT_HOME: folder }, "witness"),
    words: recoveryFile(`${wordsFile()}2`),
  });
  expect(await peopleCalled(witness, name())).toBe(0);
});

test("the profile of somebody else, finished or not, is left alone", async () => {
  loseAnswer("finishRegistration");
  await expect(register(registration())).rejects.toThrow();
  await expect(register(registration({ name: "other" }))).rejects.toMatchObject({
    code: "already_set_up",
    hint: expect.stringContaining(`chat register ${name()}`),
  });
  await registered();
  await expect(register(registration({ name: "other" }))).rejects.toMatchObject({ code: "already_set_up" });
});

test("a relay that is not the one of the registration is not given a login", async () => {
  const profile = await registered();
  const other = await startTestRelay({ rates: noLimits });
  try {
    // It does not know the name, and makes up an answer.
    await expect(renewLogin(profile, "correct horse", other.url)).rejects.toMatchObject({
      code: expect.stringMatching(/^(login_failed|security_stop)$/),
    });
    // It has the name, for another account with the same password.
    const paths = profilePaths({ CHAT_HOME: folder }, "impostor");
    await registered({ relay: address(other.url), paths, words: recoveryFile(`${wordsFile()}2`) });
    await expect(renewLogin(profile, "correct horse", other.url)).rejects.toMatchObject({
      code: "security_stop",
    });
  } finally {
    await other.stop();
  }
});

test("a wrong password is refused, and garbage from the relay is not a wrong password", async () => {
  const profile = await registered();
  await expect(renewLogin(profile, "incorrect horse")).rejects.toMatchObject({ code: "login_failed" });
  between.tricks.answers["startLogin"] = (answer) => ({ ...answer, loginResponse: "AAAA" });
  await expect(renewLogin(profile, "correct horse")).rejects.toMatchObject({ code: "untrusted" });
});
