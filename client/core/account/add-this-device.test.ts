import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { createDeviceKeys, randomBytes, signAdd, signRevoke, toHex } from "../../../keys/index.ts";
import { type HostileRelay, hostileRelay } from "../../../test/hostile/hostile-relay.ts";
import { startTestRelay, type TestRelay } from "../../../test/support/relay.ts";
import type { AuthCalls } from "../../net/auth-calls.ts";
import { parseRelayAddress, type RelayAddress } from "../../net/relay-address.ts";
import { connectAnonymously, connector } from "../connection/connect.ts";
import { profilePaths } from "../paths.ts";
import { ownChain, ownDeviceKeys, refreshChains } from "../people/account-chains.ts";
import { openProfile, type Profile } from "../profile.ts";
import { withAccountKey } from "./account-key.ts";
import { addThisDevice, type NewDeviceLogin } from "./add-this-device.ts";
import { changeDevices, proveForEnrolment } from "./enrolment.ts";
import { type Registration, register } from "./register.ts";
import { renewLogin } from "./renew-login.ts";
import { setUpStageOf } from "./set-up-stage.ts";
import { createKey } from "./unlock-profile.ts";

vi.mock(import("@serenity-kit/opaque"), async (original) => {
  const { hardeningQuickly } = await import("../../../test/support/quick-opaque.ts");
  return hardeningQuickly(await original());
});

const noLimits = {
  registrationsPerAddress: { count: 10_000, seconds: 60 },
  failedLoginsPerNameAndAddress: { count: 10_000, seconds: 60 },
};
let relay: TestRelay;
let between: HostileRelay;
let folder: string;
let open: Profile[];
let counter = 0;
let words: string;

beforeAll(async () => {
  relay = await startTestRelay({ rates: noLimits });
  between = await hostileRelay(relay.url);
});
afterAll(async () => {
  await between.stop();
  await relay.stop();
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sotto-further-"));
  open = [];
  counter += 1;
});
afterEach(() => {
  between.tricks = { answers: {} };
  for (const profile of open) profile.db.close();
  rmSync(folder, { recursive: true });
});

const name = () => `anna${counter}`;
const password = "correct horse";
const key = new Uint8Array(32).fill(5);
const pathsOf = (machine: string) => profilePaths({ CHAT_HOME: join(folder, machine) }, "default");

function address(url: string): RelayAddress {
  const parsed = parseRelayAddress(url);
  if (parsed === undefined) throw new Error(url);
  return parsed;
}

function kept(profile: Profile): Profile {
  open.push(profile);
  return profile;
}

/** Her first device; `words` are hers from then on. */
async function first(): Promise<Profile> {
  return kept(await register(registrationOf("first")));
}

function registrationOf(machine: string): Registration {
  return {
    name: name(),
    password,
    relay: address(between.url),
    paths: pathsOf(machine),
    readKey: async () => key,
    createKey: async () => key,
    words: {
      keep: (given) => {
        words = given.join(" ");
      },
      discard: () => undefined,
      handOver: async () => undefined,
    },
  };
}

function login(changes: Partial<NewDeviceLogin> = {}): NewDeviceLogin {
  return {
    name: name(),
    password,
    words: async () => words,
    relay: address(between.url),
    paths: pathsOf("second"),
    readKey: async () => key,
    createKey: async () => key,
    ...changes,
  };
}

const second = async (changes: Partial<NewDeviceLogin> = {}) => kept(await addThisDevice(login(changes)));

/** The devices of the account as the relay has them now. */
async function devicesSeenBy(profile: Profile): Promise<string[]> {
  const connection = await connector(profile)();
  try {
    await refreshChains(profile, connection, [profile.identity.accountId]);
  } finally {
    connection.close();
  }
  return ownChain(profile).devices.map(({ deviceId }) => toHex(deviceId));
}

const idOf = ({ identity }: Profile) => toHex(identity.deviceId);

async function canCall(profile: Profile): Promise<boolean> {
  const connection = await connector(profile)();
  try {
    return (await connection.countPrekeys()).oneTimeLeft > 90;
  } catch {
    return false;
  } finally {
    connection.close();
  }
}

test("password and words make a second profile a device of the account", async () => {
  const one = await first();
  const two = await second();
  expect(two.identity.stage).toBe("registered");
  expect(two.identity.accountId).toEqual(one.identity.accountId);
  expect(two.identity.createdAt).toBe(ownChain(one).createdAt);
  expect(await devicesSeenBy(one)).toEqual([idOf(one), idOf(two)]);
  expect(ownChain(two).head).toEqual(ownChain(one).head);
  expect(await canCall(one)).toBe(true);
  expect(await canCall(two)).toBe(true);
  const again = openProfile(two.paths, key);
  expect(idOf(kept(again))).toBe(idOf(two));
});

test("wrong words leave nothing behind, and say which way they are wrong", async () => {
  const one = await first();
  const others = words;
  kept(await register({ ...registrationOf("other"), name: `${name()}b` }));
  await expect(addThisDevice(login())).rejects.toMatchObject({
    code: "login_failed",
    message: /recovery words/,
  });
  words = others;
  const typo = words.replace(/^\S+/, "zzzz");
  await expect(addThisDevice(login({ words: async () => typo }))).rejects.toMatchObject({
    code: "bad_input",
    message: expect.stringContaining("word 1 is not on the list"),
  });
  expect(existsSync(pathsOf("second").database)).toBe(false);
  expect(existsSync(pathsOf("second").key)).toBe(false);
  expect(await devicesSeenBy(one)).toEqual([idOf(one)]);
  await second({ words: async () => `  ${words.toUpperCase().replaceAll(" ", "\n")}\n` });
});

test("a wrong password, and a name that nobody has, are one and the same, and nobody is asked for words", async () => {
  await first();
  const asked = vi.fn(async () => words);
  const wrong = addThisDevice(login({ password: "incorrect horse", words: asked }));
  await expect(wrong).rejects.toMatchObject({ code: "login_failed", message: "Wrong password." });
  const nobody = addThisDevice(login({ name: "nobody-here", words: asked }));
  await expect(nobody).rejects.toMatchObject({ code: "login_failed", message: "Wrong password." });
  expect(asked).not.toHaveBeenCalled();
  expect(existsSync(pathsOf("second").database)).toBe(false);
});

type Call = "startLogin" | "finishEnrolment" | "addDevice" | "finishLogin" | "publishPrekeys";

/** The relay does its work, but its answer gets lost: to the `nth` such call. */
function loseAnswer(method: Call, nth = 1): void {
  let calls = 0;
  between.tricks.answers[method] = () => {
    calls += 1;
    if (calls !== nth) return undefined;
    throw Object.assign(new Error("lost"), { code: 14, details: "lost" });
  };
}

for (const [method, nth] of [
  ["startLogin", 1],
  ["finishEnrolment", 1],
  ["addDevice", 1],
  ["startLogin", 2],
  ["finishLogin", 1],
  ["publishPrekeys", 1],
] as const) {
  test(`a login whose answer ${nth} to ${method} got lost goes on with the same device`, async () => {
    const one = await first();
    loseAnswer(method, nth);
    await expect(addThisDevice(login())).rejects.toThrow();
    between.tricks = { answers: {} };
    const before = await devicesSeenBy(one);
    const asked = vi.fn(async () => words);
    const isDone = before.length === 2 && method !== "addDevice";
    if (isDone) await renewLogin(kept(openProfile(pathsOf("second"), key)), password);
    else await second({ words: asked });
    const two = kept(openProfile(pathsOf("second"), key));
    expect(await devicesSeenBy(one)).toEqual([idOf(one), idOf(two)]);
    expect(asked).toHaveBeenCalledTimes(before.length === 2 ? 0 : 1);
    expect(await canCall(two)).toBe(true);
  });
}

test("a device that another one signs out before its login ended begins again with other keys", async () => {
  const one = await first();
  loseAnswer("addDevice");
  await expect(addThisDevice(login())).rejects.toThrow();
  between.tricks = { answers: {} };
  const [, lost = ""] = await devicesSeenBy(one);
  await revoke(one, lost);
  const two = await second();
  expect(idOf(two)).not.toBe(lost);
  expect(await devicesSeenBy(one)).toEqual([idOf(one), idOf(two)]);
});

async function append(profile: Profile, entry: Uint8Array): Promise<void> {
  const connection = await connector(profile)();
  await connection.appendAccountEntry(entry).finally(() => connection.close());
  await devicesSeenBy(profile);
}

async function revoke(profile: Profile, id: string): Promise<void> {
  const chain = ownChain(profile);
  const device = chain.devices.find(({ deviceId }) => toHex(deviceId) === id);
  if (device === undefined) throw new Error(`no device ${id}`);
  const by = { kind: "device", device: ownDeviceKeys(profile) } as const;
  await append(profile, signRevoke(chain, { by, deviceId: device.deviceId, createdAt: Date.now() }));
}

/** As a thief does who has a device: its key signs another one in. */
async function slipIn(profile: Profile): Promise<string> {
  const device = createDeviceKeys(randomBytes);
  const by = { kind: "device", device: ownDeviceKeys(profile) } as const;
  await append(profile, signAdd(ownChain(profile), { by, device, createdAt: Date.now() }));
  return toHex(device.deviceId);
}

test("a device that changes the account at the same moment is only in the way", async () => {
  const one = await first();
  let slipped = "";
  const slow = async () => {
    slipped = await slipIn(one);
    return words;
  };
  const two = await second({ words: slow });
  expect(await devicesSeenBy(one)).toEqual([idOf(one), slipped, idOf(two)]);
});

test("--sign-out-others leaves this device alone in the account, whatever the thief did, even with all places taken", async () => {
  const one = await first();
  for (let count = 1; count < 8; count += 1) await slipIn(one);
  await expect(addThisDevice(login())).rejects.toMatchObject({
    code: "not_allowed",
    hint: expect.stringContaining("--sign-out-others"),
  });
  const two = await second({ signOutOthers: true });
  expect(await devicesSeenBy(two)).toEqual([idOf(two)]);
  expect(await canCall(one)).toBe(false);
  expect(await canCall(two)).toBe(true);
});

test("a thief who signs the new device out at once goes out himself, and the next login finds no others", async () => {
  const one = await first();
  const { auth, close } = await connectAnonymously(address(relay.url));
  try {
    const device = createDeviceKeys(randomBytes);
    let adds = 0;
    const withThief: AuthCalls = {
      ...auth,
      addDevice: async (request) => {
        await auth.addDevice(request);
        adds += 1;
        if (adds > 1) return;
        await devicesSeenBy(one);
        await revoke(one, toHex(device.deviceId));
      },
    };
    const again = () => proveForEnrolment(auth, name(), password, undefined);
    const enrolment = await again();
    const sealed = { ...enrolment, name: name(), accountPublicKey: enrolment.chain.accountKey };
    const outcome = withAccountKey(words, sealed, async (accountKey) => {
      const change = { device, accountKey, signOutOthers: true, now: Date.now };
      await changeDevices(withThief, one.db, enrolment, change, again);
    });
    await expect(outcome).rejects.toMatchObject({ code: "signed_out" });
    expect((await again()).chain.devices).toEqual([]);
  } finally {
    close();
  }
  const two = await second();
  expect(await devicesSeenBy(two)).toEqual([idOf(two)]);
});

test("a login in a profile of somebody else, or of a cut registration, is refused", async () => {
  await first();
  await expect(addThisDevice(login({ paths: pathsOf("first"), name: "somebody" }))).rejects.toMatchObject({
    code: "already_set_up",
    message: `This profile belongs to ${name()}.`,
  });
  loseAnswer("addDevice");
  await expect(addThisDevice(login())).rejects.toThrow();
  expect(() => openProfile(pathsOf("second"), key)).toThrow(
    expect.objectContaining({ hint: expect.stringContaining(`chat login ${name()}`) }),
  );
  await expect(addThisDevice(login({ name: "somebody" }))).rejects.toMatchObject({
    code: "already_set_up",
    hint: expect.stringContaining(`chat login ${name()}`),
  });
});

test("a profile says that a login in it was cut, for whoever goes on with it", async () => {
  await first();
  loseAnswer("addDevice");
  await expect(
    addThisDevice(login({ createKey: () => createKey(login().paths, {}, nobody) })),
  ).rejects.toThrow();
  const standing = await setUpStageOf(pathsOf("second"), nobody);
  expect(standing).toEqual({ kind: "joining", name: name(), relayUrl: between.url });
});

const nobody = async () => undefined;

test("a second login in the same profile at the same moment is told to wait", async () => {
  await first();
  const words_ = async () => {
    await expect(addThisDevice(login())).rejects.toMatchObject({ code: "already_set_up" });
    return words;
  };
  await second({ words: words_ });
});
