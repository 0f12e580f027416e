import { randomBytes } from "node:crypto";
import { type AccountId, accountId, deviceId, loginProof, verifyProof } from "../../keys/public.ts";
import { accountDisabled, ErrorReason, malformed, RelayError, unknownDevice } from "../errors.ts";
import type { Parts } from "../parts.ts";
import { type IssuedTokens, issueTokens, type TokenOwner } from "./issue-tokens.ts";
import {
  LOGIN_ATTEMPT_MS,
  MAX_FAMILIES_PER_DEVICE,
  MAX_OPAQUE_FINISH,
  MAX_OPAQUE_LOGIN_REQUEST,
  REFRESH_TOKEN_MS,
} from "./limits.ts";
import { mac } from "./mac.ts";
import { finishLogin as finishOpaque, loginFailed, startLogin as startOpaque } from "./opaque.ts";
import { checkLength } from "./register.ts";
import { findAccount } from "./sql/find-account.ts";
import { findDevice } from "./sql/find-device.ts";
import { insertLoginAttempt, takeLoginAttempt } from "./sql/login-attempts.ts";
import { insertTokenFamily } from "./sql/token-families.ts";

/** `name` has the right form. For an unknown one, all that comes back is made up, and looks the same. */
export async function startLogin(
  { database, secrets, clock }: Parts,
  request: { name: string; startLoginRequest: string },
): Promise<{ loginId: Uint8Array; accountId: Uint8Array; loginResponse: string }> {
  checkLength(request.startLoginRequest, MAX_OPAQUE_LOGIN_REQUEST, "login request");
  const found = await findAccount(database, request.name);
  const account = accountId(found?.account_id ?? mac(secrets.unknownNameMac, request.name));
  const { serverState, loginResponse } = startOpaque(
    secrets.opaqueSetup,
    account,
    found?.opaque_record,
    request.startLoginRequest,
  );
  const loginId = randomBytes(16);
  const now = clock();
  await insertLoginAttempt(database, loginId, {
    account: found === undefined ? null : account,
    serverState,
    expiresAt: now + LOGIN_ATTEMPT_MS,
    now,
  });
  return { loginId, accountId: account, loginResponse };
}

/** Whose login it was that the second half proves. A login id works once, whatever comes of it. Throws LOGIN_FAILED, ACCOUNT_DISABLED. */
export async function takeProvenLogin(
  { database, clock }: Parts,
  request: { loginId: Uint8Array; finishLoginRequest: string },
): Promise<{ account: AccountId; name: string; sessionKey: string }> {
  checkLength(request.finishLoginRequest, MAX_OPAQUE_FINISH, "login finish");
  if (request.loginId.length !== 16) throw malformed("the login id must be 16 bytes");
  const attempt = await takeLoginAttempt(database, request.loginId);
  if (attempt === undefined || Number(attempt.expires_at) <= clock()) throw loginFailed();
  const sessionKey = finishOpaque(attempt.server_state, request.finishLoginRequest);
  if (attempt.account_id === null || attempt.name === null) throw loginFailed();
  if (attempt.disabled) throw accountDisabled(); // only who has the password hears of it
  return { account: accountId(attempt.account_id), name: attempt.name, sessionKey };
}

/** Tokens for a device that proves password and device key. `name` is whose login it was. */
export async function finishLogin(
  parts: Parts,
  request: {
    loginId: Uint8Array;
    finishLoginRequest: string;
    deviceId: Uint8Array;
    deviceSignature: Uint8Array;
  },
): Promise<{ tokens: IssuedTokens; name: string; owner: TokenOwner }> {
  const { database, secrets, clock } = parts;
  const device = deviceId(request.deviceId);
  if (request.deviceSignature.length !== 64) throw malformed("the signature must be 64 bytes");

  const { account, name, sessionKey } = await takeProvenLogin(parts, request);
  const owner = { accountId: account, deviceId: device };
  const now = clock();

  const found = await findDevice(database, owner.accountId, device);
  if (found === undefined || !found.active) throw unknownDevice();
  const proof = loginProof({
    ...owner,
    sessionKey: Buffer.from(sessionKey, "utf8"),
    loginId: request.loginId,
  });
  if (!verifyProof(proof, request.deviceSignature, found.signing_key)) {
    throw new RelayError(ErrorReason.BAD_SIGNATURE, "the signature is not this device's");
  }

  const family = randomBytes(16);
  await insertTokenFamily(database, family, owner, {
    now,
    expiresAt: now + REFRESH_TOKEN_MS,
    kept: MAX_FAMILIES_PER_DEVICE,
  });
  return { tokens: await issueTokens(secrets, owner, { family, serial: 1n }, now), name, owner };
}
