// What people whose client runs in this process do at their relay.
import { syncConversations } from "../../client/core/connection/sync.ts";
import type { RelayConnection } from "../../client/net/relay-connection.ts";
import type { Enrolled } from "./enrolled.ts";

/** Over a connection of its own. */
export async function online<T>(
  { connect }: Enrolled,
  work: (connection: RelayConnection) => Promise<T>,
): Promise<T> {
  const connection = await connect();
  try {
    return await work(connection);
  } finally {
    connection.close();
  }
}

/** With a clock that is so many milliseconds ahead. Throws where there are alarms. */
export async function sync(person: Enrolled, ahead = 0): Promise<void> {
  const runtime = { ...person.profile.runtime, now: () => Date.now() + ahead };
  const { alarms } = await online(person, (connection) =>
    syncConversations({ ...person.profile, runtime }, connection),
  );
  if (alarms.length > 0) throw new Error(alarms.map(({ text }) => text).join(" "));
}
