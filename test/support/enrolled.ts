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
import { ownChain, refreshChains } from "../../client/core/people/account-chains.ts";
import { closeProfile, openProfile, type Profile } from "../../client/core/profile.ts";
import { readAccountEntries, saveAccountEntries } from "../../client/store/accounts.ts";
import { openDatabase } from "../../client/store/database.ts";
import { saveIdentity } from "../../client/store/identity.ts";
import { saveSetting } from "../../client/store/settings.ts";
import { saveTokens } from "../../client/store/tokens.ts";
import { createDeviceKeys, randomBytes, signAdd } from "../../keys/index.ts";
import { type Account, dial, joinRelay, logIn, type Member } from "./member.ts";

export interface Enrolled {
  readonly name: string;
  readonly profile: Profile;
  readonly connect: Connect;
  /** What its owner keeps: account key, recovery words, password. */
  readonly owner: Owner;
  /** Another process of the same profile; to be closed by whoever opened it. */
  open(): Profile;
  /** Closes the profile and deletes it. */
  leave(): void;
}

type Owner = Pick<Member, "accountKey" | "words" | "sealedAccountKey" | "password">;

/** Registers, logs in, and publishes prekeys. `home`: the `CHAT_HOME`, a new one unless given. */
export async function enrol(
  name: string,
  url: string,
  home = mkdtempSync(join(tmpdir(), `sotto-${name}-`)),
): Promise<Enrolled> {
  const member = await joinRelay(url, name);
  member.client.close();
  return settled({ ...member, entries: [member.genesis] }, url, home);
}

/**
 * A further device of somebody's account, as `chat login` on another machine leaves it: added by the account key.
 */
export async function enrolFurther(
  someone: Enrolled,
  home = mkdtempSync(join(tmpdir(), `sotto-${someone.name}-`)),
): Promise<Enrolled> {
  const { profile, owner, name } = someone;
  const { accountId, genesis, relayUrl } = profile.identity;
  const device = createDeviceKeys(randomBytes);
  const connection = await someone.connect();
  try {
    await refreshChains(profile, connection, [accountId]);
    const by = { kind: "account", accountKey: owner.accountKey } as const;
    await connection.appendAccountEntry(signAdd(ownChain(profile), { by, device, createdAt: Date.now() }));
    await refreshChains(profile, connection, [accountId]);
  } finally {
    connection.close();
  }
  const chain = ownChain(profile);
  const entries = readAccountEntries(profile.db, accountId);
  const client = dial(relayUrl);
  const tokens = await logIn(client, { name, chain, device }, owner.password).finally(() => client.close());
  return settled({ ...owner, name, chain, genesis, device, tokens, entries }, relayUrl, home);
}

/** A profile with the device, which the relay knows already. */
async function settled(
  {
    name,
    chain,
    genesis,
    entries,
    accountKey,
    words,
    sealedAccountKey,
    password,
    device,
    tokens,
  }: Account & Pick<Member, "password" | "tokens"> & { entries: readonly Uint8Array[] },
  url: string,
  home: string,
): Promise<Enrolled> {
  const paths = profilePaths({ CHAT_HOME: home }, "default");
  mkdirSync(paths.folder, { recursive: true, mode: 0o700 });
  const key = await createKey(paths, {}, async () => undefined);
  const db = openDatabase(paths.database, key, { create: true });
  saveIdentity(db, {
    stage: "registered",
    origin: entries.length > 1 ? "login" : "registration",
    accountId: chain.accountId,
    name,
    deviceId: device.deviceId,
    relayUrl: url,
    genesis,
    accountPublicKey: accountKey.publicKey,
    sealedAccountKey,
    signingSecretKey: device.signing.secretKey,
    agreementSecretKey: device.identity.secretKey,
    agreementPublicKey: device.identity.publicKey,
    opaqueServerKey: undefined,
    createdAt: Date.now(),
  });
  if (entries.length > 1) saveAccountEntries(db, chain, 0, entries);
  const { accessToken, accessExpiresAt, refreshToken, now } = tokens;
  const issued = {
    accessToken,
    refreshToken,
    accessExpiresAt: Number(accessExpiresAt),
    now: Number(now),
  };
  saveTokens(db, localTokens(issued, Date.now()));
  // People of tests talk at once; those of requests turn them on.
  saveSetting(db, "requests", "off");
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
  const owner = { accountKey, words, sealedAccountKey, password };
  return { name, profile, connect, owner, open: () => openProfile(paths, key), leave };
}
