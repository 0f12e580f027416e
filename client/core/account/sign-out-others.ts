import { findDevice } from "../../../keys/index.ts";
import type { RelayAddress } from "../../net/relay-address.ts";
import { connectAnonymously } from "../connection/connect.ts";
import { ownDevice } from "../people/account-chains.ts";
import type { Profile } from "../profile.ts";
import { type AskWords, withAccountKey } from "./account-key.ts";
import { changeDevices, proveForEnrolment } from "./enrolment.ts";
import { deviceKeysOf } from "./own-keys.ts";

/**
 * Leaves this device alone in its account: the others are lost, or a thief has one. Words are asked only if there are others.
 * Throws as `addThisDevice` does, and `signed_out` when this device is not in the account itself.
 */
export async function signOutOthers(
  profile: Profile,
  { password, words, relay }: { password: string; words: AskWords; relay: RelayAddress },
): Promise<void> {
  const { db, identity, runtime } = profile;
  const { name } = identity;
  const { auth, close } = await connectAnonymously(relay);
  try {
    const prove = () => proveForEnrolment(auth, name, password, { db, identity });
    const enrolment = await prove();
    if (findDevice(enrolment.chain, identity.deviceId) === undefined) ownDevice(profile);
    if (enrolment.chain.devices.length === 1) return;
    const { sealedAccountKey, chain } = enrolment;
    const sealed = { name, sealedAccountKey, accountPublicKey: chain.accountKey };
    await withAccountKey(await words(), sealed, async (accountKey) => {
      const device = deviceKeysOf(identity);
      const change = { device, accountKey, signOutOthers: true, now: () => runtime.now() };
      await changeDevices(auth, db, enrolment, change, prove);
    });
  } finally {
    close();
  }
}
