import type { Metadata } from "@grpc/grpc-js";
import { Asked } from "../db/asked.ts";
import { accountDisabled, ErrorReason, RelayError, unknownDevice } from "../errors.ts";
import type { Parts } from "../parts.ts";
import type { Caller } from "../service.ts";
import { verifyAccessToken } from "./access-token.ts";
import { type DeviceStanding, deviceStandings } from "./sql/device-standing.ts";

/** So many are looked at in one statement. */
const MAX_STANDINGS = 256;
/** Of the connections to the database; a call that comes while one of them is free does not wait. */
const STATEMENTS_AT_ONCE = 3;

/** Finds out who calls. `isOver`: the call is; nobody waits for the answer any more. */
export type Authenticate = (metadata: Metadata, isOver?: () => boolean) => Promise<Caller>;

/**
 * A token alone is not enough: a device that was revoked is out at its next call, not when its token ends,
 * and so is one whose account the operator has disabled. Throws TOKEN_INVALID, TOKEN_EXPIRED, UNKNOWN_DEVICE,
 * ACCOUNT_DISABLED.
 */
export function authenticator({
  database,
  secrets,
  clock,
}: Pick<Parts, "database" | "secrets" | "clock">): Authenticate {
  const standings = new Asked<Caller, DeviceStanding | undefined>({
    answer: (callers) => deviceStandings(database, callers),
    most: MAX_STANDINGS,
    atOnce: STATEMENTS_AT_ONCE,
  });
  return async (metadata, isOver) => {
    const caller = await verifyAccessToken(secrets, tokenOf(metadata), clock());
    const standing = await standings.ask(caller, isOver);
    if (standing === undefined || !standing.active) throw unknownDevice();
    if (standing.disabled) throw accountDisabled();
    return caller;
  };
}

function tokenOf(metadata: Metadata): string {
  const [header, ...others] = metadata.get("authorization");
  const token = typeof header === "string" ? /^Bearer ([\w.-]+)$/i.exec(header)?.[1] : undefined;
  if (token === undefined || others.length > 0) {
    throw new RelayError(ErrorReason.TOKEN_INVALID, "an access token is needed");
  }
  return token;
}
