import {
  accountId,
  type ConversationId,
  deviceId,
  type Hash,
  hash,
  type RosterSlot,
  toHex,
} from "../../keys/public.ts";
import type { Queries } from "../db/pool.ts";
import { type DeviceKey, deviceKey } from "../fanout/committed-row.ts";
import { type AbsenceRow, type RosterRow, selectAbsences, selectRosters } from "./sql/select-rosters.ts";

/** One version of a conversation's roster. */
export interface Roster {
  readonly conversationId: ConversationId;
  readonly version: bigint;
  readonly hash: Hash;
  /** Whose members' devices these are; absent in a direct conversation. */
  readonly membership?: { readonly sequence: bigint; readonly hash: Uint8Array };
  readonly devices: readonly RosterSlot[];
  /** Active devices of the members that it leaves out. */
  readonly absent: readonly RosterSlot[];
  /** The devices, as maps name them. */
  readonly keys: readonly DeviceKey[];
  readonly slots: ReadonlyMap<DeviceKey, number>;
}

export interface RosterVersion {
  readonly conversationId: ConversationId;
  readonly version: bigint;
  /** The conversation in hex, for who has it already. */
  readonly log?: string;
}

const MAX_SLOTS_KEPT = 100_000;

/** Rosters by version, kept in memory: once committed they never change. */
export class Rosters {
  readonly #kept = new Map<string, Roster>();
  #slots = 0;

  /** Those that exist, by `rosterKey`. */
  async load(db: Queries, wanted: readonly RosterVersion[]): Promise<ReadonlyMap<string, Roster>> {
    const found = new Map<string, Roster>();
    const missing = new Map<string, RosterVersion>();
    for (const version of wanted) {
      const key = rosterKey(version);
      const kept = this.#kept.get(key);
      if (kept === undefined) missing.set(key, version);
      else found.set(key, kept);
    }
    if (missing.size > 0) {
      const versions = [...missing.values()];
      const rows = await selectRosters(db, versions);
      const absences = await selectAbsences(db, versions);
      for (const roster of read(rows, absences, missing)) {
        found.set(rosterKey(roster), roster);
        this.#keep(roster);
      }
    }
    return found;
  }

  #keep(roster: Roster): void {
    const key = rosterKey(roster);
    if (this.#kept.has(key)) return;
    this.#kept.set(key, roster);
    this.#slots += roster.devices.length + 1;
    for (const [oldest, { devices }] of this.#kept) {
      if (this.#slots <= MAX_SLOTS_KEPT) break;
      this.#kept.delete(oldest);
      this.#slots -= devices.length + 1;
    }
  }
}

export function rosterKey({ conversationId, version, log = toHex(conversationId) }: RosterVersion): string {
  return `${log} ${version}`;
}

/** Rows come sorted by conversation, version and slot. */
function read(
  rows: readonly RosterRow[],
  absences: readonly AbsenceRow[],
  wanted: ReadonlyMap<string, RosterVersion>,
): Roster[] {
  const absentFrom = Map.groupBy(absences, (row) => `${row.conversation_id.toString("hex")} ${row.version}`);
  const rosters = new Map<string, { first: RosterRow; devices: RosterSlot[]; version: RosterVersion }>();
  for (const row of rows) {
    const key = `${row.conversation_id.toString("hex")} ${row.version}`;
    const version = wanted.get(key);
    if (version === undefined) continue;
    const roster = rosters.get(key) ?? { first: row, devices: [], version };
    rosters.set(key, roster);
    roster.devices.push({ accountId: accountId(row.account_id), deviceId: deviceId(row.device_id) });
  }
  return [...rosters.values()].map(({ first, devices, version }) => {
    const keys = devices.map((device) => deviceKey(device.accountId, device.deviceId));
    const slots = new Map(keys.map((key, slot) => [key, slot]));
    const { membership_sequence: sequence, membership_hash: head } = first;
    const membership = sequence === null || head === null ? undefined : { sequence, hash: head };
    const absent = (absentFrom.get(rosterKey(version)) ?? []).map((row) => ({
      accountId: accountId(row.account_id),
      deviceId: deviceId(row.device_id),
    }));
    const roster = { ...version, hash: hash(first.hash), devices, absent, keys, slots };
    return membership === undefined ? roster : { ...roster, membership };
  });
}
