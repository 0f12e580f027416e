// Whoever recorded a registration and logins whole, and later guesses at the password: has he anything to test a guess with?
import * as opaque from "@serenity-kit/opaque";
import { afterAll, beforeAll, expect, test } from "vitest";
import { AuthService } from "../../proto/gen/sotto/relay/v1/auth_pb.ts";
import { callUnary } from "../../proto/grpc.ts";
import { dial, joinRelay, logIn, startLogin } from "../support/member.ts";
import { type Recorder, recordTo } from "../support/recorder.ts";
import { startTestRelay, type TestRelay } from "../support/relay.ts";

const PASSWORD = "correct horse battery";
const GUESSES = [PASSWORD, "correct horse", "battery staple"] as const;
/** As test/support/member.ts hardens: nothing slows the guesses down. */
const keyStretching = { "argon2id-custom": { iterations: 1, memory: 8, parallelism: 1 } };

let relay: TestRelay;
let wire: Recorder;

beforeAll(async () => {
  relay = await startTestRelay();
  wire = await recordTo(relay.url);
});
afterAll(async () => {
  wire?.stop();
  await relay?.stop();
});

/** How a login ends for whoever guesses that password, given the relay's half of one. */
function tryGuess(
  guess: string,
  loginResponse: string,
  begun = opaque.client.startLogin({ password: guess }),
) {
  const { clientLoginState } = begun;
  try {
    const done = opaque.client.finishLogin({
      password: guess,
      loginResponse,
      clientLoginState,
      keyStretching,
    });
    return done === undefined ? "wrong" : "right";
  } catch {
    return "no login response";
  }
}

/** The same, where the guesser plays the relay with a record that he has and a set-up of his choice. */
function tryRecord(guess: string, registrationRecord: string, serverSetup: string, userIdentifier: string) {
  const begun = opaque.client.startLogin({ password: guess });
  const { startLoginRequest } = begun;
  try {
    const { loginResponse } = opaque.server.startLogin({
      serverSetup,
      userIdentifier,
      registrationRecord,
      startLoginRequest,
    });
    return tryGuess(guess, loginResponse, begun);
  } catch {
    return "no record";
  }
}

test("with the relay's own secrets a guess can be tested: that is what they are kept for", () => {
  const serverSetup = opaque.server.createSetup();
  const { clientRegistrationState, registrationRequest } = opaque.client.startRegistration({
    password: PASSWORD,
  });
  const { registrationResponse } = opaque.server.createRegistrationResponse({
    serverSetup,
    userIdentifier: "alice",
    registrationRequest,
  });
  const { registrationRecord } = opaque.client.finishRegistration({
    password: PASSWORD,
    clientRegistrationState,
    registrationResponse,
    keyStretching,
  });
  const outcomes = GUESSES.map((guess) => tryRecord(guess, registrationRecord, serverSetup, "alice"));
  expect(outcomes).toEqual(["right", "wrong", "wrong"]);
});

test("a full capture of registration, logins and enrolment tells the right password from no other", async () => {
  const member = await joinRelay(wire.url, "alice", PASSWORD);
  const client = dial(wire.url);
  try {
    await logIn(client, member, PASSWORD);
    const { response, prove } = await startLogin(client, "alice", PASSWORD);
    const { finishLoginRequest = "" } = prove() ?? {};
    const { finishEnrolment } = AuthService.method;
    await callUnary(client, finishEnrolment, { loginId: response.loginId, finishLoginRequest });
  } finally {
    client.close();
    member.client.close();
  }
  const capture = Buffer.concat([wire.said(), wire.told()]).toString("latin1");
  expect(capture).not.toContain(PASSWORD);
  const texts = [...new Set(capture.match(/[\w-]{40,}/g) ?? [])].flatMap(startsOf);
  // Among them are what he needs: the relay's half of a login, and the record.
  const kinds = texts.map((text) => tryGuess(PASSWORD, text));
  expect(kinds.filter((kind) => kind === "wrong").length).toBeGreaterThanOrEqual(3);
  const account = Buffer.from(member.chain.accountId).toString("hex");
  const ownSetup = opaque.server.createSetup();
  expect(texts.map((text) => tryRecord(PASSWORD, text, ownSetup, account))).toContain("wrong");
  for (const text of texts) {
    const asResponse = new Set(GUESSES.map((guess) => tryGuess(guess, text)));
    const asRecord = new Set(GUESSES.map((guess) => tryRecord(guess, text, ownSetup, account)));
    expect([asResponse.size, asRecord.size]).toEqual([1, 1]);
    expect(asResponse.has("right") || asRecord.has("right")).toBe(false);
  }
});

/** A length byte of the message before it can look like a letter of the text. */
function startsOf(text: string): string[] {
  return [text, text.slice(1), text.slice(2)];
}
