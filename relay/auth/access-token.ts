import { errors, type JWTVerifyGetKey, jwtVerify, SignJWT } from "jose";
import { accountId, deviceId, idFromHex, KeysError, toHex } from "../../keys/public.ts";
import { ErrorReason, RelayError, tokenExpired } from "../errors.ts";
import type { Secrets } from "../secrets.ts";
import type { Caller } from "../service.ts";
import { ACCESS_TOKEN_MS, MAX_ACCESS_TOKEN } from "./limits.ts";

const ISSUER = "sotto-relay";
const TYPE = "at+jwt"; // RFC 9068

export interface AccessToken {
  readonly token: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

export async function signAccessToken(
  { tokenKeys: [key] }: Secrets,
  { accountId, deviceId }: Pick<Caller, "accountId" | "deviceId">,
  now: number,
): Promise<AccessToken> {
  const expiresAt = Math.floor((now + ACCESS_TOKEN_MS) / 1000) * 1000; // JWT counts in seconds
  const token = await new SignJWT({ device: toHex(deviceId) })
    .setProtectedHeader({ alg: "EdDSA", kid: key.id, typ: TYPE })
    .setIssuer(ISSUER)
    .setSubject(toHex(accountId))
    .setExpirationTime(expiresAt / 1000)
    .sign(key.privateKey);
  return { token, expiresAt };
}

/** Whom a token of ours names. Throws TOKEN_INVALID or TOKEN_EXPIRED. */
export async function verifyAccessToken({ tokenKeys }: Secrets, token: string, now: number): Promise<Caller> {
  if (token.length > MAX_ACCESS_TOKEN) throw invalid();
  const findKey: JWTVerifyGetKey = ({ kid }) => {
    const key = tokenKeys.find(({ id }) => id === kid);
    if (key === undefined) throw invalid();
    return key.publicKey;
  };
  try {
    const { payload } = await jwtVerify(token, findKey, {
      algorithms: ["EdDSA"],
      issuer: ISSUER,
      typ: TYPE,
      requiredClaims: ["sub", "exp", "device"],
      currentDate: new Date(now),
    });
    return {
      accountId: idFromHex(accountId, String(payload.sub)),
      deviceId: idFromHex(deviceId, String(payload["device"])),
      tokenExpiresAt: Number(payload.exp) * 1000,
    };
  } catch (error) {
    if (error instanceof errors.JWTExpired) {
      throw tokenExpired();
    }
    if (error instanceof errors.JOSEError || error instanceof KeysError) throw invalid();
    throw error;
  }
}

function invalid(): RelayError {
  return new RelayError(ErrorReason.TOKEN_INVALID, "not an access token of this relay");
}
