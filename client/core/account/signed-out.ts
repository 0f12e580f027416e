import { equal, readEntry } from "../../../keys/index.ts";
import { NetError } from "../../net/net-error.ts";
import { readAccountEntries } from "../../store/accounts.ts";
import { readCounter, setCounter } from "../../store/counters.ts";
import { transact } from "../../store/database.ts";
import { ChatError } from "../chat-error.ts";
import { ownChain } from "../people/account-chains.ts";
import type { Profile } from "../profile.ts";

/**
 * The failure that a person reads when this device is not in its account any more; undefined where that is not the reason.
 * The relay tells nobody why, and a device that is out gets no chain: unless it saw its own end, the day is the one on which
 * it first heard of it.
 */
export function signedOutHere(profile: Profile, error: unknown): ChatError | undefined {
  const { name } = profile.identity;
  const isRefused = isUnknownDevice(error);
  if (!isRefused && !isSignedOut(error)) return undefined;
  const seen = revokedAt(profile);
  if (!isRefused && seen === undefined) return undefined;
  const day = (at: number) => new Date(at).toISOString().slice(0, 10);
  const when = seen === undefined ? `by ${day(firstHeard(profile))}` : `on ${day(seen)}`;
  return new ChatError("signed_out", `This device was signed out of ${name} ${when}.`, {
    hint: `What it has stays readable here. To use ${name} here again: \`chat logout --offline\` erases this profile, then \`chat login ${name}\`.`,
    cause: error,
  });
}

function isSignedOut(error: unknown): boolean {
  return error instanceof ChatError && error.code === "signed_out";
}

function isUnknownDevice(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof NetError && cause.reason === "unknown_device") return true;
  }
  return false;
}

/** When this device was signed out, by the entry of the own chain that did it. */
function revokedAt(profile: Profile): number | undefined {
  const { accountId, deviceId } = profile.identity;
  const span = ownChain(profile).spans.findLast(({ device }) => equal(device.deviceId, deviceId));
  if (span === undefined || span.until === null) return undefined;
  const entry = readAccountEntries(profile.db, accountId)[span.until];
  return entry === undefined ? undefined : readEntry(entry).createdAt;
}

function firstHeard({ db, runtime }: Profile): number {
  return transact(db, () => {
    const known = readCounter(db, "signed_out");
    if (known === 0) setCounter(db, "signed_out", runtime.now());
    return known === 0 ? runtime.now() : known;
  });
}
