import type { RelayDescription } from "../../net/auth-calls.ts";
import type { RelayAddress } from "../../net/relay-address.ts";
import { readNewestSecurityEvents, type SecurityEvent } from "../../store/security-events.ts";
import { connectAnonymously } from "../connection/connect.ts";
import { ifReachable } from "../connection/if-reachable.ts";
import type { Connect } from "../outbox/drain-outbox.ts";
import type { Profile } from "../profile.ts";

export type Findings = readonly Pick<SecurityEvent, "at" | "text" | "gravity">[];

const MOST_FINDINGS = 200;

/** What was found of the relay and of others, the newest first. */
export function newestFindings({ db }: Profile): Findings {
  return readNewestSecurityEvents(db, MOST_FINDINGS);
}

/** Who may be looked up there, and who may register, as the relay says. Throws NetError. */
export async function relayDoors(relay: RelayAddress): Promise<RelayDescription> {
  const { auth, close } = await connectAnonymously(relay);
  try {
    return await auth.describeRelay();
  } finally {
    close();
  }
}

/** Milliseconds for a question and its answer, on a connection that stands; undefined if there is no answer. */
export function measureRoundTrip(
  connect: Connect,
  clock = () => performance.now(),
): Promise<number | undefined> {
  return ifReachable(connect, async (connection) => {
    // The first one may have to connect and to renew a login.
    await connection.countPrekeys();
    const before = clock();
    await connection.countPrekeys();
    return clock() - before;
  });
}
