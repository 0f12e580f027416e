import { createPrivateKey, createPublicKey } from "node:crypto";
import { accountId, readEntry, resetProof, verifyProof } from "../../keys/public.ts";
import { ErrorReason, malformed, RelayError } from "../errors.ts";
import type { Parts } from "../parts.ts";
import { checkChallenge, makeChallenge } from "./challenge.ts";
import { MAX_OPAQUE_RECORD, SEALED_ACCOUNT_KEY_BYTES } from "./limits.ts";
import { mac } from "./mac.ts";
import { checkRecord } from "./opaque.ts";
import { checkLength } from "./register.ts";
import { findAccount } from "./sql/find-account.ts";
import { findGenesis } from "./sql/find-genesis.ts";
import { findSealedAccountKey } from "./sql/find-sealed-account-key.ts";
import { updateOpaqueRecord } from "./sql/update-opaque-record.ts";

/** Of an Ed25519 private key in PKCS #8, before its 32 bytes. */
const PKCS8_ED25519 = Buffer.from("302e020100300506032b657004220420", "hex");

/** `name` has the right form. For an unknown one, all that comes back is made up, looks the same, and stays the same. */
export async function startRecovery(
  { database, secrets, clock }: Parts,
  name: string,
): Promise<{
  accountId: Uint8Array;
  accountPublicKey: Uint8Array;
  sealedAccountKey: Uint8Array;
  nonce: Uint8Array;
}> {
  const nonce = makeChallenge(secrets.challengeMac, clock());
  const found = await findAccount(database, name);
  if (found === undefined) return { ...madeUp(secrets.unknownNameMac, name), nonce };
  const account = accountId(found.account_id);
  const sealedAccountKey = await findSealedAccountKey(database, account);
  const accountPublicKey = await accountKeyOf(database, account);
  if (sealedAccountKey === undefined || accountPublicKey === undefined) {
    throw new Error("an account without credentials or genesis entry");
  }
  return { accountId: account, accountPublicKey, sealedAccountKey, nonce };
}

/** Another password for the account, if its account key says so. */
export async function resetPassword(
  { database, secrets, clock }: Parts,
  request: {
    accountId: Uint8Array;
    nonce: Uint8Array;
    registrationRecord: string;
    accountSignature: Uint8Array;
  },
): Promise<void> {
  const account = accountId(request.accountId);
  const { nonce, registrationRecord, accountSignature } = request;
  checkLength(registrationRecord, MAX_OPAQUE_RECORD, "registration record");
  if (accountSignature.length !== 64) throw malformed("the signature must be 64 bytes");
  checkChallenge(secrets.challengeMac, nonce, clock());
  const accountKey = await accountKeyOf(database, account);
  const proof = resetProof(new Uint8Array(nonce), account, registrationRecord);
  if (accountKey === undefined || !verifyProof(proof, accountSignature, accountKey)) {
    throw new RelayError(ErrorReason.BAD_SIGNATURE, "the signature is not the account key's");
  }
  checkRecord(secrets.opaqueSetup, account, registrationRecord);
  await updateOpaqueRecord(database, account, registrationRecord);
}

/** As the account's genesis entry has it, which was verified when it came. */
async function accountKeyOf(
  database: Parts["database"],
  account: Uint8Array,
): Promise<Uint8Array | undefined> {
  const genesis = await findGenesis(database, account);
  if (genesis === undefined) return undefined;
  const { content } = readEntry(new Uint8Array(genesis));
  if (content.type !== "genesis") throw new Error("a chain that does not begin with genesis");
  return content.accountKey;
}

function madeUp(key: Uint8Array, name: string) {
  const bytes = (what: string) => mac(key, `${what} ${name}`);
  const seed = Buffer.concat([PKCS8_ED25519, bytes("account key")]);
  const { x = "" } = createPublicKey(createPrivateKey({ key: seed, format: "der", type: "pkcs8" })).export({
    format: "jwk",
  });
  const sealed = Buffer.concat(["sealed 0", "sealed 1", "sealed 2"].map(bytes));
  return {
    accountId: mac(key, name),
    accountPublicKey: new Uint8Array(Buffer.from(x, "base64url")),
    sealedAccountKey: sealed.subarray(0, SEALED_ACCOUNT_KEY_BYTES),
  };
}
