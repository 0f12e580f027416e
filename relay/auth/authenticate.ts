import type { Metadata } from "@grpc/grpc-js";
import { accountDisabled, ErrorReason, RelayError, unknownDevice } from "../errors.ts";
import type { Parts } from "../parts.ts";
import type { Caller } from "../service.ts";
import { verifyAccessToken } from "./access-token.ts";
import { deviceStanding } from "./sql/device-standing.ts";

/**
 * Who calls. A token alone is not enough: a device that was revoked is out at its next call, not when its token ends,
 * and so is one whose account the operator has disabled. Throws TOKEN_INVALID, TOKEN_EXPIRED, UNKNOWN_DEVICE,
 * ACCOUNT_DISABLED.
 */
export async function authenticate(
  { database, secrets, clock }: Pick<Parts, "database" | "secrets" | "clock">,
  metadata: Metadata,
): Promise<Caller> {
  const [header, ...others] = metadata.get("authorization");
  const token = typeof header === "string" ? /^Bearer ([\w.-]+)$/i.exec(header)?.[1] : undefined;
  if (token === undefined || others.length > 0) {
    throw new RelayError(ErrorReason.TOKEN_INVALID, "an access token is needed");
  }
  const caller = await verifyAccessToken(secrets, token, clock());
  const standing = await deviceStanding(database, caller.accountId, caller.deviceId);
  if (standing === undefined || !standing.active) throw unknownDevice();
  if (standing.disabled) throw accountDisabled();
  return caller;
}
