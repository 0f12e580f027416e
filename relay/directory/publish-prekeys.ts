import { setImmediate } from "node:timers/promises";
import { type Prekey, type PrekeyOwner, signingPublicKey, verifyPrekey } from "../../keys/public.ts";
import type { PublishPrekeysRequest } from "../../proto/gen/sotto/relay/v1/directory_pb.ts";
import type { Database } from "../db/pool.ts";
import { ErrorReason, malformed, RelayError, unknownDevice } from "../errors.ts";
import type { Caller } from "../service.ts";
import { MAX_PAIR_ID_GAPS, MAX_PAIRS_HELD, MAX_PAIRS_PUBLISHED } from "./limits.ts";
import { countPrekeys } from "./sql/count-prekeys.ts";
import { deleteOneTimePrekeys } from "./sql/delete-prekeys.ts";
import { insertOneTimePrekeys } from "./sql/insert-one-time-prekeys.ts";
import { lockActiveDevice } from "./sql/lock-active-device.ts";
import { selectSigningKey } from "./sql/select-signing-key.ts";
import { type PublishedPrekey, upsertPrekeys } from "./sql/upsert-prekeys.ts";

/** Signatures between two turns of the event loop: a hundred at once would hold up everybody's messages. */
const CHECKS_A_TURN = 8;

export async function publishPrekeys(db: Database, request: PublishPrekeysRequest, caller: Caller) {
  const { accountId, deviceId } = caller;
  if (request.oneTimePrekeys.length > MAX_PAIRS_PUBLISHED) {
    throw malformed(`at most ${MAX_PAIRS_PUBLISHED} one-time pairs`);
  }
  const signingKey = await selectSigningKey(db, accountId, deviceId);
  if (signingKey === undefined) throw unknownDevice();
  const owner = { accountId, deviceId, signingKey: signingPublicKey(signingKey) };
  const [signed] = await verified(optional(request.signedPrekey), "signed", owner);
  const [lastResort] = await verified(optional(request.lastResortPrekey), "last_resort", owner);
  const pairs = await verified(request.oneTimePrekeys, "one_time", owner);
  if (new Set(pairs.map(({ id }) => id)).size < pairs.length) throw malformed("two pairs with one id");

  return db.transaction(async (transaction) => {
    const still = await lockActiveDevice(transaction, accountId, deviceId);
    if (still === undefined) throw unknownDevice();
    await upsertPrekeys(transaction, accountId, deviceId, signed, lastResort);
    if (request.replacePairs) await deleteOneTimePrekeys(transaction, accountId, deviceId);
    if (pairs.length > 0) await insertOneTimePrekeys(transaction, accountId, deviceId, pairs);
    const counts = await countPrekeys(transaction, accountId, deviceId);
    const over = counts.oneTimeLeft > MAX_PAIRS_HELD || counts.stretches > MAX_PAIR_ID_GAPS;
    if (pairs.length > 0 && over) {
      throw new RelayError(ErrorReason.QUOTA_EXCEEDED, `at most ${MAX_PAIRS_HELD} one-time pairs are held`);
    }
    return { oneTimeLeft: counts.oneTimeLeft };
  });
}

function optional(published: Uint8Array): Uint8Array[] {
  return published.length === 0 ? [] : [published];
}

async function verified(
  published: readonly Uint8Array[],
  kind: Prekey["kind"],
  owner: PrekeyOwner,
): Promise<PublishedPrekey[]> {
  const prekeys: PublishedPrekey[] = [];
  for (const [index, bytes] of published.entries()) {
    if (index % CHECKS_A_TURN === CHECKS_A_TURN - 1) await setImmediate();
    const prekey = verifyPrekey(bytes, owner);
    if (prekey.kind !== kind) throw malformed("a prekey of another kind");
    prekeys.push({ id: prekey.id, createdAt: prekey.createdAt, published: bytes });
  }
  return prekeys;
}
