import { asSecret, type SecretBytes } from "../../keys/bytes.ts";
import {
  type AccountId,
  type AgreementPublicKey,
  accountId,
  agreementPublicKey,
  type DeviceId,
  deviceId,
  type SigningPublicKey,
  signingPublicKey,
} from "../../keys/ids.ts";
import { type Database, statement } from "./database.ts";

/**
 * Who this profile is. `pending`: keys are made, but the relay has not answered yet: the registration goes on with
 * the same genesis entry, the login with the same device. `registered`: the account exists and has this device.
 */
export interface Identity {
  readonly stage: "pending" | "registered";
  /** How this device came into the account: with it, or by a later login. */
  readonly origin: "registration" | "login";
  readonly accountId: AccountId;
  readonly name: string;
  readonly deviceId: DeviceId;
  readonly relayUrl: string;
  /** The signed genesis entry, as it goes to the relay. */
  readonly genesis: Uint8Array;
  readonly accountPublicKey: SigningPublicKey;
  /** Useless without the recovery words. */
  readonly sealedAccountKey: Uint8Array;
  /** DSK, libsodium's form: seed 32 ‖ public key 32. */
  readonly signingSecretKey: SecretBytes;
  /** DIK. */
  readonly agreementSecretKey: SecretBytes;
  readonly agreementPublicKey: AgreementPublicKey;
  /** OPAQUE's static server public key, pinned when first seen. */
  readonly opaqueServerKey: string | undefined;
  readonly createdAt: number;
}

interface Row {
  stage: "pending" | "registered";
  origin: "registration" | "login";
  account_id: Uint8Array;
  name: string;
  device_id: Uint8Array;
  relay_url: string;
  genesis: Uint8Array;
  account_public_key: Uint8Array;
  sealed_account_key: Uint8Array;
  signing_secret_key: Uint8Array;
  agreement_secret_key: Uint8Array;
  agreement_public_key: Uint8Array;
  opaque_server_key: string | null;
  created_at: number;
}

export function readIdentity(db: Database): Identity | undefined {
  const row = statement<[], Row>(db, "select * from identity").get();
  if (row === undefined) return undefined;
  return {
    stage: row.stage,
    origin: row.origin,
    accountId: accountId(row.account_id),
    name: row.name,
    deviceId: deviceId(row.device_id),
    relayUrl: row.relay_url,
    genesis: new Uint8Array(row.genesis),
    accountPublicKey: signingPublicKey(row.account_public_key),
    sealedAccountKey: new Uint8Array(row.sealed_account_key),
    signingSecretKey: asSecret(row.signing_secret_key),
    agreementSecretKey: asSecret(row.agreement_secret_key),
    agreementPublicKey: agreementPublicKey(row.agreement_public_key),
    opaqueServerKey: row.opaque_server_key ?? undefined,
    createdAt: row.created_at,
  };
}

/** Writes the one identity of this profile; over a pending one, never over a registered one. False: it is taken. */
export function saveIdentity(db: Database, identity: Identity): boolean {
  const { changes } = statement<unknown[], never>(
    db,
    `insert or replace into identity (
       only, stage, origin, account_id, name, device_id, relay_url, genesis, account_public_key, sealed_account_key,
       signing_secret_key, agreement_secret_key, agreement_public_key, opaque_server_key, created_at
     )
     select 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?
     where not exists (select 1 from identity where stage = 'registered')`,
  ).run(
    identity.stage,
    identity.origin,
    identity.accountId,
    identity.name,
    identity.deviceId,
    identity.relayUrl,
    identity.genesis,
    identity.accountPublicKey,
    identity.sealedAccountKey,
    identity.signingSecretKey,
    identity.agreementSecretKey,
    identity.agreementPublicKey,
    identity.opaqueServerKey ?? null,
    identity.createdAt,
  );
  return changes === 1;
}

export function markRegistered(db: Database): void {
  statement<[], never>(db, "update identity set stage = 'registered'").run();
}

/** A registration or login that the relay refused for good. */
export function forgetPendingIdentity(db: Database): void {
  statement<[], never>(db, "delete from identity where stage = 'pending'").run();
}

/** The relay moved: same account, another address. */
export function setRelayUrl(db: Database, relayUrl: string): void {
  statement<[string], never>(db, "update identity set relay_url = ?").run(relayUrl);
}

/** Pins OPAQUE's server key if none is pinned yet; returns the one that is pinned now. */
export function pinOpaqueServerKey(db: Database, serverKey: string): string {
  const row = statement<[string], { opaque_server_key: string }>(
    db,
    "update identity set opaque_server_key = coalesce(opaque_server_key, ?) returning opaque_server_key",
  ).get(serverKey);
  return row?.opaque_server_key ?? serverKey;
}
