// The system's keyring: macOS Keychain, Windows Credential Manager, Secret Service on Linux. Loaded only by a profile
// that uses it.
import { ProfileKeyError } from "./profile-key-error.ts";

const SERVICE = "sotto";
/** A keyring may wait for somebody to unlock it; on a machine without a desktop nobody ever does. */
const TIMEOUT_MS = 10_000;

export async function keyringGet(name: string): Promise<string> {
  const value = await withEntry(name, (entry) => entry.getPassword());
  if (value === null || value === undefined) {
    throw new ProfileKeyError("keyring", "the system's keyring does not hold the key of this profile");
  }
  return value;
}

/** Kept for certain: it is read back before this returns. */
export async function keyringSet(name: string, value: string): Promise<void> {
  await withEntry(name, (entry) => entry.setPassword(value));
  if ((await keyringGet(name)) !== value) {
    throw new ProfileKeyError("keyring", "the system's keyring does not keep what it is given");
  }
}

/** Nothing is there afterwards, whether or not there was. */
export async function keyringForget(name: string): Promise<void> {
  await withEntry(name, (entry) => entry.deleteCredential());
}

interface Entry {
  deleteCredential(): Promise<unknown>;
  getPassword(): Promise<string | null | undefined>;
  setPassword(value: string): Promise<void>;
}

async function withEntry<T>(name: string, work: (entry: Entry) => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("no answer")), TIMEOUT_MS);
  });
  try {
    const { AsyncEntry } = await import("@napi-rs/keyring");
    // Never the kernel's keyring, which a reboot empties.
    const entry = new AsyncEntry(SERVICE, name, { linux: { store: "secret-service" } });
    return await Promise.race([work(entry), tooLong]);
  } catch (cause) {
    if (cause instanceof ProfileKeyError) throw cause;
    throw new ProfileKeyError("keyring", "the system's keyring cannot be used", { cause });
  } finally {
    clearTimeout(timer);
  }
}
