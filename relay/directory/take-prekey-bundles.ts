// One-time pairs are scarce: whoever takes all of a device's pairs makes everybody else start with its last-resort key.
// So an account gets only so many pairs of one device in an hour. Over that it is given the last-resort key, not an
// error: it can still write at any time, and it alone has the weaker start of a session that it has worked for.
import { accountId, deviceId, toHex } from "../../keys/public.ts";
import type { DeviceAddress, TakePrekeyBundlesRequest } from "../../proto/gen/sotto/relay/v1/directory_pb.ts";
import type { Queries } from "../db/pool.ts";
import { malformed, RelayError } from "../errors.ts";
import { deviceKey } from "../fanout/committed-row.ts";
import type { RateLimit } from "../rate-limit.ts";
import type { Caller } from "../service.ts";
import { MAX_BUNDLES } from "./limits.ts";
import { takeBundles } from "./sql/take-bundles.ts";

export async function takePrekeyBundles(
  db: Queries,
  pairsTaken: RateLimit,
  request: TakePrekeyBundlesRequest,
  caller: Caller,
) {
  if (request.devices.length > MAX_BUNDLES) throw malformed(`at most ${MAX_BUNDLES} devices`);
  const addresses = request.devices.map(checked);
  if (new Set(addresses.map(({ key }) => key)).size < addresses.length) throw malformed("a device twice");
  const wanted = await Promise.all(
    addresses.map(async (address) => ({
      ...address,
      oneTime: await mayTake(pairsTaken, `${toHex(caller.accountId)} ${address.key}`),
    })),
  );
  const rows = await takeBundles(db, wanted);
  return {
    bundles: rows.map((row) => ({
      device: addresses[Number(row.place) - 1],
      signedPrekey: row.signed_prekey,
      kemPrekey: row.kem_prekey,
    })),
  };
}

function checked(address: DeviceAddress) {
  const [account, device] = [accountId(address.accountId), deviceId(address.deviceId)];
  return { accountId: account, deviceId: device, key: deviceKey(account, device) };
}

async function mayTake(pairsTaken: RateLimit, key: string): Promise<boolean> {
  try {
    await pairsTaken.take(key);
    return true;
  } catch (refusal) {
    if (refusal instanceof RelayError) return false;
    throw refusal;
  }
}
