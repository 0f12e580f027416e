import type { MessageInitShape } from "@bufbuild/protobuf";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  createDeviceKeys,
  createLastResortPrekey,
  createOneTimePrekey,
  createSignedPrekey,
  randomBytes,
  signAdd,
  signOverride,
  toHex,
  verifyChain,
  verifyPrekey,
} from "../../keys/index.ts";
import {
  DirectoryService,
  type PublishPrekeysRequestSchema,
} from "../../proto/gen/sotto/relay/v1/directory_pb.ts";
import { callUnary } from "../../proto/grpc.ts";
import {
  addition,
  append,
  type BareRelay,
  nth,
  type Person,
  revocation,
  startBareRelay,
  type TestDevice,
} from "../../test/support/bare-relay.ts";
import { reasonOf } from "../../test/support/member.ts";

const directory = DirectoryService.method;
let relay: BareRelay;
let alice: Person;
let device: TestDevice;

beforeAll(async () => {
  relay = await startBareRelay({ pairsTaken: { count: 5, seconds: 3_600 } });
  alice = await relay.person("alice");
  device = nth(alice.devices, 0);
});

afterAll(() => relay.stop());

function prekeysOf({ person, keys }: TestDevice) {
  const input = { accountId: person.accountId, device: keys, random: randomBytes };
  return {
    signed: (id: number, createdAt = Date.now()) => createSignedPrekey({ ...input, id, createdAt }).published,
    lastResort: (id: number, createdAt = Date.now()) =>
      createLastResortPrekey({ ...input, id, createdAt }).published,
    pair: (id: number) => createOneTimePrekey({ ...input, id, createdAt: Date.now() }).published,
    pairs: (from: number, count: number) =>
      Array.from(
        { length: count },
        (_, index) => createOneTimePrekey({ ...input, id: from + index, createdAt: Date.now() }).published,
      ),
  };
}

function publish(by: TestDevice, request: MessageInitShape<typeof PublishPrekeysRequestSchema>) {
  return callUnary(by.client, directory.publishPrekeys, request, by.metadata);
}

function take(by: TestDevice, from: TestDevice[]) {
  const devices = from.map(({ person, keys }) => ({ accountId: person.accountId, deviceId: keys.deviceId }));
  return callUnary(by.client, directory.takePrekeyBundles, { devices }, by.metadata);
}

function count(by: TestDevice) {
  return callUnary(by.client, directory.countPrekeys, {}, by.metadata);
}

function kindAndId(published: Uint8Array, { person, keys }: TestDevice): string {
  const owner = {
    accountId: person.accountId,
    deviceId: keys.deviceId,
    signingKey: keys.signing.publicKey,
  };
  const { kind, id } = verifyPrekey(published, owner);
  return `${kind} ${id}`;
}

test("people are found by name and by id, and nobody else is made up", async () => {
  const bob = await relay.person("bob");
  const { people } = await callUnary(
    device.client,
    directory.lookUpPeople,
    { names: ["alice", "nobody", "NOT A NAME"], accountIds: [bob.accountId, new Uint8Array(32)] },
    device.metadata,
  );
  expect(people.map(({ name, accountId }) => [name, toHex(accountId)])).toEqual([
    ["alice", toHex(alice.accountId)],
    ["bob", toHex(bob.accountId)],
  ]);
  expect(Number(people[0]?.registeredAt)).toBeGreaterThan(Date.now() - 60_000);
});

test("look-ups over the limits are refused", async () => {
  const look = (request: object) =>
    reasonOf(callUnary(device.client, directory.lookUpPeople, request, device.metadata));
  expect(await look({ names: Array(101).fill("alice") })).toBe("malformed");
  expect(await look({ accountIds: [new Uint8Array(31)] })).toBe("malformed");
});

test("everybody is listed once, in order, while more people register", async () => {
  const names = ["listed-1", "listed-2", "listed-3", "listed-4", "listed-5"];
  for (const name of names) await relay.person(name);
  const seen: string[] = [];
  let pageToken = "";
  do {
    const page = await callUnary(
      device.client,
      directory.listPeople,
      { pageSize: 2, pageToken },
      device.metadata,
    );
    seen.push(...page.people.map(({ name }) => name));
    pageToken = page.nextPageToken;
    if (seen.length === 2) await relay.person("aaa-came-late");
  } while (pageToken !== "");
  expect(seen).toEqual([...seen].sort());
  expect(seen).toEqual(expect.arrayContaining(["alice", ...names]));
  expect(new Set(seen).size).toBe(seen.length);
});

test("a page token that is none is refused", async () => {
  const list = (request: object) =>
    reasonOf(callUnary(device.client, directory.listPeople, request, device.metadata));
  expect(await list({ pageToken: "%" })).toBe("malformed");
  expect(await list({ pageSize: 1001 })).toBe("malformed");
});

test("chains come in the order asked for, from where the caller is", async () => {
  const carol = await relay.person("carol", 3);
  const { chains } = await callUnary(
    device.client,
    directory.getAccountChains,
    {
      positions: [
        { accountId: carol.accountId, entriesHeld: 1n },
        { accountId: alice.accountId, entriesHeld: 0n },
        { accountId: carol.accountId, entriesHeld: 2n ** 64n - 1n },
      ],
    },
    device.metadata,
  );
  expect(chains.map(({ entries }) => entries.length)).toEqual([2, 1, 0]);
  expect(chains.map(({ head }) => head?.sequence)).toEqual([2n, 0n, 2n]);
  expect(verifyChain(nth(chains, 1).entries).accountId).toEqual(alice.accountId);
  expect(toHex(nth(chains, 0).head?.hash ?? new Uint8Array())).toBe(toHex(carol.chain.head.hash));
});

test("the chain of an unknown account is an error", async () => {
  const positions = [{ accountId: alice.accountId }, { accountId: new Uint8Array(32) }];
  const call = callUnary(device.client, directory.getAccountChains, { positions }, device.metadata);
  expect(await reasonOf(call)).toBe("unknown_account");
});

test("of two entries that follow the same head, one is appended", async () => {
  const dora = await relay.person("dora");
  const { client, metadata } = nth(dora.devices, 0);
  const entries = Array.from({ length: 8 }, () => addition(dora, createDeviceKeys(randomBytes)));
  const outcomes = await Promise.all(
    entries.map((entry) =>
      callUnary(client, directory.appendAccountEntry, { entry }, metadata).then(
        () => "appended",
        (error) => reasonOf(Promise.reject(error)),
      ),
    ),
  );
  expect(outcomes.sort()).toEqual(["appended", ...Array(7).fill("head_moved")]);
});

test("an entry that is the head already succeeds again, and changes nothing", async () => {
  const emma = await relay.person("emma");
  const { client, metadata } = nth(emma.devices, 0);
  const entry = addition(emma, createDeviceKeys(randomBytes));
  const calls = Array.from({ length: 4 }, () =>
    callUnary(client, directory.appendAccountEntry, { entry }, metadata),
  );
  for (const { head } of await Promise.all(calls)) expect(head?.sequence).toBe(1n);
  const { rows } = await relay.database.query<{ count: bigint }>(
    "select count(*) from devices where account_id = $1::bytea and active",
    [emma.accountId],
  );
  expect(rows[0]?.count).toBe(2n);
});

test("an entry that nobody may sign is refused", async () => {
  const finn = await relay.person("finn", 2);
  const gone = nth(finn.devices, 1);
  const byTheGone = signAdd(finn.chain, {
    by: { kind: "device", device: gone.keys },
    device: createDeviceKeys(randomBytes),
    createdAt: Date.now(),
  });
  const { client, metadata } = nth(finn.devices, 0);
  const send = (entry: Uint8Array) =>
    reasonOf(callUnary(client, directory.appendAccountEntry, { entry }, metadata));

  const flipped = byTheGone.slice();
  flipped[flipped.length - 1] = nth([...flipped], flipped.length - 1) ^ 1;
  expect(await send(flipped)).toBe("bad_signature");
  expect(await send(new Uint8Array(10))).toBe("malformed");
  expect(await send(new Uint8Array(5_000))).toBe("malformed");
  expect(await send(addition(alice, createDeviceKeys(randomBytes)))).toBe("head_moved");
  await append(finn, revocation(finn, gone.keys));
  expect(await send(byTheGone)).toBe("head_moved");
});

test("an account has at most eight devices", async () => {
  const gina = await relay.person("gina", 8);
  const { client, metadata } = nth(gina.devices, 0);
  const elsewhere = { ...gina.chain, devices: gina.chain.devices.slice(1) };
  const entry = signAdd(elsewhere, {
    by: { kind: "account", accountKey: gina.accountKey },
    device: createDeviceKeys(randomBytes),
    createdAt: Date.now(),
  });
  const call = callUnary(client, directory.appendAccountEntry, { entry }, metadata);
  expect(await reasonOf(call)).toBe("quota_exceeded");
});

test("an override brings the devices back to where it says", async () => {
  const hugo = await relay.person("hugo", 2);
  const keep = hugo.chain.head;
  const thief = createDeviceKeys(randomBytes);
  await append(hugo, addition(hugo, thief));
  await append(hugo, revocation(hugo, nth(hugo.devices, 1).keys));
  const entry = signOverride(hugo.chain, {
    accountKey: hugo.accountKey,
    keep,
    device: null,
    createdAt: Date.now(),
  });
  await append(hugo, entry);
  const { rows } = await relay.database.query<{ device_id: Buffer }>(
    "select device_id from devices where account_id = $1::bytea and active",
    [hugo.accountId],
  );
  const active = rows.map(({ device_id }) => toHex(device_id)).sort();
  expect(active).toEqual(hugo.devices.map(({ keys }) => toHex(keys.deviceId)).sort());
});

test("200 takers at once get each one-time pair exactly once", async () => {
  const owner = nth((await relay.person("owner")).devices, 0);
  const made = prekeysOf(owner);
  await publish(owner, {
    signedPrekey: made.signed(1),
    lastResortPrekey: made.lastResort(1),
    oneTimePrekeys: made.pairs(1, 100),
  });
  await publish(owner, { oneTimePrekeys: made.pairs(101, 50) });
  const takers: Person[] = [];
  for (let index = 0; index < 50; index++) takers.push(await relay.person(`taker-${index}`));
  // Four each: below the quota of five.
  const calls = takers.flatMap((taker) =>
    Array.from({ length: 4 }, () => take(nth(taker.devices, 0), [owner])),
  );
  const answers = await Promise.all(calls);
  const keys = answers.map(({ bundles }) => kindAndId(nth(bundles, 0).kemPrekey, owner));
  const pairs = keys.filter((key) => key.startsWith("one_time"));
  expect(new Set(pairs).size).toBe(150);
  expect(pairs.length).toBe(150);
  expect(keys.filter((key) => key === "last_resort 1").length).toBe(50);
  expect((await count(owner)).oneTimeLeft).toBe(0);
});

test("a pair that was handed out is never taken in again", async () => {
  const owner = nth((await relay.person("ivan")).devices, 0);
  const made = prekeysOf(owner);
  const pairs = made.pairs(1, 3);
  await publish(owner, { signedPrekey: made.signed(1), oneTimePrekeys: pairs });
  const { bundles } = await take(device, [owner]);
  expect(kindAndId(nth(bundles, 0).kemPrekey, owner)).toBe("one_time 1");
  expect((await publish(owner, { oneTimePrekeys: pairs })).oneTimeLeft).toBe(2);
  expect((await publish(owner, { oneTimePrekeys: [made.pair(1), made.pair(7)] })).oneTimeLeft).toBe(3);
});

test("pairs that were published before are dropped when their device says so", async () => {
  const owner = nth((await relay.person("judy")).devices, 0);
  const made = prekeysOf(owner);
  await publish(owner, { signedPrekey: made.signed(1), oneTimePrekeys: made.pairs(1, 3) });
  const fresh = { oneTimePrekeys: made.pairs(50, 2), replacePairs: true };
  expect((await publish(owner, fresh)).oneTimeLeft).toBe(2);
  const { bundles } = await take(device, [owner]);
  expect(kindAndId(nth(bundles, 0).kemPrekey, owner)).toMatch(/^one_time 5[01]$/);
});

test("newer prekeys replace older ones, and a late retry does not bring the old ones back", async () => {
  const owner = nth((await relay.person("jane")).devices, 0);
  const made = prekeysOf(owner);
  const old = { signedPrekey: made.signed(3, 1_000), lastResortPrekey: made.lastResort(3, 1_000) };
  await publish(owner, old);
  await publish(owner, { signedPrekey: made.signed(4, 2_000), lastResortPrekey: made.lastResort(5, 2_000) });
  await publish(owner, old);
  expect(await count(owner)).toMatchObject({ signedPrekeyId: 4, lastResortPrekeyId: 5, oneTimeLeft: 0 });
  // From a backup: ids begin again, time does not.
  await publish(owner, { signedPrekey: made.signed(1, 3_000) });
  expect((await count(owner)).signedPrekeyId).toBe(1);
  // A clock that was wrong: time begins again, ids do not.
  await publish(owner, { signedPrekey: made.signed(2, 2_500) });
  expect((await count(owner)).signedPrekeyId).toBe(2);
});

test("at most 200 pairs are held, and what is over leaves nothing behind", async () => {
  const owner = nth((await relay.person("kate")).devices, 0);
  const made = prekeysOf(owner);
  await publish(owner, { oneTimePrekeys: made.pairs(1, 100) });
  await publish(owner, { oneTimePrekeys: made.pairs(101, 100) });
  const over = { signedPrekey: made.signed(9), oneTimePrekeys: [made.pair(201)] };
  expect(await reasonOf(publish(owner, over))).toBe("quota_exceeded");
  expect(await count(owner)).toMatchObject({ oneTimeLeft: 200, signedPrekeyId: 0 });
});

test("prekeys of the wrong kind, place, owner or signature are refused", async () => {
  const owner = nth((await relay.person("liam")).devices, 0);
  const made = prekeysOf(owner);
  const flipped = made.signed(1);
  flipped[flipped.length - 1] = nth([...flipped], flipped.length - 1) ^ 1;
  expect(await reasonOf(publish(owner, { signedPrekey: flipped }))).toBe("bad_signature");
  expect(await reasonOf(publish(owner, { signedPrekey: made.lastResort(1) }))).toBe("malformed");
  expect(await reasonOf(publish(owner, { oneTimePrekeys: [made.lastResort(1)] }))).toBe("malformed");
  expect(await reasonOf(publish(owner, { signedPrekey: prekeysOf(device).signed(1) }))).toBe("malformed");
  expect(await reasonOf(publish(owner, { oneTimePrekeys: [made.pair(1), made.pair(1)] }))).toBe("malformed");
  expect(await count(owner)).toMatchObject({ oneTimeLeft: 0, signedPrekeyId: 0 });
});

test("over the quota a taker gets the last-resort key, and others still get pairs", async () => {
  const owner = nth((await relay.person("mona")).devices, 0);
  const made = prekeysOf(owner);
  await publish(owner, {
    signedPrekey: made.signed(1),
    lastResortPrekey: made.lastResort(1),
    oneTimePrekeys: made.pairs(1, 20),
  });
  const greedy = nth((await relay.person("greedy")).devices, 0);
  const kinds: string[] = [];
  for (let index = 0; index < 7; index++) {
    kinds.push(kindAndId(nth((await take(greedy, [owner])).bundles, 0).kemPrekey, owner).split(" ")[0] ?? "");
  }
  expect(kinds).toEqual([...Array(5).fill("one_time"), "last_resort", "last_resort"]);
  const other = await take(device, [owner]);
  expect(kindAndId(nth(other.bundles, 0).kemPrekey, owner)).toBe("one_time 6");
});

test("bundles come in the order asked for, without devices that published nothing or are revoked", async () => {
  const nina = await relay.person("nina", 4);
  const [first, second, third, fourth] = [0, 1, 2, 3].map((index) => nth(nina.devices, index));
  if (!first || !second || !third || !fourth) throw new Error("four devices");
  for (const one of [first, third, fourth]) {
    const made = prekeysOf(one);
    await publish(one, { signedPrekey: made.signed(1), oneTimePrekeys: made.pairs(1, 2) });
  }
  await append(nina, revocation(nina, third.keys));
  const { bundles } = await take(device, [fourth, third, second, first]);
  expect(bundles.map((bundle) => toHex(bundle.device?.deviceId ?? new Uint8Array()))).toEqual([
    toHex(fourth.keys.deviceId),
    toHex(first.keys.deviceId),
  ]);
  expect(await reasonOf(publish(third, { signedPrekey: prekeysOf(third).signed(2) }))).toBe("unknown_device");
  expect(await reasonOf(take(device, [first, first]))).toBe("malformed");
  expect(await reasonOf(take(device, Array(129).fill(first)))).toBe("malformed");
});
