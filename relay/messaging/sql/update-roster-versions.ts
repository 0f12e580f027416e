import { byteaArray, int8Array } from "../../db/binary-arrays.ts";
import type { Queries } from "../../db/pool.ts";

/** Makes these rosters the newest; if `isBinding`, nothing that was sealed for an older one is taken any more. */
export async function updateRosterVersions(
  transaction: Queries,
  rosters: readonly { readonly conversationId: Uint8Array; readonly version: bigint }[],
  isBinding: boolean,
): Promise<void> {
  await transaction.query(
    `update conversations
    set roster_version = roster.version,
      last_removal_version = case
        when $3::bool then roster.version
        else conversations.last_removal_version
      end
    from unnest($1::bytea[], $2::int8[]) as roster (conversation_id, version)
    where conversations.conversation_id = roster.conversation_id`,
    [
      byteaArray(rosters.map(({ conversationId }) => conversationId)),
      int8Array(rosters.map(({ version }) => version)),
      isBinding,
    ],
  );
}
