import { accountId, deviceId, refreshProof, verifyProof } from "../../keys/public.ts";
import { accountDisabled, ErrorReason, malformed, RelayError, unknownDevice } from "../errors.ts";
import type { Parts } from "../parts.ts";
import { checkChallenge } from "./challenge.ts";
import { type IssuedTokens, issueTokens, type TokenOwner } from "./issue-tokens.ts";
import { REFRESH_TOKEN_MS } from "./limits.ts";
import { invalid, readRefreshToken } from "./refresh-token.ts";
import { lockTokenFamily, revokeTokenFamily, useTokenSerial } from "./sql/token-families.ts";

/**
 * Fresh tokens. Serial n may be used until n + 1 was: whoever comes with less after that shows that the token is in two
 * hands, and the family ends for both.
 */
export async function refresh(
  { database, secrets, clock }: Parts,
  request: { refreshToken: string; nonce: Uint8Array; deviceSignature: Uint8Array },
): Promise<{ tokens: IssuedTokens; owner: TokenOwner }> {
  const now = clock();
  if (request.deviceSignature.length !== 64) throw malformed("the signature must be 64 bytes");
  checkChallenge(secrets.challengeMac, request.nonce, now);
  const { family, serial } = readRefreshToken(secrets.refreshTokenMac, request.refreshToken);

  const outcome = await database.transaction(async (connection) => {
    const found = await lockTokenFamily(connection, family);
    if (found === undefined) throw invalid();
    // Before the serial is looked at: who has a token but not the device key must not end the family.
    const proof = refreshProof(new Uint8Array(request.nonce), request.refreshToken);
    if (!verifyProof(proof, request.deviceSignature, found.signing_key)) {
      throw new RelayError(ErrorReason.BAD_SIGNATURE, "the signature is not this device's");
    }
    if (!found.active) throw unknownDevice();
    if (found.disabled) throw accountDisabled();
    if (found.revoked) throw reused();
    if (serial < found.used_serial) {
      await revokeTokenFamily(connection, family);
      return reused(); // returned, since a throw would roll the revocation back
    }
    if (Number(found.expires_at) <= now) {
      throw new RelayError(ErrorReason.TOKEN_EXPIRED, "the refresh token has run out: log in again");
    }
    await useTokenSerial(connection, family, serial, now + REFRESH_TOKEN_MS);
    return { accountId: accountId(found.account_id), deviceId: deviceId(found.device_id) };
  });
  if (outcome instanceof RelayError) throw outcome;
  return {
    tokens: await issueTokens(secrets, outcome, { family, serial: serial + 1n }, now),
    owner: outcome,
  };
}

function reused(): RelayError {
  return new RelayError(ErrorReason.TOKEN_REUSED, "the refresh token was used before: log in again");
}
