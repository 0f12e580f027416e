import type { Queries } from "../../db/pool.ts";

export type UsageRow = {
  readonly accounts: bigint;
  readonly disabled: bigint;
  readonly devices: bigint;
  readonly conversations: bigint;
  readonly messages: bigint;
  readonly message_bytes: bigint;
  readonly database_bytes: bigint;
};

/** What the relay holds. Messages: those whose content is still here. */
export async function selectUsage(db: Queries): Promise<UsageRow> {
  const { rows } = await db.query<UsageRow>(
    `select
      (select count(*) from accounts where deleted_at is null) as accounts,
      (select count(*) from accounts where disabled_at is not null and deleted_at is null) as disabled,
      (select count(*) from devices where active) as devices,
      (select count(*) from conversations) as conversations,
      (select count(*) from log where stub = 0 and kind = 1) as messages,
      (select coalesce(sum(octet_length(envelope) + octet_length(wraps)), 0)::int8
        from log where stub = 0 and kind = 1) as message_bytes,
      pg_database_size(current_database()) as database_bytes`,
  );
  const [row] = rows;
  if (row === undefined) throw new Error("no row");
  return row;
}

export type AccountUsageRow = {
  readonly name: string;
  readonly messages: bigint;
  readonly message_bytes: bigint;
};

/** Who fills the relay: the senders of most of what is still here. */
export async function selectBiggestSenders(db: Queries, limit: number): Promise<AccountUsageRow[]> {
  const { rows } = await db.query<AccountUsageRow>(
    `select name, messages, message_bytes
    from (
      select sender_account, count(*) as messages,
        sum(octet_length(envelope) + octet_length(wraps))::int8 as message_bytes
      from log
      where stub = 0
      and kind = 1
      group by sender_account
      order by message_bytes desc, sender_account
      limit $1::int4
    ) as biggest
    join accounts on account_id = sender_account
    where name is not null
    order by message_bytes desc, name`,
    [limit],
  );
  return rows;
}
