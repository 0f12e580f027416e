import { nextReceiptDue } from "../../store/queued-receipts.ts";
import { type Connect, drainOutbox } from "../outbox/drain-outbox.ts";
import type { Profile } from "../profile.ts";
import { hurryQueuedReceipts } from "./queue-receipts.ts";

/** A relay that is slow now gets them with the next command. */
const PATIENCE_MS = 2_000;

/** Sends the receipts that wait, if that can be done at once. They are a courtesy: it never fails. */
export async function sendReceipts(profile: Profile, connect: Connect): Promise<void> {
  if (nextReceiptDue(profile.db) === undefined) return;
  hurryQueuedReceipts(profile);
  const ending = AbortSignal.timeout(PATIENCE_MS);
  const draining = drainOutbox(profile, connect, { signal: ending }).catch(() => undefined);
  const ended = new Promise((resolve) => ending.addEventListener("abort", resolve, { once: true }));
  await Promise.race([draining, ended]);
}
