import { toHex } from "../../../keys/index.ts";
import {
  addSecurityEvent,
  newestSecurityEvent,
  readSecurityEvents,
  type SecurityEvent,
  type SecurityEventKind,
} from "../../store/security-events.ts";
import { ChatError } from "../chat-error.ts";
import type { Profile } from "../profile.ts";

export interface Finding {
  readonly kind: SecurityEventKind;
  /** One sentence for a person. */
  readonly text: string;
  readonly accountId?: Uint8Array;
  readonly conversation?: number;
  /** Public data that shows it; bytes are kept as hex. */
  readonly evidence?: unknown;
}

/** Keeps a finding in the profile, with its evidence. */
export function record(profile: Profile, gravity: "stop" | "note", finding: Finding): void {
  addSecurityEvent(profile.db, {
    at: profile.runtime.now(),
    kind: finding.kind,
    gravity,
    accountId: finding.accountId,
    conversation: finding.conversation,
    text: finding.text,
    evidence: finding.evidence === undefined ? undefined : JSON.stringify(finding.evidence, hexBytes),
  });
}

/** The number of the newest finding, for `findingsSince`. */
export function newestFinding(profile: Profile): number {
  return newestSecurityEvent(profile.db);
}

/** What was found after that one, oldest first. */
export function findingsSince(profile: Profile, finding: number): SecurityEvent[] {
  return readSecurityEvents(profile.db, finding);
}

/** Records an alarm and returns the error to throw. Not inside a transaction: that would take the record back. */
export function alarm(profile: Profile, finding: Finding): ChatError {
  if (profile.db.inTransaction) throw new Error("an alarm inside a transaction would be lost");
  record(profile, "stop", finding);
  return securityStop(finding.text);
}

export function securityStop(text: string): ChatError {
  return new ChatError("security_stop", text, {
    hint: "Do not send anything secret before you know why: ask the people concerned by another way.",
  });
}

function hexBytes(_key: string, value: unknown): unknown {
  return value instanceof Uint8Array ? toHex(value) : value;
}
