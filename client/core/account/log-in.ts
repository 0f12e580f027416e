import { equal, loginProof, ready, signProof } from "../../../keys/index.ts";
import type { AuthCalls } from "../../net/auth-calls.ts";
import { NetError } from "../../net/net-error.ts";
import { pinOpaqueServerKey } from "../../store/identity.ts";
import { saveTokens } from "../../store/tokens.ts";
import { ChatError } from "../chat-error.ts";
import type { Profile } from "../profile.ts";
import { startLogin } from "./account-password.ts";
import { localTokens } from "./session-tokens.ts";

/**
 * Proves password and device key to the relay and keeps fresh tokens for this device; the relay sees neither. Throws
 * `login_failed`, `security_stop` when the relay is not the one of the registration, NetError.
 */
export async function logIn(profile: Profile, auth: AuthCalls, password: string): Promise<void> {
  await ready();
  const { db, identity, runtime } = profile;
  const proof = await proveOwner(profile, auth, password);
  const issued = await auth.finishLogin({
    loginId: proof.loginId,
    finishLoginRequest: proof.finishLoginRequest,
    deviceId: identity.deviceId,
    deviceSignature: signProof(
      loginProof({
        sessionKey: new TextEncoder().encode(proof.sessionKey),
        accountId: identity.accountId,
        deviceId: identity.deviceId,
        loginId: proof.loginId,
      }),
      identity.signingSecretKey,
    ),
  });
  saveTokens(db, localTokens(issued, runtime.now()));
}

export function wrongPassword(): ChatError {
  return new ChatError("login_failed", "Wrong password.", {
    hint: "If it is right, check that --relay and CHAT_RELAY name the relay of this account.",
  });
}

/**
 * First half of a login, and what has to be right before the second: a login id works once. Throws `login_failed`,
 * `security_stop`.
 */
export async function proveOwner({ db, identity }: Profile, auth: AuthCalls, password: string) {
  const proof = await startLogin(auth, identity.name, password);
  // A relay that does not know the name makes up an account id, so this comes before "wrong password".
  if (proof !== undefined && !equal(proof.accountId, identity.accountId)) throw anotherRelay(identity.name);
  if (proof === undefined) throw wrongPassword();
  const serverKey = proof.serverStaticPublicKey;
  if (pinOpaqueServerKey(db, serverKey) !== serverKey) throw anotherRelay(identity.name);
  if (proof.loginId.length !== 16)
    throw new NetError("untrusted", "the relay gave a login id of the wrong length");
  return proof;
}

export function anotherRelay(name: string): ChatError {
  return new ChatError("security_stop", `This is not the relay where ${name} was registered.`, {
    hint: "Check --relay and CHAT_RELAY. If they are right, the relay has lost or changed its secrets.",
  });
}
