import type { Metadata } from "@grpc/grpc-js";
import { verifyAccessToken } from "./access-token.ts";
import type { Queries } from "./db/pool.ts";
import { ErrorReason, RelayError, unknownDevice } from "./errors.ts";
import type { Parts } from "./parts.ts";
import type { Caller } from "./service.ts";

/**
 * Who calls. A token alone is not enough: a device that was revoked is out at its next call, not when its token ends.
 * Throws TOKEN_INVALID, TOKEN_EXPIRED, UNKNOWN_DEVICE.
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
  if (!(await isActive(database, caller))) {
    throw unknownDevice();
  }
  return caller;
}

async function isActive(queries: Queries, { accountId, deviceId }: Caller): Promise<boolean> {
  const { rows } = await queries.query<{ active: boolean }>({
    name: "device-is-active",
    text: "select active from devices where account_id = $1 and device_id = $2",
    values: [accountId, deviceId],
  });
  return rows[0]?.active === true;
}
