// What two people compare to know that no relay stands between them: SPEC §2.7.
import { equal } from "./bytes.ts";
import { KeysError } from "./errors.ts";
import type { AccountId } from "./ids.ts";
import { hashLabelled } from "./labelled.ts";
import { labels } from "./labels.ts";

const GROUPS = 6;
const GROUP_BYTES = 5;

/** Thirty digits that stand for an account: its half of every safety number. */
export function fingerprint(account: AccountId): string {
  const digest = Buffer.from(hashLabelled(labels.safetyNumber, account));
  return Array.from({ length: GROUPS }, (_, group) =>
    String(digest.readUIntBE(group * GROUP_BYTES, GROUP_BYTES) % 100_000).padStart(5, "0"),
  ).join("");
}

/** Sixty digits, the same for both of them. Throws `malformed` if they are one account. */
export function safetyNumber(one: AccountId, other: AccountId): string {
  if (equal(one, other)) throw new KeysError("malformed", "a safety number needs two accounts");
  return [fingerprint(one), fingerprint(other)].sort().join("");
}
