import type { Client } from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDeviceKeys, randomBytes, ready, toHex } from "../../keys/index.ts";
import { AuthService } from "../../proto/gen/sotto/relay/v1/auth_pb.ts";
import { callUnary } from "../../proto/grpc.ts";
import {
  dial,
  failureOf,
  joinRelay,
  logIn,
  type Member,
  newAccount,
  reasonOf,
  refreshTokens,
  register,
  registrationRecordOf,
  startLogin,
  withToken,
} from "../../test/support/member.ts";
import { startTestRelay, type TestRelay } from "../../test/support/relay.ts";

const auth = AuthService.method;
const sealedAccountKey = new Uint8Array(72).fill(7);
const MINUTE = 60_000;

let relay: TestRelay;
let client: Client;
let alice: Member;

beforeAll(async () => {
  await ready();
  relay = await startTestRelay();
  client = dial(relay.url);
  alice = await joinRelay(relay.url, "alice");
});

afterAll(async () => {
  client?.close();
  alice?.client.close();
  await relay?.stop();
});

/** Lets time pass on the relay's clock for as long as `work` takes. */
async function later<Result>(milliseconds: number, work: () => Promise<Result>): Promise<Result> {
  relay.ahead += milliseconds;
  try {
    return await work();
  } finally {
    relay.ahead -= milliseconds;
  }
}

function flip(bytes: Uint8Array): Uint8Array {
  const flipped = new Uint8Array(bytes);
  flipped[7] = (flipped[7] ?? 0) ^ 1;
  return flipped;
}

describe("registration", () => {
  test("makes an account whose device can log in and call", async () => {
    const { sealedAccountKey: stored } = await callUnary(
      client,
      auth.getSealedAccountKey,
      {},
      alice.metadata(),
    );
    expect(new Uint8Array(stored)).toEqual(alice.sealedAccountKey);
    expect(Number(alice.tokens.accessExpiresAt) - relay.now()).toBeGreaterThan(14 * MINUTE);
    expect(Number(alice.tokens.accessExpiresAt) - relay.now()).toBeLessThanOrEqual(15 * MINUTE);
  });

  test("of the same genesis entry again succeeds and changes nothing", async () => {
    const account = await newAccount("again");
    await register(client, account, "first");
    await register(client, account, "second");
    await logIn(client, account, "first");
    await expect(logIn(client, account, "second")).rejects.toThrow("does not fit the password");
  });

  test("gives a name to one of many who want it at the same time", async () => {
    const wanting = await Promise.all(Array.from({ length: 8 }, () => newAccount("wanted")));
    const outcomes = await Promise.all(
      wanting.map((account) =>
        register(client, account, "pass").then(
          () => "made",
          () => "refused",
        ),
      ),
    );
    expect(outcomes.filter((outcome) => outcome === "made")).toHaveLength(1);
    const { rows } = await relay.database.query<{ count: bigint }>(
      "select count(*) from account_entries join accounts using (account_id) where name = 'wanted'",
    );
    expect(rows).toEqual([{ count: 1n }]);
  });

  test("of a taken name is refused at both halves", async () => {
    const other = await newAccount("alice");
    expect(await reasonOf(register(client, other, "pass"))).toBe("name_taken");
    const record = await registrationRecordOf(client, { ...other, name: "free-name" }, "pass");
    const finish = callUnary(client, auth.finishRegistration, {
      genesis: other.genesis,
      registrationRecord: record,
      sealedAccountKey,
    });
    expect(await reasonOf(finish)).toBe("name_taken");
  });

  test.each(["", "al", "Alice", "a".repeat(33), "a b c", "älice", "alice\u0000", "al/ice"])(
    "of the name %j is refused",
    async (name) => {
      const start = callUnary(client, auth.startRegistration, {
        name,
        accountId: randomBytes(32),
        registrationRequest: "AAAA",
      });
      expect(await reasonOf(start)).toBe("malformed");
    },
  );

  test("of a bad genesis entry is refused", async () => {
    const account = await newAccount("badgenesis");
    const registrationRecord = await registrationRecordOf(client, account, "pass");
    const finish = (genesis: Uint8Array) =>
      reasonOf(callUnary(client, auth.finishRegistration, { genesis, registrationRecord, sealedAccountKey }));
    const last = account.genesis.length - 1;
    const forged = new Uint8Array(account.genesis);
    forged[last] = (forged[last] ?? 0) ^ 1;
    expect(await finish(forged)).toBe("bad_signature");
    expect(await finish(account.genesis.subarray(0, last))).toBe("malformed");
    expect(await finish(new Uint8Array([...account.genesis, 0]))).toBe("malformed");
    expect(await finish(new Uint8Array())).toBe("malformed");
    expect(await finish(randomBytes(8_000))).toBe("malformed");
  });

  test("refuses OPAQUE messages that are none, and sizes that are wrong", async () => {
    const account = await newAccount("badopaque");
    const start = (registrationRequest: string, accountId: Uint8Array = account.chain.accountId) =>
      reasonOf(
        callUnary(client, auth.startRegistration, { name: "badopaque", accountId, registrationRequest }),
      );
    const registrationRecord = await registrationRecordOf(client, account, "pass");
    const finish = (change: object) =>
      reasonOf(
        callUnary(client, auth.finishRegistration, {
          genesis: account.genesis,
          registrationRecord,
          sealedAccountKey,
          ...change,
        }),
      );
    expect(await start("")).toBe("malformed");
    expect(await start("not opaque")).toBe("malformed");
    expect(await start("A".repeat(257))).toBe("malformed");
    expect(await start("AAAA", randomBytes(31))).toBe("malformed");
    expect(await finish({ registrationRecord: "AAAA" })).toBe("malformed");
    expect(await finish({ registrationRecord: "A".repeat(1_025) })).toBe("malformed");
    expect(await finish({ sealedAccountKey: randomBytes(71) })).toBe("malformed");
    expect(await finish({ sealedAccountKey: randomBytes(73) })).toBe("malformed");
  });
});

describe("login", () => {
  test("with a wrong password fails, on the client's side and on the relay's", async () => {
    await expect(logIn(client, alice, "wrong")).rejects.toThrow("does not fit the password");
    const { response } = await startLogin(client, "alice", "wrong");
    const other = await startLogin(client, "alice", alice.password);
    const request = other.finish(alice);
    const mixed = callUnary(client, auth.finishLogin, { ...request, loginId: response.loginId });
    expect(await reasonOf(mixed)).toBe("login_failed");
  });

  test("of an unknown name looks like one with a wrong password", async () => {
    const known = await startLogin(client, "alice", "wrong");
    const unknown = await startLogin(client, "nobody", "wrong");
    const again = await startLogin(client, "nobody", "wrong");
    const shape = ({ response }: typeof known) => ({
      loginId: response.loginId.length,
      accountId: response.accountId.length,
      loginResponse: response.loginResponse.length,
      alphabet: /^[\w-]+$/.test(response.loginResponse),
    });
    expect(shape(unknown)).toEqual(shape(known));
    // One name stands for one account, made up or not.
    expect(toHex(again.response.accountId)).toBe(toHex(unknown.response.accountId));
    expect(unknown.finish(alice)).toBeUndefined();
    const other = await startLogin(client, "alice", alice.password);
    const finish = other.finish(alice);
    const loginId = unknown.response.loginId;
    const failure = await failureOf(callUnary(client, auth.finishLogin, { ...finish, loginId }));
    const real = await failureOf(
      callUnary(client, auth.finishLogin, { ...finish, loginId: known.response.loginId }),
    );
    expect(failure).toEqual(real);
    expect(failure.reason).toBe("login_failed");
  });

  test("works once per login id, and for one minute", async () => {
    const first = await startLogin(client, "alice", alice.password);
    const request = first.finish(alice) ?? {};
    await callUnary(client, auth.finishLogin, request);
    expect(await reasonOf(callUnary(client, auth.finishLogin, request))).toBe("login_failed");

    const slow = await startLogin(client, "alice", alice.password);
    const late = slow.finish(alice) ?? {};
    expect(await later(MINUTE, () => reasonOf(callUnary(client, auth.finishLogin, late)))).toBe(
      "login_failed",
    );
  });

  test("needs the device's signature over this login", async () => {
    const withSignature = (signature: (right: Uint8Array) => Uint8Array) =>
      reasonOf(logIn(client, alice, alice.password, { signature }));
    expect(await withSignature(flip)).toBe("bad_signature");
    expect(await withSignature(() => new Uint8Array(64))).toBe("bad_signature");
    expect(await withSignature((right) => right.subarray(1))).toBe("malformed");
    const stranger = { ...alice, device: createDeviceKeys(randomBytes) };
    expect(await reasonOf(logIn(client, stranger, alice.password))).toBe("unknown_device");
    const claiming = logIn(client, stranger, alice.password, { deviceId: alice.device.deviceId });
    expect(await reasonOf(claiming)).toBe("bad_signature");
  });

  test("of a device that is no longer active is refused, and so are its tokens", async () => {
    const carol = await joinRelay(relay.url, "carol");
    await callUnary(client, auth.getSealedAccountKey, {}, carol.metadata());
    await relay.database.query("update devices set active = false where device_id = $1", [
      carol.device.deviceId,
    ]);
    expect(await reasonOf(logIn(client, carol, carol.password))).toBe("unknown_device");
    const call = callUnary(client, auth.getSealedAccountKey, {}, carol.metadata());
    expect(await reasonOf(call)).toBe("unknown_device");
    expect(await reasonOf(refreshTokens(client, carol.tokens.refreshToken, carol.device))).toBe(
      "unknown_device",
    );
    carol.client.close();
  });

  test("leaves no attempts behind", async () => {
    await later(2 * MINUTE, async () => {
      await startLogin(client, "alice", "any");
      const { rows } = await relay.database.query<{ count: bigint }>("select count(*) from login_attempts");
      expect(rows).toEqual([{ count: 1n }]);
    });
  });
});

describe("an access token", () => {
  const call = (token: string) => reasonOf(callUnary(client, auth.getSealedAccountKey, {}, withToken(token)));

  test("is needed", async () => {
    expect(await reasonOf(callUnary(client, auth.getSealedAccountKey, {}))).toBe("token_invalid");
    expect(await call("")).toBe("token_invalid");
    expect(await call("a.b.c")).toBe("token_invalid");
    expect(await call("A".repeat(5_000))).toBe("token_invalid");
    expect(await call(alice.tokens.refreshToken)).toBe("token_invalid");
  });

  test("runs out after 15 minutes", async () => {
    expect(await later(15 * MINUTE, () => call(alice.tokens.accessToken))).toBe("token_expired");
  });

  test("that was tampered with is refused", async () => {
    const [header = "", payload = "", signature = ""] = alice.tokens.accessToken.split(".");
    const none = Buffer.from('{"alg":"none","typ":"at+jwt"}').toString("base64url");
    const claims = JSON.parse(Buffer.from(payload, "base64url").toString()) as { exp: number };
    const longer = Buffer.from(JSON.stringify({ ...claims, exp: claims.exp + 9_999 })).toString("base64url");
    expect(await call([header, longer, signature].join("."))).toBe("token_invalid");
    expect(await call([none, payload, ""].join("."))).toBe("token_invalid");
    expect(await call([none, payload, signature].join("."))).toBe("token_invalid");
    const turned = signature.startsWith("A") ? "B" : "A";
    expect(await call([header, payload, turned + signature.slice(1)].join("."))).toBe("token_invalid");
  });

  test("of another relay is refused", async () => {
    const other = await startTestRelay();
    const theirs = await joinRelay(other.url, "alice");
    expect(await call(theirs.tokens.accessToken)).toBe("token_invalid");
    expect(await reasonOf(refreshTokens(client, theirs.tokens.refreshToken, alice.device))).toBe(
      "token_invalid",
    );
    theirs.client.close();
    await other.stop();
  });
});

describe("a refresh token", () => {
  const freshFamily = () => logIn(client, alice, alice.password);

  test("gives the identical successor however often it is asked for", async () => {
    const { refreshToken } = await freshFamily();
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => refreshTokens(client, refreshToken, alice.device)),
    );
    expect(new Set(answers.map((tokens) => tokens.refreshToken)).size).toBe(1);
    await callUnary(client, auth.getSealedAccountKey, {}, withToken(answers[0]?.accessToken ?? ""));
  });

  test("that was used after its successor ends the whole family", async () => {
    const { refreshToken: first } = await freshFamily();
    const { refreshToken: second } = await refreshTokens(client, first, alice.device);
    const { refreshToken: third } = await refreshTokens(client, second, alice.device);
    expect(await reasonOf(refreshTokens(client, first, alice.device))).toBe("token_reused");
    for (const token of [first, second, third]) {
      expect(await reasonOf(refreshTokens(client, token, alice.device))).toBe("token_reused");
    }
    const { refreshToken: other } = await freshFamily();
    await refreshTokens(client, other, alice.device);
  });

  test("is worthless without the device's key, and then ends no family", async () => {
    const { refreshToken: first } = await freshFamily();
    const { refreshToken: second } = await refreshTokens(client, first, alice.device);
    await refreshTokens(client, second, alice.device);
    const thief = createDeviceKeys(randomBytes);
    expect(await reasonOf(refreshTokens(client, first, thief))).toBe("bad_signature");
    expect(await reasonOf(refreshTokens(client, second, thief))).toBe("bad_signature");
    await refreshTokens(client, second, alice.device);
  });

  test("runs out when it is not used for 60 days", async () => {
    const { refreshToken } = await freshFamily();
    const attempt = await later(60 * 24 * 60 * MINUTE, () =>
      reasonOf(refreshTokens(client, refreshToken, alice.device)),
    );
    expect(attempt).toBe("token_expired");
  });

  test("that was tampered with is refused", async () => {
    const { refreshToken } = await freshFamily();
    const bytes = Buffer.from(refreshToken, "base64url");
    for (const at of [0, 1, 24, 25, bytes.length - 1]) {
      const forged = Buffer.from(bytes);
      forged.writeUInt8(forged.readUInt8(at) ^ 1, at);
      const attempt = refreshTokens(client, forged.toString("base64url"), alice.device);
      expect(await reasonOf(attempt)).toBe("token_invalid");
    }
    for (const text of ["", "AAAA", `${refreshToken}=`, `${refreshToken} `, "A".repeat(300)]) {
      expect(await reasonOf(refreshTokens(client, text, alice.device))).toBe("token_invalid");
    }
  });

  test("needs a nonce of this relay that is not older than five minutes", async () => {
    const { refreshToken } = await freshFamily();
    const { nonce } = await callUnary(client, auth.getChallenge, {});
    expect(nonce.length).toBe(56);
    const withNonce = (tried: Uint8Array) =>
      reasonOf(refreshTokens(client, refreshToken, alice.device, { nonce: tried }));
    expect(await withNonce(flip(nonce))).toBe("malformed");
    expect(await withNonce(randomBytes(56))).toBe("malformed");
    expect(await later(5 * MINUTE + 1_000, () => withNonce(nonce))).toBe("relay_unavailable");
    await refreshTokens(client, refreshToken, alice.device, { nonce });
  });

  test("of the oldest of many logins is forgotten, those of the last four live", async () => {
    const families = [];
    for (let i = 0; i < 5; i += 1) families.push((await freshFamily()).refreshToken);
    const outcomes = [];
    for (const token of families) {
      outcomes.push(
        await refreshTokens(client, token, alice.device).then(
          () => "ok",
          () => "gone",
        ),
      );
    }
    expect(outcomes).toEqual(["gone", "ok", "ok", "ok", "ok"]);
  });
});
