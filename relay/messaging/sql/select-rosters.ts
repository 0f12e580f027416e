import { byteaArray, int8Array } from "../../db/binary-arrays.ts";
import type { Queries } from "../../db/pool.ts";

export type RosterRow = {
  readonly conversation_id: Buffer;
  readonly version: bigint;
  readonly hash: Buffer;
  readonly membership_sequence: bigint | null;
  readonly membership_hash: Buffer | null;
  readonly account_id: Buffer;
  readonly device_id: Buffer;
};

/** A row for each slot, in order. */
export async function selectRosters(
  db: Queries,
  wanted: readonly { readonly conversationId: Uint8Array; readonly version: bigint }[],
): Promise<RosterRow[]> {
  const { rows } = await db.query<RosterRow>(
    `select
      rosters.conversation_id,
      rosters.version,
      rosters.hash,
      rosters.membership_sequence,
      rosters.membership_hash,
      roster_slots.account_id,
      roster_slots.device_id
    from unnest($1::bytea[], $2::int8[]) as wanted (conversation_id, version)
    join rosters using (conversation_id, version)
    join roster_slots using (conversation_id, version)
    order by rosters.conversation_id, rosters.version, roster_slots.slot`,
    [
      byteaArray(wanted.map(({ conversationId }) => conversationId)),
      int8Array(wanted.map(({ version }) => version)),
    ],
  );
  return rows;
}

export type AbsenceRow = Pick<RosterRow, "conversation_id" | "version" | "account_id" | "device_id">;

/** The devices that they leave out, in order. */
export async function selectAbsences(
  db: Queries,
  wanted: readonly { readonly conversationId: Uint8Array; readonly version: bigint }[],
): Promise<AbsenceRow[]> {
  const { rows } = await db.query<AbsenceRow>(
    `select conversation_id, version, account_id, device_id
    from unnest($1::bytea[], $2::int8[]) as wanted (conversation_id, version)
    join roster_absences using (conversation_id, version)
    order by conversation_id, version, account_id, device_id`,
    [
      byteaArray(wanted.map(({ conversationId }) => conversationId)),
      int8Array(wanted.map(({ version }) => version)),
    ],
  );
  return rows;
}
