import type { DeviceAddress } from "../../keys/index.ts";
import { type Database, statement } from "./database.ts";

/** What is under way with a device of somebody. */
export interface PeerDevice {
  /** Another process sets up a session until then. */
  readonly claimedUntil: number;
  /** The relay had no bundle for it: do not ask again before. */
  readonly askAfter: number;
  /** A fresh session is wanted. */
  readonly renew: boolean;
  readonly renewedAt: number;
}

interface Row {
  claimed_until: number;
  ask_after: number;
  renew: number;
  renewed_at: number;
}

const unknown: PeerDevice = { claimedUntil: 0, askAfter: 0, renew: false, renewedAt: 0 };

export function readPeerDevice(db: Database, { accountId, deviceId }: DeviceAddress): PeerDevice {
  const row = statement<[Uint8Array, Uint8Array], Row>(
    db,
    "select * from peer_devices where account_id = ? and device_id = ?",
  ).get(accountId, deviceId);
  if (row === undefined) return unknown;
  return {
    claimedUntil: row.claimed_until,
    askAfter: row.ask_after,
    renew: row.renew === 1,
    renewedAt: row.renewed_at,
  };
}

export function changePeerDevice(db: Database, peer: DeviceAddress, change: Partial<PeerDevice>): void {
  const next = { ...readPeerDevice(db, peer), ...change };
  statement<unknown[], never>(db, "insert or replace into peer_devices values (?, ?, ?, ?, ?, ?)").run(
    peer.accountId,
    peer.deviceId,
    next.claimedUntil,
    next.askAfter,
    next.renew ? 1 : 0,
    next.renewedAt,
  );
}
