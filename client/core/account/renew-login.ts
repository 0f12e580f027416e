import { setRelayUrl } from "../../store/identity.ts";
import { ChatError } from "../chat-error.ts";
import { chooseRelay, connectAnonymously, connector } from "../connection/connect.ts";
import { foldName } from "../people/names.ts";
import type { Profile } from "../profile.ts";
import { logIn } from "./log-in.ts";
import { makePrekeys, publishPrekeys } from "./prekey-upkeep.ts";

/** Throws `already_set_up` when the profile belongs to somebody else than `name`. */
export function checkOwner(profile: Profile, name: string): void {
  const owner = profile.identity.name;
  if (foldName(name) === owner) return;
  throw new ChatError("already_set_up", `This profile belongs to ${owner}.`, {
    hint: `Run \`chat login ${owner}\`, or name another profile with \`--profile NAME\`.`,
  });
}

/**
 * Fresh tokens for this device, and the prekeys that the relay lacks. A relay that was asked for is the profile's from
 * now on: the login has proved that it is the one of the registration, at another address or with a new certificate.
 */
export async function renewLogin(profile: Profile, password: string, askedRelay?: string): Promise<void> {
  const relay = chooseRelay(askedRelay, profile.identity.relayUrl);
  const { auth, close } = await connectAnonymously(relay);
  try {
    await logIn(profile, auth, password);
    if (relay.url !== profile.identity.relayUrl) setRelayUrl(profile.db, relay.url);
  } finally {
    close();
  }
  const connection = await connector(profile, askedRelay)();
  try {
    const { oneTimeLeft } = await connection.countPrekeys();
    await makePrekeys(profile, oneTimeLeft);
    await publishPrekeys(profile, connection);
  } finally {
    connection.close();
  }
}
