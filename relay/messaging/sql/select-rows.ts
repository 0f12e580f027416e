import { StubReason } from "../../../proto/gen/sotto/relay/v1/messaging_pb.ts";
import type { Queries } from "../../db/pool.ts";

export type LogRow = {
  readonly head: bigint;
  readonly sequence: bigint;
  readonly row_hash: Buffer;
  readonly stored_at: bigint;
  readonly envelope: Buffer;
  /** Of a message whose envelope is left out. */
  readonly envelope_hash: Buffer;
  readonly wrap: Buffer;
  /** Empty in the row of a message. */
  readonly entry: Buffer;
  /** In a stub, which has neither envelope nor wrap. */
  readonly stub: StubReason;
};

export interface Page {
  readonly accountId: Uint8Array;
  readonly deviceId: Uint8Array;
  readonly conversationId: Uint8Array;
  readonly after: bigint;
  readonly limit: number;
  /** Ends the page early, but not before its first row. */
  readonly maxBytes: number;
  /** Milliseconds since 1970: what has expired is a stub from then on, whether it was swept or not. */
  readonly now: number;
}

/**
 * What the account may read, to its active devices. Other devices' wraps stay in the database: the slice is cut out there.
 */
export async function selectRows(
  db: Queries,
  page: Page,
): Promise<{ head: bigint; rows: LogRow[] } | undefined> {
  const { rows } = await db.query<LogRow | (LogRow & { sequence: null })>({
    name: "select-rows",
    text: `select
      least(conversations.head, member.end_sequence) as head,
      page.sequence,
      page.row_hash,
      page.stored_at,
      page.envelope,
      page.envelope_hash,
      page.wrap,
      page.entry,
      page.stub
    from conversation_members as member
    join devices
      on devices.account_id = member.account_id
      and devices.device_id = $2::bytea
      and devices.active
    join conversations on conversations.conversation_id = member.conversation_id
    left join device_starts
      on device_starts.account_id = $1::bytea
      and device_starts.device_id = $2::bytea
      and device_starts.conversation_id = $3::bytea
    left join lateral (
      select
        stored.sequence,
        stored.row_hash,
        stored.stored_at,
        case when stored.own or stored.kind = 2 or stored.reason <> 0 then '' else stored.envelope end as envelope,
        case when stored.kind = 1 and (stored.own or stored.reason <> 0) then stored.envelope_hash else '' end
          as envelope_hash,
        case
          when stored.own or stored.kind = 2 or stored.reason <> 0 or own_slots.slot is null then ''
          else wrap_of_slot(stored.wraps, own_slots.slot)
        end as wrap,
        case when stored.kind = 2 then stored.envelope else '' end as entry,
        stored.reason as stub
      from (
        select
          measured.*,
          sum(measured.size) over (order by measured.sequence) as total
        from (
          select
            log.*,
            log.sender_account = $1::bytea and log.sender_device = $2::bytea as own,
            case
              when log.stub = 0 and log.expires_at > 0 and log.expires_at <= $7::int8 then $8::int2
              else log.stub
            end as reason,
            octet_length(log.envelope) + least(octet_length(log.wraps), 1500) as size
          from log
          where log.conversation_id = $3::bytea
            and log.sequence > greatest($4::int8, member.start_sequence, device_starts.start_sequence)
            and log.sequence <= least(conversations.head, member.end_sequence)
          order by log.sequence
          limit $5::int8
        ) as measured
      ) as stored
      left join roster_slots as own_slots
        on own_slots.conversation_id = $3::bytea
        and own_slots.version = stored.roster_version
        and own_slots.account_id = $1::bytea
        and own_slots.device_id = $2::bytea
      where stored.total - stored.size < $6::int8
    ) as page on true
    where member.account_id = $1::bytea
      and member.conversation_id = $3::bytea
    order by page.sequence`,
    values: [
      page.accountId,
      page.deviceId,
      page.conversationId,
      page.after,
      page.limit,
      page.maxBytes,
      Math.floor(page.now / 1_000),
      StubReason.EXPIRED,
    ],
  });
  const first = rows[0];
  if (first === undefined) return undefined;
  return { head: first.head, rows: first.sequence === null ? [] : rows };
}
