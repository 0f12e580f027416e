// The database was put back to an older state: rows that were acknowledged are gone, and their numbers are given to
// others. Each log goes on as another incarnation, so that clients take the new rows for what they are and send again
// what was lost of theirs.
import { conversationId, incarnation, logStart, randomBytes } from "../../keys/public.ts";
import type { Database } from "../db/pool.ts";
import { forgetPairs, restoreConversations, selectRestorable } from "./sql/restore-conversations.ts";

const BATCH = 1_000;

/**
 * To be done while no relay runs on the database; broken off, it is done again from the start. Returns how many
 * conversations there are.
 */
export async function markRestored(database: Database, now: number): Promise<number> {
  let count = 0;
  for (let after: Uint8Array = new Uint8Array(); ; ) {
    const rows = await selectRestorable(database, after, BATCH);
    const last = rows.at(-1);
    if (last === undefined) break;
    const restored = rows.map((row) => ({
      conversationId: row.conversation_id,
      incarnation: randomBytes(16),
      firstHash:
        row.first_hash ?? logStart(conversationId(row.conversation_id), incarnation(row.incarnation)).hash,
    }));
    await restoreConversations(database, restored, now);
    count += rows.length;
    after = last.conversation_id;
  }
  // Whoever got one of these since would share it with the next; devices publish others as soon as they hear of it.
  await forgetPairs(database);
  return count;
}
