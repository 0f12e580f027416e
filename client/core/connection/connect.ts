import { ready } from "../../../keys/index.ts";
import { type AuthCalls, authCalls } from "../../net/auth-calls.ts";
import { openChannel, type RelayChannel } from "../../net/channel.ts";
import {
  DEFAULT_RELAY_URL,
  isSamePlace,
  parseRelayAddress,
  type RelayAddress,
} from "../../net/relay-address.ts";
import { relayConnection } from "../../net/relay-calls.ts";
import type { RelayConnection } from "../../net/relay-connection.ts";
import { sessionTokens } from "../account/session-tokens.ts";
import { ChatError } from "../chat-error.ts";
import type { Connect } from "../outbox/drain-outbox.ts";
import type { Profile } from "../profile.ts";
import { openKnowingly } from "../restored-relay/take-restored.ts";

/**
 * The relay that was asked for, else the profile's, else the one on this machine. A pin of the profile's holds for the
 * same place when that is written without one, even without TLS. Throws `usage`.
 */
export function chooseRelay(asked: string | undefined, profileUrl?: string): RelayAddress {
  const address = parseRelayAddress(asked ?? profileUrl ?? DEFAULT_RELAY_URL);
  const known = profileUrl === undefined ? undefined : parseRelayAddress(profileUrl);
  if (address !== undefined) {
    const isPinned = known?.pin !== undefined && address.pin === undefined && isSamePlace(address, known);
    return isPinned ? known : address;
  }
  throw new ChatError("usage", "The address of the relay is not one.", {
    hint: `Write it as http://HOST:PORT or https://HOST:PORT, whole with #sha256=… if it has that; without any it is ${DEFAULT_RELAY_URL}.`,
  });
}

/** Relay calls without an account, on a channel that `close` closes. */
export async function connectAnonymously(address: RelayAddress): Promise<{ auth: AuthCalls; close(): void }> {
  await ready();
  const channel = openChannel(address);
  return { auth: authCalls(channel), close: () => channel.close() };
}

/**
 * How this profile's use cases get a relay: every call gives a connection of its own to close, and all share one
 * channel, which lives as long as one of them is open.
 */
export function connector(profile: Profile, asked?: string): Connect {
  const address = chooseRelay(asked, profile.identity.relayUrl);
  let shared: { channel: RelayChannel; connection: RelayConnection; users: number } | undefined;

  return async () => {
    await ready();
    if (shared === undefined) {
      const channel = openChannel(address);
      const connection = relayConnection(channel, sessionTokens(profile, authCalls(channel)));
      shared = { channel, connection, users: 0 };
    }
    const mine = shared;
    mine.users += 1;
    let open = true;
    return {
      ...mine.connection,
      openStream: (options) => openKnowingly(profile, mine.connection, options),
      close: () => {
        if (!open) return;
        open = false;
        mine.users -= 1;
        if (mine.users > 0) return;
        if (shared === mine) shared = undefined;
        mine.channel.close();
      },
    };
  };
}
