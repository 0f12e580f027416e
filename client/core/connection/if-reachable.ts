import { NetError } from "../../net/net-error.ts";
import type { RelayConnection } from "../../net/relay-connection.ts";
import type { Connect } from "../outbox/drain-outbox.ts";

/** What the relay says; undefined where it is away or will not say, which is no failure to those who ask this way. */
export async function ifReachable<T>(
  connect: Connect,
  ask: (connection: RelayConnection) => Promise<T>,
): Promise<T | undefined> {
  let connection: RelayConnection | undefined;
  try {
    connection = await connect();
    return await ask(connection);
  } catch (error) {
    if (error instanceof NetError) return undefined;
    throw error;
  } finally {
    connection?.close();
  }
}
