import { join } from "node:path";
import { unlockProfile } from "../../client/core/account/unlock-profile.ts";
import { connector } from "../../client/core/connection/connect.ts";
import { syncConversations } from "../../client/core/connection/sync.ts";
import { waitForMessage } from "../../client/core/inbox/wait-for-message.ts";
import { markRead, readMessages } from "../../client/core/messages/read-messages.ts";
import { queueMessage } from "../../client/core/outbox/send-message.ts";
import { profilePaths } from "../../client/core/paths.ts";
import { closeProfile, type Profile } from "../../client/core/profile.ts";
import { sendReceipts } from "../../client/core/receipts/send-receipts.ts";
import type { RelayConnection } from "../../client/net/relay-connection.ts";
import { ready } from "../../keys/index.ts";
import { newcomer, type Person } from "./chat.ts";
import { enrol } from "./enrolled.ts";

/**
 * A person with an account, as `chat register` leaves it but for a password that nobody knows: that command takes a
 * second of computing, and has tests of its own.
 */
export async function person(name: string, relay: string): Promise<Person> {
  const someone = await newcomer(name, relay);
  const { profile } = await enrol(name, relay, join(someone.home, "chat"));
  closeProfile(profile);
  return someone;
}

/** Works on somebody's profile in this process, which takes a tenth of the time of a `chat`. */
export async function inside<T>(
  someone: Person,
  work: (profile: Profile, connection: RelayConnection) => T | Promise<T>,
): Promise<T> {
  return insideOffline(someone, async (profile) => {
    const connection = await connector(profile)();
    try {
      return await work(profile, connection);
    } finally {
      connection.close();
    }
  });
}

/** The same, without a relay. */
export async function insideOffline<T>(
  { home }: Person,
  work: (profile: Profile) => T | Promise<T>,
): Promise<T> {
  await ready();
  const paths = profilePaths({ CHAT_HOME: join(home, "chat") }, "default");
  const profile = await unlockProfile(paths, async () => undefined);
  try {
    return await work(profile);
  } finally {
    closeProfile(profile);
  }
}

/** As `chat send` does. */
export async function say(someone: Person, to: string, text: string): Promise<void> {
  await inside(someone, (profile) => {
    const { position } = queueMessage(profile, { to, text });
    return waitForMessage(profile, position, { connect: connector(profile), timeout: 30_000 });
  });
}

/** As `chat read` does. */
export async function catchUp(someone: Person): Promise<void> {
  await inside(someone, async (profile, connection) => {
    const { alarms } = await syncConversations(profile, connection);
    if (alarms.length > 0) throw new Error(alarms.map(({ text }) => text).join(" "));
    markRead(profile, readMessages(profile, { limit: 10 }));
    await sendReceipts(profile, connector(profile));
  });
}

/** Each writes to the other and reads what he got: they know each other, and their sessions are confirmed. */
export async function acquaint(one: Person, other: Person): Promise<void> {
  await say(one, other.name, "hello");
  await catchUp(other);
  await say(other, one.name, "hello back");
  await catchUp(one);
}

/** What a conversation says, as "name: text". */
export async function textsOf(someone: Person, conversation: string): Promise<string[]> {
  const read = await someone.json(["read", conversation, "-n", "100"]);
  return read.map((message) => `${message["from"]}: ${message["text"]}`);
}
