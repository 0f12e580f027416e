// The hash chain of a conversation, SPEC §8.3.
import { concat } from "./bytes.ts";
import { Writer } from "./encoding.ts";
import type { ConversationId, Hash, Incarnation } from "./ids.ts";
import { hashLabelled } from "./labelled.ts";
import { labels } from "./labels.ts";

/** (n, h_n): 40 bytes that commit to every row up to n. */
export interface LogHead {
  readonly sequence: number;
  readonly hash: Hash;
}

/** h_0; rows count from 1. */
export function logStart(conversation: ConversationId, incarnation: Incarnation): LogHead {
  const bytes = new Writer().fixed(conversation, 32).fixed(incarnation, 16).finish();
  return { sequence: 0, hash: hashLabelled(labels.logStart, bytes) };
}

const messageKind = Uint8Array.of(1);

/** The hash of a message row. */
export function messageRowHash(envelopeHash: Hash): Hash {
  return hashLabelled(labels.row, concat(messageKind, envelopeHash));
}

/** The hash of the row of a membership entry: another first byte, so that neither passes for the other. */
export function membershipRowHash(entryHash: Hash): Hash {
  return hashLabelled(labels.row, new Writer().u8(2).fixed(entryHash, 32).finish());
}

/** The head after one more row. */
export function extendLog(head: LogHead, rowHash: Hash): LogHead {
  return { sequence: head.sequence + 1, hash: hashLabelled(labels.log, concat(head.hash, rowHash)) };
}
