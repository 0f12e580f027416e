import { ready } from "../../../keys/index.ts";
import type { RelayConnection } from "../../net/relay-connection.ts";
import { newestSecurityEvent, readSecurityEvents, type SecurityEvent } from "../../store/security-events.ts";
import { upkeepPrekeys } from "../account/prekey-upkeep.ts";
import { heldLogs } from "../conversations/conversations.ts";
import { claimHistories } from "../groups/claim-history.ts";
import { upkeepGroups } from "../groups/upkeep-groups.ts";
import { Inbox } from "../inbox/inbox.ts";
import { drainThrough } from "../outbox/drain-outbox.ts";
import { greetOwnDevices } from "../own-devices/tell.ts";
import type { Profile } from "../profile.ts";
import { hurryQueuedReceipts } from "../receipts/queue-receipts.ts";

export interface SyncReport {
  /** How many messages came in that there is something to see of. */
  readonly received: number;
  /** What the relay did that it must not do, or what else is an alarm: exit 76. */
  readonly alarms: readonly SecurityEvent[];
  /** What is worth knowing, such as a new device of somebody. */
  readonly notes: readonly SecurityEvent[];
}

/**
 * Sends what is queued, brings every conversation to its head, and answers what has to be answered (new sessions,
 * prekeys). Rejects with NetError when the relay cannot be reached; what came in until then is kept.
 */
export async function syncConversations(profile: Profile, connection: RelayConnection): Promise<SyncReport> {
  await ready();
  const since = newestSecurityEvent(profile.db);
  const held = heldLogs(profile);
  const stream = await connection.openStream({ live: false, lease: 0n });
  try {
    await drainThrough(profile, connection, stream);
    const inbox = new Inbox(profile, connection, stream, held);
    await inbox.learn(stream.heads);
    const received = await inbox.catchUp();
    greetOwnDevices(profile);
    hurryQueuedReceipts(profile);
    const claimed = claimHistories(profile, "once");
    await drainThrough(profile, connection, stream);
    for (const conversation of claimed) await inbox.bringToHead(conversation);
    if (claimed.length > 0) await drainThrough(profile, connection, stream);
    await upkeepGroups(profile, connection);
    await upkeepPrekeys(profile, connection, stream.welcome);
    return { received, ...findings(profile, since) };
  } finally {
    await stream.close();
  }
}

export function findings(profile: Profile, since: number): Pick<SyncReport, "alarms" | "notes"> {
  const events = readSecurityEvents(profile.db, since);
  return {
    alarms: events.filter(({ gravity }) => gravity === "stop"),
    notes: events.filter(({ gravity }) => gravity === "note"),
  };
}
