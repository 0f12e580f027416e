// What becomes of the submits of one batch, given what the database holds. Pure; one bad submit never costs another.
import { equal, extendLog, hash, type LogHead, toHex } from "../../keys/public.ts";
import { ErrorReason, notPermitted, RelayError, unknownConversation } from "../errors.ts";
import type { Candidate } from "./read-submit.ts";
import { type Roster, rosterKey } from "./rosters.ts";
import type { LogMove, NewRow } from "./sql/append-rows.ts";
import type { SubmitState } from "./sql/select-submit-state.ts";

export interface Acceptance {
  readonly sequence: bigint;
  readonly logHash: Uint8Array;
  readonly storedAt: bigint;
  /** The newest one. */
  readonly rosterVersion: bigint;
}

/** What a submit becomes once its row is stored. */
export interface Stored {
  readonly row: NewRow;
  /** Whom it concerns. */
  readonly newest: Roster;
  /** Whose slice is whose. */
  readonly sealedFor: Roster;
}

export interface Decision {
  readonly candidate: Candidate;
  /** Holds when the log has moved as decided. */
  readonly answer: Acceptance | RelayError;
  /** Unless it was refused or is in the log already. */
  readonly stored?: Stored;
}

export interface Decided {
  readonly decisions: readonly Decision[];
  /** By `Candidate.log`. */
  readonly moves: ReadonlyMap<string, LogMove>;
}

/** How many rows somebody may add without an answer. */
export interface UnansweredLimits {
  readonly strangers: number;
  /** Who is in a group with the other one. */
  readonly fellows: number;
}

/** A log as it grows in the course of the batch. */
interface Growing {
  readonly state: SubmitState;
  readonly conversationId: Uint8Array;
  readonly newest: Roster | undefined;
  head: LogHead;
  writtenBy: number;
  readonly taken: Taken[];
  /** By sender and message id, of as many of them as were looked among. */
  readonly takenBy: Map<string, Taken>;
}

interface Taken {
  readonly candidate: Candidate;
  readonly answer: Acceptance;
}

/** `states` by place in `batch`; without one, the conversation does not exist. */
export function decide(
  batch: readonly Candidate[],
  states: ReadonlyMap<number, SubmitState>,
  rosters: ReadonlyMap<string, Roster>,
  now: number,
  unansweredLimit: (conversationId: Uint8Array) => number,
): Decided {
  const logs = new Map<string, Growing>();
  const decisions = batch.map((candidate, place): Decision => {
    const state = states.get(place);
    if (state === undefined) return { candidate, answer: unknownConversation() };
    const log = growing(logs, candidate, state, rosters);
    try {
      return decideOne(candidate, state, log, rosters, { now, unansweredLimit });
    } catch (error) {
      if (!(error instanceof RelayError)) throw error;
      return { candidate, answer: error };
    }
  });
  const moves = new Map<string, LogMove>();
  for (const [key, { conversationId, state, head, writtenBy }] of logs) {
    if (BigInt(head.sequence) === state.head) continue;
    moves.set(key, {
      conversationId,
      fromHead: state.head,
      fromHash: state.log_hash,
      rosterVersion: state.roster_version,
      toHead: BigInt(head.sequence),
      logHash: head.hash,
      writtenBy,
    });
  }
  return { decisions, moves };
}

function growing(
  logs: Map<string, Growing>,
  { header, log: key }: Candidate,
  state: SubmitState,
  rosters: ReadonlyMap<string, Roster>,
): Growing {
  const known = logs.get(key);
  if (known !== undefined) return known;
  const conversationId = header.conversation;
  const newest = rosters.get(rosterKey({ conversationId, version: state.roster_version, log: key }));
  const head = { sequence: Number(state.head), hash: hash(state.log_hash) };
  const writtenBy = state.written_by;
  const log = { state, conversationId, newest, head, writtenBy, taken: [], takenBy: new Map() };
  logs.set(key, log);
  return log;
}

function decideOne(
  candidate: Candidate,
  state: SubmitState,
  log: Growing,
  rosters: ReadonlyMap<string, Roster>,
  {
    now,
    unansweredLimit,
  }: { readonly now: number; readonly unansweredLimit: (conversationId: Uint8Array) => number },
): Decision {
  const { header } = candidate;
  const { newest } = log;
  if (newest === undefined || !isMember(newest, candidate)) throw unknownConversation();
  const before = earlier(candidate, state, takenBefore(log, candidate));
  if (before !== undefined) return { candidate, answer: before };
  if (state.is_forsaken) throw new RelayError(ErrorReason.ACCOUNT_DELETED, "the other account was deleted");
  if ((state.role ?? 0) < (state.post_role ?? 0)) throw notPermitted("this role may not post here");
  const sealedFor = checkRoster(candidate, state, newest, rosters);
  const writer = state.is_opener ? 1 : 2;
  checkUnanswered(log, writer, unansweredLimit);
  // A group has no two sides.
  if (state.role === null) log.writtenBy |= writer;

  log.head = extendLog(log.head, candidate.rowHash);
  const row: NewRow = {
    conversationId: header.conversation,
    sequence: BigInt(log.head.sequence),
    messageId: header.messageId,
    sender: header.sender,
    senderDevice: header.senderDevice,
    envelopeHash: candidate.envelopeHash,
    rowHash: candidate.rowHash,
    logHash: log.head.hash,
    rosterVersion: header.rosterVersion,
    storedAt: now,
    expiresAt: header.expiresAt,
    envelope: candidate.envelope,
    packedWraps: candidate.packedWraps,
  };
  const answer = {
    sequence: row.sequence,
    logHash: row.logHash,
    storedAt: BigInt(now),
    rosterVersion: state.roster_version,
  };
  log.taken.push({ candidate, answer });
  return { candidate, answer, stored: { row, newest, sealedFor } };
}

/** Its account: the device itself may be missing. */
function isMember({ slots, devices }: Roster, { sender, header }: Candidate): boolean {
  return slots.has(sender) || devices.some(({ accountId }) => equal(accountId, header.sender));
}

/** Who gets no answer in a direct conversation may not want to be written to, and cannot say so to a relay. */
function checkUnanswered(
  { state, conversationId, head, writtenBy }: Growing,
  writer: number,
  unansweredLimit: (conversationId: Uint8Array) => number,
): void {
  if (state.role !== null || writtenBy !== writer) return;
  const limit = unansweredLimit(conversationId);
  if (head.sequence < limit) return;
  throw new RelayError(ErrorReason.QUOTA_EXCEEDED, `the other one has not answered ${limit} messages`);
}

/** The answer to a submit whose message id was used before, in this batch or earlier, if these bytes used it. */
function earlier(
  candidate: Candidate,
  { stored, roster_version: rosterVersion }: SubmitState,
  inBatch: Taken | undefined,
): Acceptance | undefined {
  const usedFor = stored?.envelope_hash ?? inBatch?.candidate.envelopeHash;
  if (usedFor === undefined) return undefined;
  if (!equal(usedFor, candidate.envelopeHash)) {
    throw new RelayError(ErrorReason.MESSAGE_ID_REUSED, "the message id was used for other bytes");
  }
  if (stored === null) return inBatch?.answer;
  return {
    sequence: stored.sequence,
    logHash: stored.log_hash,
    storedAt: stored.stored_at,
    rosterVersion,
  };
}

/** Mostly a log gets one message in a batch, and needs no key for it. */
function takenBefore({ taken, takenBy }: Growing, candidate: Candidate): Taken | undefined {
  if (taken.length === 0) return undefined;
  for (const one of taken.slice(takenBy.size)) takenBy.set(messageKey(one.candidate), one);
  return takenBy.get(messageKey(candidate));
}

function messageKey({ sender, header }: Candidate): string {
  return sender + toHex(header.messageId);
}

/** Devices that were added since may be missing from its roster; a device that was removed must not be in it. */
function checkRoster(
  { header, log, sender, wraps }: Candidate,
  state: SubmitState,
  newest: Roster,
  rosters: ReadonlyMap<string, Roster>,
): Roster {
  const version = BigInt(header.rosterVersion);
  const conversationId = header.conversation;
  const sealedFor =
    version === newest.version ? newest : rosters.get(rosterKey({ conversationId, version, log }));
  const ownSlot = sealedFor?.slots.get(sender);
  const fits =
    version <= state.roster_version &&
    version >= state.last_removal_version &&
    sealedFor !== undefined &&
    equal(sealedFor.hash, header.rosterHash) &&
    ownSlot !== undefined &&
    newest.slots.has(sender);
  if (!fits) {
    throw new RelayError(
      ErrorReason.STALE_ROSTER,
      "sealed for devices that are no longer those of the members",
    );
  }
  if (wraps.length !== sealedFor.devices.length || wraps[ownSlot] !== null) {
    throw new RelayError(ErrorReason.MALFORMED, "the wraps are not those of the roster");
  }
  return sealedFor;
}
