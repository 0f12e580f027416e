import { byteaArray } from "../../db/binary-arrays.ts";
import type { Queries } from "../../db/pool.ts";

export interface SubmitKey {
  readonly conversationId: Uint8Array;
  readonly sender: Uint8Array;
  readonly senderDevice: Uint8Array;
  readonly messageId: Uint8Array;
}

/** The counter row of a submit's conversation, and the row that was stored under the same message id, if any. */
export type SubmitState = {
  readonly head: bigint;
  readonly log_hash: Uint8Array;
  readonly roster_version: bigint;
  readonly last_removal_version: bigint;
  /** The least role that may post, and the sender's; null in a direct conversation, and for who is not a member. */
  readonly post_role: number | null;
  readonly role: number | null;
  /** Who has written in a direct conversation: 1 whoever opened it, 2 the other, 3 both. */
  readonly written_by: number;
  readonly is_opener: boolean;
  /** The other account of a direct conversation was deleted. */
  readonly is_forsaken: boolean;
  readonly stored: null | {
    readonly sequence: bigint;
    readonly envelope_hash: Buffer;
    readonly log_hash: Buffer;
    readonly stored_at: bigint;
  };
};

type StateRow = Omit<SubmitState, "stored"> & {
  /** Which of the submits, from 1. */
  readonly place: bigint;
  readonly stored_sequence: bigint | null;
  readonly stored_envelope_hash: Buffer;
  readonly stored_log_hash: Buffer;
  readonly stored_at: bigint;
};

/** By place, all of it in one snapshot. Submits to conversations that do not exist are left out. */
export async function selectSubmitState(
  db: Queries,
  submits: readonly SubmitKey[],
): Promise<Map<number, SubmitState>> {
  const { rows } = await db.query<StateRow>({
    name: "select-submit-state",
    text: `select
      submit.place,
      conversations.head,
      conversations.log_hash,
      conversations.roster_version,
      conversations.last_removal_version,
      memberships.post_role,
      member.role,
      -- neither a join nor exists: few accounts are deleted, and the planner would look through all for them
      member.role is null and (
        select bool_or(
          (
            select accounts.deleted_at is not null
            from accounts
            where accounts.account_id = other.account_id
          )
        )
        from conversation_members as other
        where other.conversation_id = submit.conversation_id
      ) as is_forsaken,
      conversations.written_by,
      conversations.opened_by = submit.sender_account as is_opener,
      log.sequence as stored_sequence,
      log.envelope_hash as stored_envelope_hash,
      log.log_hash as stored_log_hash,
      log.stored_at
    from unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::bytea[])
      with ordinality as submit (conversation_id, sender_account, sender_device, message_id, place)
    join conversations using (conversation_id)
    left join memberships using (conversation_id)
    -- neither a join nor an equation of all four: of a log that was short once, the planner would read all, which
    -- costs 600 µs a message in a log of hundreds; in this order only the unique key has them
    left join lateral (
      select log.sequence, log.envelope_hash, log.log_hash, log.stored_at
      from log
      where log.conversation_id = submit.conversation_id
        and log.sender_account = submit.sender_account
        and log.sender_device = submit.sender_device
        and log.message_id between submit.message_id and submit.message_id
      order by log.message_id
      limit 1
    ) as log on true
    left join lateral (
      select conversation_members.role
      from conversation_members
      where conversation_members.account_id = submit.sender_account
        and conversation_members.conversation_id = submit.conversation_id
        and conversation_members.end_sequence is null
      offset 0 -- not a join: of a table that was never analyzed, the planner would read much
    ) as member on true
    order by submit.place`,
    values: [
      byteaArray(submits.map(({ conversationId }) => conversationId)),
      byteaArray(submits.map(({ sender }) => sender)),
      byteaArray(submits.map(({ senderDevice }) => senderDevice)),
      byteaArray(submits.map(({ messageId }) => messageId)),
    ],
  });
  return new Map(
    rows.map(({ place, stored_sequence, stored_envelope_hash, stored_log_hash, stored_at, ...state }) => [
      Number(place) - 1,
      {
        ...state,
        stored:
          stored_sequence === null
            ? null
            : {
                sequence: stored_sequence,
                envelope_hash: stored_envelope_hash,
                log_hash: stored_log_hash,
                stored_at,
              },
      },
    ]),
  );
}
