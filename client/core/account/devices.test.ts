import { existsSync } from "node:fs";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { findDevice, memberOf, toHex } from "../../../keys/index.ts";
import { type Enrolled, enrol, enrolFurther } from "../../../test/support/enrolled.ts";
import { online, sync } from "../../../test/support/online.ts";
import { startTestRelay, type TestRelay } from "../../../test/support/relay.ts";
import { NetError } from "../../net/net-error.ts";
import { readConversation } from "../../store/conversations.ts";
import { followRelay } from "../connection/follow.ts";
import { createGroup } from "../groups/create-group.ts";
import { membershipOf } from "../groups/memberships.ts";
import { ownChain } from "../people/account-chains.ts";
import { findingsSince, newestFinding } from "../people/security.ts";
import { knownDevices, listDevices, revokeDevice } from "./devices.ts";
import { eraseProfile, signOut } from "./log-out.ts";
import { signedOutHere } from "./signed-out.ts";

let relay: TestRelay;
let people: Enrolled[] = [];
let counter = 0;

beforeAll(async () => {
  relay = await startTestRelay();
});
afterAll(() => relay.stop());
afterEach(() => {
  for (const each of people) each.leave();
  people = [];
});

async function alice(): Promise<Enrolled> {
  counter += 1;
  const person = await enrol(`alice${counter}`, relay.url);
  people.push(person);
  return person;
}

async function further(someone: Enrolled): Promise<Enrolled> {
  const person = await enrolFurther(someone);
  people.push(person);
  return person;
}

const idOf = ({ profile }: Enrolled) => toHex(profile.identity.deviceId);
const idsFor = async ({ profile, connect }: Enrolled) =>
  (await listDevices(profile, connect)).map(({ id }) => id);
const noWords = async () => undefined;

async function failureOf(someone: Enrolled): Promise<unknown> {
  const connection = await someone.connect();
  return connection.countPrekeys().then(
    () => undefined,
    (error: unknown) => error,
  );
}

test("each device lists all of them, and which it is itself", async () => {
  const one = await alice();
  const two = await further(one);
  const three = await further(two);
  expect(await idsFor(one)).toEqual([one, two, three].map(idOf));
  const seen = await listDevices(two.profile, two.connect);
  expect(seen.map(({ isCurrent }) => isCurrent)).toEqual([false, true, false]);
  expect(seen.every(({ name }) => name === one.name)).toBe(true);
});

test("a device hears of a new one of its account, and what to do if that is not its owner's", async () => {
  const one = await alice();
  const before = newestFinding(one.profile);
  const two = await further(one);
  await idsFor(one);
  const short = idOf(two).slice(0, 8);
  expect(findingsSince(one.profile, before).map(({ text }) => text)).toEqual([
    `Your account has a new device ${short}. Not yours? \`chat devices revoke ${short}\`.`,
  ]);
});

test("a device signs another one out by a part of its id: its stream ends and its tokens die at once", async () => {
  const one = await alice();
  const two = await further(one);
  const connected = Promise.withResolvers<void>();
  const ending = new AbortController();
  const following = followRelay(two.profile, two.connect, {
    signal: ending.signal,
    onConnection: (state) => state === "connected" && connected.resolve(),
  });
  following.catch(() => undefined);
  await connected.promise;
  expect(await revokeDevice(one.profile, one.connect, idOf(two).slice(0, 6))).toBe(idOf(two));
  await expect(following).rejects.toMatchObject({ reason: "unknown_device" });
  const failure = await failureOf(two);
  expect(failure).toMatchObject({ reason: "unknown_device" });
  expect(signedOutHere(two.profile, failure)).toMatchObject({
    code: "signed_out",
    message: expect.stringMatching(/^This device was signed out of alice\d+ by \d{4}-\d\d-\d\d\.$/),
    hint: expect.stringContaining("chat logout --offline"),
  });
  expect(await idsFor(one)).toEqual([idOf(one)]);
  expect(await failureOf(one)).toBeUndefined();
});

test("the day on which it heard of its end first stays the one that it says", async () => {
  const one = await alice();
  const two = await further(one);
  await revokeDevice(one.profile, one.connect, idOf(two));
  const failure = await failureOf(two);
  const said = signedOutHere(two.profile, failure)?.message;
  const later = {
    ...two.profile,
    runtime: { ...two.profile.runtime, now: () => Date.now() + 5 * 86_400_000 },
  };
  expect(signedOutHere(later, failure)?.message).toBe(said);
});

test("other failures are not taken for the end of this device", async () => {
  const { profile } = await alice();
  expect(signedOutHere(profile, new NetError("unreachable", "away"))).toBeUndefined();
  expect(signedOutHere(profile, new Error("something"))).toBeUndefined();
});

test("an id that fits none, several, or this device is refused, and nothing is signed", async () => {
  const one = await alice();
  const two = await further(one);
  for (const wrong of ["ffff0000ffff", idOf(two).slice(0, 3), "", idOf(one)]) {
    await expect(revokeDevice(one.profile, one.connect, wrong)).rejects.toMatchObject({ code: "bad_input" });
  }
  expect(await idsFor(one)).toEqual([idOf(one), idOf(two)]);
});

test("with the words the account signs a device out, which no thief can undo", async () => {
  const one = await alice();
  const two = await further(one);
  await expect(
    revokeDevice(one.profile, one.connect, idOf(two), (await alice()).owner.words.join(" ")),
  ).rejects.toMatchObject({ code: "login_failed" });
  await revokeDevice(one.profile, one.connect, idOf(two), one.owner.words.join(" "));
  expect(ownChain(one.profile).restorable).toHaveLength(1);
  expect(await idsFor(one)).toEqual([idOf(one)]);
});

test("a device that is signed out finds the account's groups closed", async () => {
  const one = await alice();
  const two = await further(one);
  const room = await online(one, (connection) =>
    createGroup(one.profile, connection, { name: `room-${one.name}`, kind: "room" }),
  );
  const anchored = () => {
    const state = membershipOf(one.profile, readConversation(one.profile.db, room));
    return state && memberOf(state, one.profile.identity.accountId)?.head;
  };
  expect(anchored()).toBe(1);
  await revokeDevice(one.profile, one.connect, idOf(two));
  await sync(one);
  expect(anchored()).toBe(2);
});

test("a revoked device signs nothing any more", async () => {
  const one = await alice();
  const two = await further(one);
  await revokeDevice(one.profile, one.connect, idOf(two));
  await expect(revokeDevice(two.profile, two.connect, idOf(one))).rejects.toMatchObject({
    reason: "unknown_device",
  });
  expect(await idsFor(one)).toEqual([idOf(one)]);
});

test("who logs out is out for everybody, and may be told so twice", async () => {
  const one = await alice();
  const two = await further(one);
  expect(await signOut(two.profile, two.connect, noWords)).toBe(true);
  expect(await signOut(two.profile, two.connect, noWords)).toBe(true);
  expect(await idsFor(one)).toEqual([idOf(one)]);
  expect(await failureOf(two)).toMatchObject({ reason: "unknown_device" });
});

test("a logout at the moment of another change goes on from there", async () => {
  const one = await alice();
  const two = await further(one);
  const three = await further(one);
  const connect = async () => {
    const connection = await two.connect();
    const appendAccountEntry = async (entry: Uint8Array) => {
      if (findDevice(ownChain(two.profile), three.profile.identity.deviceId) !== undefined) {
        await revokeDevice(one.profile, one.connect, idOf(three));
      }
      await connection.appendAccountEntry(entry);
    };
    return { ...connection, appendAccountEntry };
  };
  expect(await signOut(two.profile, connect, noWords)).toBe(true);
  expect(await idsFor(one)).toEqual([idOf(one)]);
});

test("the last device goes out by the words only; without them it stays listed", async () => {
  const one = await alice();
  expect(await signOut(one.profile, one.connect, noWords)).toBe(false);
  expect(knownDevices(one.profile)).toHaveLength(1);
  expect(await signOut(one.profile, one.connect, async () => one.owner.words.join(" "))).toBe(true);
  expect(await failureOf(one)).toMatchObject({ reason: "unknown_device" });
});

test("a relay that is away lets nothing change", async () => {
  const one = await alice();
  const away = async () => {
    throw new NetError("unreachable", "away");
  };
  await expect(signOut(one.profile, away, noWords)).rejects.toMatchObject({ code: "unreachable" });
  expect(existsSync(one.profile.paths.database)).toBe(true);
});

test("an erased profile leaves no file behind", async () => {
  const one = await alice();
  const { paths } = one.profile;
  expect(await eraseProfile(paths)).toBe(true);
  expect(existsSync(paths.folder)).toBe(false);
});
