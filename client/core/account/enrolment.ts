import {
  type ChainState,
  checkPin,
  type DeviceId,
  type DeviceKeys,
  equal,
  findDevice,
  MAX_ACTIVE_DEVICES,
  type SigningKeyPair,
  signAdd,
  signRevoke,
  verifyChain,
} from "../../../keys/index.ts";
import type { AuthCalls } from "../../net/auth-calls.ts";
import { NetError } from "../../net/net-error.ts";
import { readAccount, saveAccountEntries } from "../../store/accounts.ts";
import { type Database, transact } from "../../store/database.ts";
import type { Identity } from "../../store/identity.ts";
import { ChatError } from "../chat-error.ts";
import { startLogin } from "./account-password.ts";
import { anotherRelay, wrongPassword } from "./log-in.ts";

/** What a relay gives for the password: with the account key beside it, the account's devices can be changed. */
export interface Enrolment {
  readonly ticket: Uint8Array;
  readonly sealedAccountKey: Uint8Array;
  /** From genesis on, verified: `chain` is what they come to. */
  readonly entries: readonly Uint8Array[];
  readonly chain: ChainState;
  /** OPAQUE's static key of the relay. */
  readonly serverKey: string;
}

/** How often other devices may change the account at the same moment. */
const MAX_ROUNDS = 10;

/**
 * Proves the password. What comes back is compared with `held`, which this profile knows of the account already. Throws
 * `login_failed`, `security_stop`, KeysError for a chain that does not hold or is another than before, NetError.
 */
export async function proveForEnrolment(
  auth: AuthCalls,
  name: string,
  password: string,
  held: { readonly db: Database; readonly identity: Identity } | undefined,
): Promise<Enrolment> {
  const known = held?.identity;
  const proof = await startLogin(auth, name, password);
  if (known !== undefined && proof !== undefined && !equal(proof.accountId, known.accountId)) {
    throw anotherRelay(name);
  }
  if (proof === undefined) throw wrongPassword();
  const { loginId, finishLoginRequest, serverStaticPublicKey: serverKey } = proof;
  if (known?.opaqueServerKey !== undefined && known.opaqueServerKey !== serverKey) throw anotherRelay(name);
  const given = await auth.finishEnrolment({ loginId, finishLoginRequest });
  const entries = given.entries.map((entry) => new Uint8Array(entry));
  const chain = verifyChain(entries);
  if (chain.name !== name || !equal(chain.accountId, proof.accountId)) {
    throw new ChatError("security_stop", `The relay shows the devices of another account than ${name}'s.`, {
      hint: "Nothing was sent to it. Check --relay and CHAT_RELAY; if they are right, do not trust this relay.",
    });
  }
  if (held !== undefined) keepEntries(held.db, chain, entries);
  const sealedAccountKey = new Uint8Array(given.sealedAccountKey);
  return { ticket: given.ticket, sealedAccountKey, entries, chain, serverKey };
}

/** Behind what is held of the chain. A relay that shows less of it than before, or something else, is not believed. */
function keepEntries(db: Database, chain: ChainState, entries: readonly Uint8Array[]): void {
  transact(db, () => {
    const known = readAccount(db, chain.accountId);
    const held = known === undefined ? 0 : known.head.sequence + 1;
    if (known !== undefined) checkPin({ accountId: chain.accountId, ...known.head }, chain);
    if (entries.length > held) saveAccountEntries(db, chain, held, entries.slice(held));
  });
}

/** What the account key is to see to. */
export interface Change {
  readonly device: DeviceKeys;
  readonly accountKey: SigningKeyPair;
  readonly signOutOthers: boolean;
  readonly now: () => number;
}

/**
 * Appends what the account key has to sign until the device is in, and alone if that is wanted. `again` proves the password
 * once more, when another device changed the account at the same moment. Throws `signed_out` when the device was in before
 * and is not any more.
 */
export async function changeDevices(
  auth: AuthCalls,
  db: Database,
  enrolment: Enrolment,
  change: Change,
  again: () => Promise<Enrolment>,
): Promise<void> {
  let { ticket, chain } = enrolment;
  for (let rounds = 0; ; ) {
    const entry = nextEntry(chain, change);
    if (entry === undefined) return;
    try {
      await auth.addDevice({ ticket, entry });
      chain = verifyChain([entry], chain);
      saveNext(db, chain, entry);
    } catch (error) {
      if (!(error instanceof NetError) || error.reason !== "head_moved" || rounds === MAX_ROUNDS) throw error;
      rounds += 1;
      const refused = chain.head;
      ({ ticket, chain } = await again());
      if (equal(chain.head.hash, refused.hash)) throw headHidden(chain.name);
    }
  }
}

/** It does not take what follows the last entry that it shows: there are others. */
function headHidden(name: string): ChatError {
  return new ChatError("security_stop", `The relay hides the newest changes to ${name}'s devices.`, {
    hint: "This machine was not added. If it stays so, do not trust this relay.",
  });
}

/** Unless another process was quicker. */
function saveNext(db: Database, chain: ChainState, entry: Uint8Array): void {
  transact(db, () => {
    const held = readAccount(db, chain.accountId)?.head.sequence ?? -1;
    if (held === chain.head.sequence - 1) saveAccountEntries(db, chain, chain.head.sequence, [entry]);
  });
}

/** Undefined: nothing is left to sign. */
function nextEntry(chain: ChainState, { device, accountKey, signOutOthers, now }: Change) {
  const by = { kind: "account", accountKey } as const;
  const others = chain.devices.filter(({ deviceId }) => !equal(deviceId, device.deviceId));
  const isIn = findDevice(chain, device.deviceId) !== undefined;
  const [other] = others;
  const wasOut = !isIn && wasIn(chain, device.deviceId);
  if (wasOut && (!signOutOthers || other === undefined)) throw signedOutMeanwhile(chain.name);
  // First in, then the others out: there is no moment at which messages would be for nobody.
  if (!isIn && !wasOut && others.length < MAX_ACTIVE_DEVICES) {
    return signAdd(chain, { by, device, createdAt: now() });
  }
  if (!isIn && !signOutOthers) {
    throw new ChatError(
      "not_allowed",
      `${chain.name} has ${MAX_ACTIVE_DEVICES} devices, and may have no more.`,
      {
        hint: "Sign one out on another device with `chat devices revoke ID`, or all others with --sign-out-others.",
      },
    );
  }
  if (!signOutOthers || other === undefined) return undefined;
  return signRevoke(chain, { by, deviceId: other.deviceId, createdAt: now() });
}

/** A device that went out does not come back with the same keys (SPEC §2.4). */
export function wasIn(chain: ChainState, device: DeviceId): boolean {
  return chain.formerAndActive.some(({ deviceId }) => equal(deviceId, device));
}

function signedOutMeanwhile(name: string): ChatError {
  return new ChatError("signed_out", `Another device of ${name} signed this one out again.`, {
    hint: `If that was not you, run \`chat login ${name} --sign-out-others\`.`,
  });
}
