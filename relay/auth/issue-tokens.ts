import type { Secrets } from "../secrets.ts";
import type { Caller } from "../service.ts";
import { signAccessToken } from "./access-token.ts";
import { makeRefreshToken, type RefreshTokenContent } from "./refresh-token.ts";

/** As in `Tokens` of auth.proto. */
export interface IssuedTokens {
  readonly accessToken: string;
  readonly accessExpiresAt: bigint;
  readonly refreshToken: string;
  readonly now: bigint;
}

export type TokenOwner = Pick<Caller, "accountId" | "deviceId">;

export async function issueTokens(
  secrets: Secrets,
  owner: TokenOwner,
  refresh: RefreshTokenContent,
  now: number,
): Promise<IssuedTokens> {
  const access = await signAccessToken(secrets, owner, now);
  return {
    accessToken: access.token,
    accessExpiresAt: BigInt(access.expiresAt),
    refreshToken: makeRefreshToken(secrets.refreshTokenMac, refresh),
    now: BigInt(now),
  };
}
