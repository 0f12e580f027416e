import type { Queries } from "./pool.ts";

/** Whether a statement gets an answer. Takes as long as the pool's time limits allow. */
export async function isReachable(db: Queries): Promise<boolean> {
  try {
    await db.query("select 1");
    return true;
  } catch {
    return false;
  }
}
