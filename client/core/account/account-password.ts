import * as opaque from "@serenity-kit/opaque";
import type { AccountId } from "../../../keys/index.ts";
import type { AuthCalls } from "../../net/auth-calls.ts";
import { NetError } from "../../net/net-error.ts";
import { ChatError } from "../chat-error.ts";

const MIN_PASSWORD_LENGTH = 8;

/**
 * Argon2id inside OPAQUE at a fixed cost (64 MiB, 3 passes): at another cost the same password is another one, so this
 * never follows the library's default.
 */
const KEY_STRETCHING = "memory-constrained";

/** Throws `bad_input`. */
export function checkNewPassword(password: string): void {
  if ([...normal(password)].length >= MIN_PASSWORD_LENGTH) return;
  throw new ChatError("bad_input", `A password needs at least ${MIN_PASSWORD_LENGTH} characters.`, {
    hint: "Four or five unrelated words make a good one.",
  });
}

interface AccountToMake {
  readonly name: string;
  readonly accountId: AccountId;
  /** Token of an invitation, for a relay that wants one. */
  readonly invitation?: string;
}

/** Asks the relay for a name as a registration does, but for an account that nobody makes. Throws NetError `name_taken`. */
export async function askForName(auth: AuthCalls, account: AccountToMake) {
  await opaque.ready;
  const { registrationRequest } = opaque.client.startRegistration({ password: "" });
  await auth.startRegistration({ ...account, registrationRequest });
}

/** OPAQUE registration, first half. Gives the record for the second; the password does not leave this process. */
export async function startRegistration(
  auth: AuthCalls,
  account: AccountToMake,
  password: string,
): Promise<string> {
  await opaque.ready;
  const given = normal(password);
  const { clientRegistrationState, registrationRequest } = opaque.client.startRegistration({
    password: given,
  });
  const { name, accountId, invitation = "" } = account;
  const registrationResponse = await auth.startRegistration({
    name,
    accountId,
    registrationRequest,
    invitation,
  });
  return blamingRelay(() =>
    opaque.client.finishRegistration({
      clientRegistrationState,
      registrationResponse,
      password: given,
      keyStretching: KEY_STRETCHING,
    }),
  ).registrationRecord;
}

export interface PasswordProof {
  readonly loginId: Uint8Array;
  /** As the relay says: compare it. */
  readonly accountId: Uint8Array;
  readonly finishLoginRequest: string;
  readonly sessionKey: string;
  /** Proven by OPAQUE to be the relay of the registration. */
  readonly serverStaticPublicKey: string;
}

/** OPAQUE login, first half. Undefined: the password is wrong, or the relay is not the one of the registration. */
export async function startLogin(
  auth: AuthCalls,
  name: string,
  password: string,
): Promise<PasswordProof | undefined> {
  await opaque.ready;
  const given = normal(password);
  const { clientLoginState, startLoginRequest } = opaque.client.startLogin({ password: given });
  const { loginId, accountId, loginResponse } = await auth.startLogin({ name, startLoginRequest });
  const proved = blamingRelay(() =>
    opaque.client.finishLogin({
      clientLoginState,
      loginResponse,
      password: given,
      keyStretching: KEY_STRETCHING,
    }),
  );
  return proved && { loginId, accountId, ...proved };
}

/** One password, one form: keyboards compose letters in different ways. */
function normal(password: string): string {
  return password.normalize("NFC");
}

/** The library throws plain errors for what does not parse. */
function blamingRelay<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw new NetError("untrusted", "the relay broke the password protocol", { cause });
  }
}
