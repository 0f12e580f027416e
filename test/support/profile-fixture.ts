import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makePrekeys, publishPrekeys } from "../../client/core/account/prekey-upkeep.ts";
import { profilePaths } from "../../client/core/paths.ts";
import { closeProfile, openProfile, type Profile, type ProfilePaths } from "../../client/core/profile.ts";
import type { Runtime } from "../../client/core/runtime.ts";
import { systemRuntime } from "../../client/core/runtime.ts";
import { saveAccountEntries } from "../../client/store/accounts.ts";
import { openDatabase } from "../../client/store/database.ts";
import { saveIdentity } from "../../client/store/identity.ts";
import { saveSetting } from "../../client/store/settings.ts";
import {
  createAccountKey,
  createDeviceKeys,
  createGenesis,
  createRecovery,
  type DeviceAddress,
  type DeviceKeys,
  randomBytes,
  recoveryKeyPair,
  type SigningKeyPair,
  sealAccountKey,
  signAdd,
  signRevoke,
  verifyChain,
} from "../../keys/index.ts";
import type { RelayDouble } from "./relay-double.ts";

/** A real profile, encrypted SQLite file and all, of one device of one account. */
export class ProfileFixture {
  readonly device: DeviceKeys;
  readonly address: DeviceAddress;
  readonly relay: RelayDouble;
  readonly account: AccountFixture;
  readonly paths: ProfilePaths;
  readonly key = new Uint8Array(randomBytes(32));
  /** Milliseconds that this machine's clock is ahead. */
  ahead = 0;
  profile: Profile;

  constructor(account: AccountFixture, device: DeviceKeys, relay: RelayDouble) {
    this.account = account;
    this.device = device;
    this.relay = relay;
    this.address = { accountId: account.accountId, deviceId: device.deviceId };
    this.paths = profilePaths({ CHAT_HOME: mkdtempSync(join(tmpdir(), "sotto-profile-")) }, "default");
    const db = openDatabase(this.paths.database, this.key, { create: true });
    saveIdentity(db, {
      stage: "registered",
      origin: "registration",
      accountId: account.accountId,
      name: account.name,
      deviceId: device.deviceId,
      relayUrl: "http://127.0.0.1:1",
      genesis: account.genesis,
      accountPublicKey: account.accountKey.publicKey,
      sealedAccountKey: account.sealedAccountKey,
      signingSecretKey: device.signing.secretKey,
      agreementSecretKey: device.identity.secretKey,
      agreementPublicKey: device.identity.publicKey,
      opaqueServerKey: undefined,
      createdAt: Date.now(),
    });
    const { entries, chain } = relay.account(account.accountId);
    if (entries.length > 1) saveAccountEntries(db, chain, 0, entries);
    // People of tests talk at once; those of requests turn them on.
    saveSetting(db, "requests", "off");
    db.close();
    this.profile = openProfile(this.paths, this.key, this.#runtime());
  }

  #runtime(): Runtime {
    return { now: () => Date.now() + this.ahead, random: systemRuntime.random };
  }

  get connect() {
    return this.relay.connect(this.address);
  }

  /** Another process of the same profile. */
  open(): Profile {
    return openProfile(this.paths, this.key, this.#runtime());
  }

  /** What a crash leaves: whatever was committed, and nothing else. */
  reopen(): void {
    closeProfile(this.profile);
    this.profile = this.open();
  }

  async publish(): Promise<void> {
    const connection = await this.connect();
    await makePrekeys(this.profile);
    await publishPrekeys(this.profile, connection);
  }

  remove(): void {
    closeProfile(this.profile);
    rmSync(this.paths.home, { recursive: true, force: true });
  }
}

export class AccountFixture {
  readonly name: string;
  readonly accountKey: SigningKeyPair;
  readonly first: DeviceKeys;
  readonly genesis: Uint8Array;
  readonly accountId: DeviceAddress["accountId"];
  readonly sealedAccountKey: Uint8Array;
  readonly #relay: RelayDouble;
  readonly #profiles: ProfileFixture[] = [];

  constructor(name: string, relay: RelayDouble) {
    const random = systemRuntime.random;
    const recovery = createRecovery(random);
    this.name = name;
    this.#relay = relay;
    this.accountKey = createAccountKey(random);
    this.first = createDeviceKeys(random);
    const { entry, accountId } = createGenesis({
      name,
      accountKey: this.accountKey,
      recoveryPublicKey: recoveryKeyPair(recovery.secret).publicKey,
      device: this.first,
      createdAt: Date.now(),
    });
    this.genesis = entry;
    this.accountId = accountId;
    this.sealedAccountKey = sealAccountKey(recovery.secret, this.accountKey, random);
    relay.register(entry);
  }

  async profile(device: DeviceKeys = this.first): Promise<ProfileFixture> {
    const made = new ProfileFixture(this, device, this.#relay);
    this.#profiles.push(made);
    await made.publish();
    return made;
  }

  addEntry(device: DeviceKeys): Uint8Array {
    const { chain } = this.#relay.account(this.accountId);
    return signAdd(chain, { by: { kind: "device", device: this.first }, device, createdAt: Date.now() });
  }

  async addDevice(): Promise<ProfileFixture> {
    const device = createDeviceKeys(systemRuntime.random);
    this.#relay.append(this.accountId, this.addEntry(device));
    return this.profile(device);
  }

  removeDevice(device: DeviceKeys): void {
    const { chain } = this.#relay.account(this.accountId);
    const by = { kind: "account", accountKey: this.accountKey } as const;
    this.#relay.append(
      this.accountId,
      signRevoke(chain, { by, deviceId: device.deviceId, createdAt: Date.now() }),
    );
  }

  /** The chain as it would be with one more device, on another history than the relay's. */
  chainWith(device: DeviceKeys) {
    return verifyChain([this.genesis, this.addEntry(device)]);
  }

  remove(): void {
    for (const profile of this.#profiles) profile.remove();
  }
}
