// What a relay can show to a machine that is about to become a further device, and how far it gets with it.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { type ChainHead, verifyChain } from "../../../keys/index.ts";
import { AddDeviceResponseSchema } from "../../../proto/gen/sotto/relay/v1/auth_pb.ts";
import { ChainHeadSchema } from "../../../proto/gen/sotto/relay/v1/directory_pb.ts";
import { type HostileRelay, hostileRelay } from "../../../test/hostile/hostile-relay.ts";
import { startTestRelay, type TestRelay } from "../../../test/support/relay.ts";
import { readAccountEntries } from "../../store/accounts.ts";
import { openDatabase } from "../../store/database.ts";
import type { ChatError } from "../chat-error.ts";
import { chooseRelay, connector } from "../connection/connect.ts";
import { explainFailure } from "../explain-failure.ts";
import { profilePaths } from "../paths.ts";
import type { Profile } from "../profile.ts";
import { addThisDevice, type NewDeviceLogin } from "./add-this-device.ts";
import { listDevices } from "./devices.ts";
import { register } from "./register.ts";

vi.mock(import("@serenity-kit/opaque"), async (original) => {
  const { hardeningQuickly } = await import("../../../test/support/quick-opaque.ts");
  return hardeningQuickly(await original());
});

const key = new Uint8Array(32).fill(5);
const password = "correct horse";
let honest: TestRelay;
let relay: HostileRelay;
let folder: string;
let open: Profile[];
let asked: number;
let counter = 0;

beforeAll(async () => {
  honest = await startTestRelay();
  relay = await hostileRelay(honest.url);
});
afterAll(async () => {
  await relay.stop();
  await honest.stop();
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sotto-lying-"));
  open = [];
  asked = 0;
});
afterEach(() => {
  relay.tricks = { answers: {} };
  for (const profile of open) profile.db.close();
  rmSync(folder, { recursive: true });
});

interface Someone {
  readonly name: string;
  readonly first: Profile;
  readonly words: string;
}

const machine = (name: string, at: string) => ({
  name,
  password,
  relay: chooseRelay(relay.url),
  paths: profilePaths({ CHAT_HOME: join(folder, name, at) }, "default"),
  readKey: async () => key,
  createKey: async () => key,
});

async function someone(): Promise<Someone> {
  counter += 1;
  const name = `vera${counter}`;
  let words = "";
  const keep = (given: readonly string[]) => {
    words = given.join(" ");
  };
  const keeper = { keep, discard: () => undefined, handOver: async () => undefined };
  const first = await register({ ...machine(name, "first"), words: keeper });
  open.push(first);
  return { name, first, words };
}

function login({ name, words }: Someone, at: string, changes: Partial<NewDeviceLogin> = {}): NewDeviceLogin {
  return {
    ...machine(name, at),
    words: async () => {
      asked += 1;
      return words;
    },
    ...changes,
  };
}

async function further(who: Someone, at: string): Promise<Profile> {
  const profile = await addThisDevice(login(who, at));
  open.push(profile);
  return profile;
}

/** As the user reads it. */
async function said(work: Promise<unknown>): Promise<Pick<ChatError, "code" | "message">> {
  const failure = await work.then(
    () => new Error("nothing was noticed"),
    (error: unknown) => error,
  );
  const { code, message } = explainFailure(failure);
  return { code, message };
}

const devicesOf = async ({ first }: Someone) => (await listDevices(first, connector(first))).length;

function showing(change: (entries: Uint8Array[]) => Uint8Array[]): void {
  relay.tricks.answers.finishEnrolment = (answer) => ({ ...answer, entries: change(answer.entries) });
}

function flip(bytes: Uint8Array, at: number): Uint8Array {
  const flipped = new Uint8Array(bytes);
  flipped[at] = (flipped[at] ?? 0) ^ 1;
  return flipped;
}

test("a chain that was altered in any place is refused before anybody is asked for the words", async () => {
  const vera = await someone();
  await further(vera, "second");
  await further(vera, "third");
  asked = 0;
  const alterations: ((entries: Uint8Array[]) => Uint8Array[])[] = [
    ([genesis = new Uint8Array(), ...rest]) => [flip(genesis, genesis.length - 1), ...rest],
    ([genesis = new Uint8Array(), add = new Uint8Array(), ...rest]) => [genesis, flip(add, 100), ...rest],
    ([genesis = new Uint8Array(), one = new Uint8Array(), two = new Uint8Array()]) => [genesis, two, one],
    ([genesis = new Uint8Array(), , two = new Uint8Array()]) => [genesis, two],
    ([, ...rest]) => rest,
    () => [],
  ];
  for (const alter of alterations) {
    showing(alter);
    expect(await said(addThisDevice(login(vera, "fourth")))).toEqual({
      code: "security_stop",
      message: expect.stringMatching(/^The relay sent something that does not hold/),
    });
  }
  expect(asked).toBe(0);
  expect(await devicesOf(vera)).toBe(3);
});

test("the whole chain of another account is refused, whatever account id comes with it", async () => {
  const [vera, other] = [await someone(), await someone()];
  showing(() => [new Uint8Array(other.first.identity.genesis)]);
  expect(await said(addThisDevice(login(vera, "second")))).toEqual({
    code: "security_stop",
    message: `The relay shows the devices of another account than ${vera.name}'s.`,
  });
  expect(asked).toBe(0);
});

test("a sealed key that is another one opens nothing, and nothing is kept or sent", async () => {
  const [vera, other] = [await someone(), await someone()];
  relay.tricks.answers.finishEnrolment = (answer) => ({
    ...answer,
    sealedAccountKey: other.first.identity.sealedAccountKey,
  });
  expect((await said(addThisDevice(login(vera, "second")))).code).toBe("login_failed");
  expect(await devicesOf(vera)).toBe(1);
});

test("a relay that hides the newest entry, and keeps the rules else, is found out when the device joins", async () => {
  const vera = await someone();
  await further(vera, "second");
  showing((entries) => entries.slice(0, -1));
  expect(await said(addThisDevice(login(vera, "third")))).toEqual({
    code: "security_stop",
    message: `The relay hides the newest changes to ${vera.name}'s devices.`,
  });
  expect(await devicesOf(vera)).toBe(2);
});

test("a relay that hides the newest entry and takes the new device all the same has forked the chain for the others", async () => {
  const vera = await someone();
  await further(vera, "second");
  expect(await devicesOf(vera)).toBe(2);
  showing((entries) => entries.slice(0, -1));
  relay.tricks.instead = { addDevice: () => create(AddDeviceResponseSchema) };
  // Its own story ends where the relay would have to let in a device that it has told nobody of.
  expect((await said(addThisDevice(login(vera, "third")))).code).toBe("signed_out");
  const { sequence, hash } = forkedHead(vera);
  relay.tricks.answers.getAccountChains = (answer) => ({
    ...answer,
    chains: answer.chains.map((chain) => ({
      ...chain,
      entries: [],
      head: create(ChainHeadSchema, { sequence: BigInt(sequence), hash }),
    })),
  });
  const listing = listDevices(vera.first, connector(vera.first));
  expect(await said(listing)).toEqual({
    code: "security_stop",
    message: `The relay shows another history of ${vera.name}'s devices than before.`,
  });
});

/** What the third machine believes to be the end of the chain. */
function forkedHead({ name, first }: Someone): ChainHead {
  const db = openDatabase(machine(name, "third").paths.database, key);
  try {
    return verifyChain(readAccountEntries(db, first.identity.accountId)).head;
  } finally {
    db.close();
  }
}

test("a chain that is shorter than at the first attempt is refused when the login goes on", async () => {
  const vera = await someone();
  await further(vera, "second");
  relay.tricks.answers.addDevice = () => {
    throw Object.assign(new Error("lost"), { code: 14, details: "lost" });
  };
  expect((await said(addThisDevice(login(vera, "third")))).code).toBe("relay_unreachable");
  relay.tricks.answers = {};
  showing((entries) => entries.slice(0, 1));
  expect(await said(addThisDevice(login(vera, "third")))).toMatchObject({
    code: "security_stop",
    message: expect.stringContaining("an older chain than was seen before"),
  });
});

test("a relay that says it added the device and did not is not believed for long", async () => {
  const vera = await someone();
  relay.tricks.instead = { addDevice: () => create(AddDeviceResponseSchema) };
  expect((await said(addThisDevice(login(vera, "second")))).code).toBe("signed_out");
  relay.tricks.instead = undefined;
  expect(await devicesOf(vera)).toBe(1);
});
