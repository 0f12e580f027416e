// Real profiles at a real relay, made in the process of the test over real sockets. Their passwords are hardened by next
// to nothing, so that hundreds of them can be made.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makePrekeys, publishPrekeys } from "../../client/core/account/prekey-upkeep.ts";
import { localTokens } from "../../client/core/account/session-tokens.ts";
import { createKey } from "../../client/core/account/unlock-profile.ts";
import { connector } from "../../client/core/connection/connect.ts";
import type { Connect } from "../../client/core/outbox/drain-outbox.ts";
import { profilePaths } from "../../client/core/paths.ts";
import { closeProfile, openProfile, type Profile } from "../../client/core/profile.ts";
import { openDatabase } from "../../client/store/database.ts";
import { saveIdentity } from "../../client/store/identity.ts";
import { saveTokens } from "../../client/store/tokens.ts";
import { joinRelay } from "./member.ts";

export interface Enrolled {
  readonly name: string;
  readonly profile: Profile;
  readonly connect: Connect;
  /** Another process of the same profile; to be closed by whoever opened it. */
  open(): Profile;
  /** Closes the profile and deletes it. */
  leave(): void;
}

/** Registers, logs in, and publishes prekeys. `home`: the `CHAT_HOME`, a new one unless given. */
export async function enrol(
  name: string,
  url: string,
  home = mkdtempSync(join(tmpdir(), `sotto-${name}-`)),
): Promise<Enrolled> {
  const { client, chain, genesis, accountKey, device, tokens } = await joinRelay(url, name);
  client.close();
  const paths = profilePaths({ CHAT_HOME: home }, "default");
  mkdirSync(paths.folder, { recursive: true, mode: 0o700 });
  const key = await createKey(paths, {}, async () => undefined);
  const db = openDatabase(paths.database, key, { create: true });
  saveIdentity(db, {
    stage: "registered",
    accountId: chain.accountId,
    name,
    deviceId: device.deviceId,
    relayUrl: url,
    genesis,
    accountPublicKey: accountKey.publicKey,
    sealedAccountKey: new Uint8Array(72),
    signingSecretKey: device.signing.secretKey,
    agreementSecretKey: device.identity.secretKey,
    agreementPublicKey: device.identity.publicKey,
    opaqueServerKey: undefined,
    createdAt: Date.now(),
  });
  const { accessToken, accessExpiresAt, refreshToken, now } = tokens;
  const issued = {
    accessToken,
    refreshToken,
    accessExpiresAt: Number(accessExpiresAt),
    now: Number(now),
  };
  saveTokens(db, localTokens(issued, Date.now()));
  db.close();
  const profile = openProfile(paths, key);
  const connect = connector(profile);
  const connection = await connect();
  try {
    await makePrekeys(profile);
    await publishPrekeys(profile, connection);
  } finally {
    connection.close();
  }
  const leave = () => {
    closeProfile(profile);
    rmSync(paths.home, { recursive: true, force: true });
  };
  return { name, profile, connect, open: () => openProfile(paths, key), leave };
}
