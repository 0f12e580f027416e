import type { Client } from "@grpc/grpc-js";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type ChainState,
  createAccountKey,
  createDeviceKeys,
  type DeviceKeys,
  equal,
  openAccountKey,
  randomBytes,
  readRecoveryWords,
  ready,
  resetProof,
  type SigningKeyPair,
  signAdd,
  signingPublicKey,
  signOverride,
  signProof,
  signRevoke,
  verifyChain,
} from "../../keys/index.ts";
import { AuthService } from "../../proto/gen/sotto/relay/v1/auth_pb.ts";
import { callUnary } from "../../proto/grpc.ts";
import {
  dial,
  joinRelay,
  logIn,
  type Member,
  newAccount,
  reasonOf,
  registrationRecordOf,
  startLogin,
} from "../../test/support/member.ts";
import { startTestRelay, type TestRelay } from "../../test/support/relay.ts";
import { deleteAccount } from "../upkeep/delete-account.ts";

const auth = AuthService.method;
const MINUTE = 60_000;

let relay: TestRelay;
let client: Client;

beforeAll(async () => {
  await ready();
  relay = await startTestRelay();
  client = dial(relay.url);
});

afterAll(async () => {
  client?.close();
  await relay?.stop();
});

let counter = 0;
async function somebody(): Promise<Member> {
  counter += 1;
  const member = await joinRelay(relay.url, `person${counter}`);
  member.client.close();
  return member;
}

/** What a password gives on a machine that is no device yet. */
async function prove({ name, password }: Pick<Member, "name" | "password">) {
  const { response, prove } = await startLogin(client, name, password);
  const finishLoginRequest = prove()?.finishLoginRequest;
  if (finishLoginRequest === undefined) throw new Error("the password is wrong");
  return { loginId: response.loginId, finishLoginRequest };
}

async function enrolment(member: Member) {
  const given = await callUnary(client, auth.finishEnrolment, await prove(member));
  const entries = given.entries.map((entry) => new Uint8Array(entry));
  return { ...given, entries, chain: verifyChain(entries) };
}

const byAccount = (accountKey: SigningKeyPair) => ({ kind: "account", accountKey }) as const;

function addOf(
  chain: ChainState,
  accountKey: SigningKeyPair,
  device: DeviceKeys = createDeviceKeys(randomBytes),
) {
  return signAdd(chain, { by: byAccount(accountKey), device, createdAt: Date.now() });
}

const addDevice = (ticket: Uint8Array, entry: Uint8Array) =>
  callUnary(client, auth.addDevice, { ticket, entry });

test("password and words make a machine a further device, which logs in", async () => {
  const member = await somebody();
  const { ticket, sealedAccountKey, chain } = await enrolment(member);
  expect(chain.accountId).toEqual(member.chain.accountId);
  const secret = readRecoveryWords(member.words.join(" "));
  const accountKey = openAccountKey(secret, new Uint8Array(sealedAccountKey), chain.accountKey);
  const device = createDeviceKeys(randomBytes);
  const entry = addOf(chain, accountKey, device);
  await addDevice(ticket, entry);
  await addDevice(ticket, entry);
  const tokens = await logIn(client, { ...member, device }, member.password);
  expect(tokens.accessToken).not.toBe("");
  expect((await enrolment(member)).chain.devices).toHaveLength(2);
});

test("who knows the password and not the words gets a sealed key and a public chain, and changes nothing", async () => {
  const member = await somebody();
  const { ticket, sealedAccountKey, chain } = await enrolment(member);
  const others = readRecoveryWords((await newAccount("other")).words.join(" "));
  expect(() => openAccountKey(others, new Uint8Array(sealedAccountKey), chain.accountKey)).toThrow();
  const thief = createDeviceKeys(randomBytes);
  const forged = addForged(chain, thief);
  expect(await reasonOf(addDevice(ticket, forged))).toBe("bad_signature");
  expect(await reasonOf(logIn(client, { ...member, device: thief }, member.password))).toBe("unknown_device");
  expect((await enrolment(member)).chain.head).toEqual(chain.head);
});

/** An add as a thief would sign it: with an account key of his own. */
function addForged(chain: ChainState, device: DeviceKeys): Uint8Array {
  const accountKey = createAccountKey(randomBytes);
  return addOf({ ...chain, accountKey: accountKey.publicKey }, accountKey, device);
}

test("a ticket takes no entry that a device signed, however good", async () => {
  const member = await somebody();
  const { ticket, chain } = await enrolment(member);
  const by = { kind: "device", device: member.device } as const;
  const entry = signAdd(chain, { by, device: createDeviceKeys(randomBytes), createdAt: Date.now() });
  expect(await reasonOf(addDevice(ticket, entry))).toBe("bad_signature");
});

test("the account key overrides, and signs others out", async () => {
  const member = await somebody();
  const first = await enrolment(member);
  const { accountKey } = member;
  const device = createDeviceKeys(randomBytes);
  const keep = first.chain.head;
  const override = signOverride(first.chain, { accountKey, keep, device, createdAt: Date.now() });
  await addDevice(first.ticket, override);
  const { ticket, chain } = await enrolment(member);
  const { deviceId } = member.device;
  const revoke = signRevoke(chain, { by: byAccount(accountKey), deviceId, createdAt: Date.now() });
  await addDevice(ticket, revoke);
  expect((await enrolment(member)).chain.devices.map((each) => each.deviceId)).toEqual([device.deviceId]);
  expect(await reasonOf(logIn(client, member, member.password))).toBe("unknown_device");
});

test("a ticket from before the account was deleted brings none of its devices back", async () => {
  const member = await somebody();
  const { ticket, chain } = await enrolment(member);
  await deleteAccount(relay.database, chain.accountId, { now: Date.now() });
  expect(await reasonOf(addDevice(ticket, addOf(chain, member.accountKey)))).toBe("unknown_account");
  const { rowCount } = await relay.database.query(
    "select from devices where account_id = $1::bytea and active",
    [chain.accountId],
  );
  expect(rowCount).toBe(0);
});

test("an entry behind another one is refused, so that two logins at once do not fork the chain", async () => {
  const member = await somebody();
  const { ticket, chain } = await enrolment(member);
  const [one, other] = [addOf(chain, member.accountKey), addOf(chain, member.accountKey)];
  await addDevice(ticket, one);
  expect(await reasonOf(addDevice(ticket, other))).toBe("head_moved");
});

test("a ticket is for its account, its relay and ten minutes", async () => {
  const [member, other] = [await somebody(), await somebody()];
  const { ticket, chain } = await enrolment(member);
  const entry = addOf(chain, member.accountKey);
  const { ticket: others } = await enrolment(other);
  expect(await reasonOf(addDevice(others, entry))).toBe("head_moved");
  const bent = new Uint8Array(ticket);
  bent.set(other.chain.accountId, 0);
  expect(await reasonOf(addDevice(bent, entry))).toBe("token_invalid");
  expect(await reasonOf(addDevice(new Uint8Array(ticket).subarray(1), entry))).toBe("malformed");
  relay.ahead += 11 * MINUTE;
  expect(await reasonOf(addDevice(ticket, entry))).toBe("token_expired");
  relay.ahead -= 11 * MINUTE;
  await addDevice(ticket, entry);
});

test("a login id enrols or logs in, once", async () => {
  const member = await somebody();
  const proof = await prove(member);
  await callUnary(client, auth.finishEnrolment, proof);
  expect(await reasonOf(callUnary(client, auth.finishEnrolment, proof))).toBe("login_failed");
});

test("nobody enrols without the password", async () => {
  const member = await somebody();
  const { response } = await startLogin(client, member.name, "a guess");
  const { finishLoginRequest } = await prove(await somebody());
  const request = { loginId: response.loginId, finishLoginRequest };
  expect(await reasonOf(callUnary(client, auth.finishEnrolment, request))).toBe("login_failed");
});

test("guesses at enrolment count as failed logins, and a success does not", async () => {
  const few = await startTestRelay({ rates: { failedLoginsPerNameAndAddress: { count: 2, seconds: 60 } } });
  const line = dial(few.url);
  try {
    const { name, password } = await joinRelay(few.url, "guessed");
    const begin = (guess: string) => startLogin(line, name, guess);
    const { response, prove } = await begin(password);
    const { finishLoginRequest = "" } = prove() ?? {};
    await callUnary(line, auth.finishEnrolment, { loginId: response.loginId, finishLoginRequest });
    await begin("guess 1");
    await begin("guess 2");
    expect(await reasonOf(begin("guess 3"))).toBe("rate_limited");
  } finally {
    line.close();
    await few.stop();
  }
});

async function reset(
  member: Member,
  password: string,
  tricks: { key?: SigningKeyPair; nonce?: Uint8Array } = {},
) {
  const { nonce, accountId } = await callUnary(client, auth.startRecovery, { name: member.name });
  const registrationRecord = await registrationRecordOf(client, member, password);
  const used = tricks.nonce ?? new Uint8Array(nonce);
  const proof = resetProof(used, member.chain.accountId, registrationRecord);
  const accountSignature = signProof(proof, (tricks.key ?? member.accountKey).secretKey);
  return { accountId, nonce: used, registrationRecord, accountSignature };
}
const send = (request: Awaited<ReturnType<typeof reset>>) => callUnary(client, auth.resetPassword, request);

test("the words put another password in the place of a forgotten one", async () => {
  const member = await somebody();
  const { sealedAccountKey, accountPublicKey } = await callUnary(client, auth.startRecovery, {
    name: member.name,
  });
  const secret = readRecoveryWords(member.words.join(" "));
  const key = openAccountKey(
    secret,
    new Uint8Array(sealedAccountKey),
    signingPublicKey(new Uint8Array(accountPublicKey)),
  );
  const request = await reset(member, "another password", { key });
  await send(request);
  await send(request);
  await expect(logIn(client, member, member.password)).rejects.toThrow("does not fit the password");
  expect((await logIn(client, member, "another password")).accessToken).not.toBe("");
});

test("a login that was begun with the old password ends", async () => {
  const member = await somebody();
  const proof = await prove(member);
  await send(await reset(member, "another password"));
  expect(await reasonOf(callUnary(client, auth.finishEnrolment, proof))).toBe("login_failed");
});

test("only the account key resets the password, with a fresh nonce, for the record that it signed", async () => {
  const [member, other] = [await somebody(), await somebody()];
  const bySomebodyElse = await reset(member, "another password", { key: other.accountKey });
  expect(await reasonOf(send(bySomebodyElse))).toBe("bad_signature");
  const byDevice = await reset(member, "another password", { key: member.device.signing });
  expect(await reasonOf(send(byDevice))).toBe("bad_signature");
  const right = await reset(member, "another password");
  const registrationRecord = await registrationRecordOf(client, member, "third password");
  expect(await reasonOf(send({ ...right, registrationRecord }))).toBe("bad_signature");
  expect(await reasonOf(send({ ...right, accountId: other.chain.accountId }))).toBe("bad_signature");
  expect(await reasonOf(send({ ...right, accountId: randomBytes(32) }))).toBe("bad_signature");
  expect(await reasonOf(send(await reset(member, "x", { nonce: randomBytes(56) })))).toBe("malformed");
  relay.ahead += 6 * MINUTE;
  expect(await reasonOf(send(right))).toBe("relay_unavailable");
  relay.ahead -= 6 * MINUTE;
  expect((await logIn(client, member, member.password)).accessToken).not.toBe("");
});

test("an unknown name gets an answer that looks like any other, and stays the same", async () => {
  const member = await somebody();
  const ask = (name: string) => callUnary(client, auth.startRecovery, { name });
  const [real, one, again, two] = await Promise.all([
    ask(member.name),
    ask("nobody-at-all"),
    ask("nobody-at-all"),
    ask("nobody-either"),
  ]);
  const sizes = ({ accountId, accountPublicKey, sealedAccountKey, nonce }: typeof real) =>
    [accountId, accountPublicKey, sealedAccountKey, nonce].map(({ length }) => length);
  expect(sizes(one)).toEqual(sizes(real));
  expect(sizes(real)).toEqual([32, 32, 72, 56]);
  const fixed = ({ accountId, accountPublicKey, sealedAccountKey }: typeof real) => ({
    accountId,
    accountPublicKey,
    sealedAccountKey,
  });
  expect(fixed(again)).toEqual(fixed(one));
  expect(equal(one.accountPublicKey, two.accountPublicKey)).toBe(false);
  expect(equal(one.sealedAccountKey, two.sealedAccountKey)).toBe(false);
  const { loginId: _, accountId } = (await startLogin(client, "nobody-at-all", "x")).response;
  expect(accountId).toEqual(one.accountId);
});
