// The relay's half of OPAQUE (RFC 9807). The library throws plain errors; here it is said whose fault they are.
import * as opaque from "@serenity-kit/opaque";
import { type AccountId, toHex } from "../../keys/public.ts";
import { ErrorReason, malformed, RelayError } from "../errors.ts";

export const opaqueReady: Promise<void> = opaque.ready;

/** Throws MALFORMED. */
export function registrationResponse(setup: string, account: AccountId, registrationRequest: string): string {
  return blamingClient("registration request", () =>
    opaque.server.createRegistrationResponse({
      serverSetup: setup,
      userIdentifier: toHex(account),
      registrationRequest,
    }),
  ).registrationResponse;
}

/** A record is tried before it is stored, so that it cannot fail later. Throws MALFORMED. */
export function checkRecord(setup: string, account: AccountId, registrationRecord: string): void {
  probe ??= opaque.client.startLogin({ password: "any" }).startLoginRequest;
  const startLoginRequest = probe;
  blamingClient("registration record", () =>
    opaque.server.startLogin({
      serverSetup: setup,
      userIdentifier: toHex(account),
      registrationRecord,
      startLoginRequest,
    }),
  );
}
let probe: string | undefined;

/** Without a record the answer is made up, and looks the same. Throws MALFORMED. */
export function startLogin(
  setup: string,
  account: AccountId,
  record: string | undefined,
  startLoginRequest: string,
): { serverState: string; loginResponse: string } {
  const { serverLoginState, loginResponse } = blamingClient("login request", () =>
    opaque.server.startLogin({
      serverSetup: setup,
      userIdentifier: toHex(account),
      registrationRecord: record,
      startLoginRequest,
    }),
  );
  return { serverState: serverLoginState, loginResponse };
}

/** The session key that both sides now have, as the library's text. Throws LOGIN_FAILED. */
export function finishLogin(serverState: string, finishLoginRequest: string): string {
  try {
    return opaque.server.finishLogin({ serverLoginState: serverState, finishLoginRequest }).sessionKey;
  } catch {
    throw loginFailed();
  }
}

export function loginFailed(): RelayError {
  return new RelayError(ErrorReason.LOGIN_FAILED, "wrong name or password");
}

function blamingClient<Result>(what: string, work: () => Result): Result {
  try {
    return work();
  } catch {
    throw malformed(`not an OPAQUE ${what}`);
  }
}
