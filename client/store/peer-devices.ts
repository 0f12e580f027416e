import type { DeviceAddress } from "../../keys/index.ts";
import { type Database, statement } from "./database.ts";

/** What is known of a device of somebody beside its sessions. */
export interface PeerDevice {
  /** The relay had no bundle for it: do not ask again before. */
  readonly askAfter: number;
  /** A fresh session is wanted. */
  readonly renew: boolean;
  readonly renewedAt: number;
}

interface Row {
  ask_after: number;
  renew: number;
  renewed_at: number;
}

const unknown: PeerDevice = { askAfter: 0, renew: false, renewedAt: 0 };

export function readPeerDevice(db: Database, { accountId, deviceId }: DeviceAddress): PeerDevice {
  const row = statement<[Uint8Array, Uint8Array], Row>(
    db,
    "select * from peer_devices where account_id = ? and device_id = ?",
  ).get(accountId, deviceId);
  if (row === undefined) return unknown;
  return {
    askAfter: row.ask_after,
    renew: row.renew === 1,
    renewedAt: row.renewed_at,
  };
}

export function changePeerDevice(db: Database, peer: DeviceAddress, change: Partial<PeerDevice>): void {
  const next = { ...readPeerDevice(db, peer), ...change };
  statement<unknown[], never>(db, "insert or replace into peer_devices values (?, ?, ?, ?, ?)").run(
    peer.accountId,
    peer.deviceId,
    next.askAfter,
    next.renew ? 1 : 0,
    next.renewedAt,
  );
}
