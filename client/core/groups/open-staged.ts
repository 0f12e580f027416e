import {
  type AccountId,
  type ChainState,
  type EnvelopeHeader,
  envelopeHash,
  findDevice,
  findSession,
  type Hash,
  KeysError,
  type OpenedWrap,
  openWrap,
  readEnvelopeHeader,
  readWrapHeader,
  respond,
  toHex,
  type WrapHeader,
} from "../../../keys/index.ts";
import { readConversation } from "../../store/conversations.ts";
import { transact } from "../../store/database.ts";
import { deleteOneTimePrekey, readPrekeySecrets } from "../../store/prekeys.ts";
import {
  addSessionLast,
  applySkipped,
  findSkippedIn,
  readSession,
  readSessionIds,
  rememberSession,
  updateSession,
  wasSessionSeen,
} from "../../store/sessions.ts";
import { markReady, readWaiting, type StagedRow, waitingRows } from "../../store/staged-rows.ts";
import { meetingPlace } from "../conversations/conversations.ts";
import { queueSilent } from "../outbox/queue-silent.ts";
import { knownChain } from "../people/account-chains.ts";
import { chainWith } from "../people/former-devices.ts";
import { record } from "../people/security.ts";
import { myself } from "../people/sessions.ts";
import { mayAnswer } from "../people/standing.ts";
import type { Profile } from "../profile.ts";
import type { Cause } from "./stage.ts";

/** Rows opened in one transaction: other processes wait no longer than this takes. */
const ROWS_A_TURN = 200;

/**
 * Opens the wraps of staged rows in the order of their sessions, whatever conversation they came by, SPEC §5.7; those
 * of `held` accounts (hex), whose chains could not be verified now, stay. A row and the ratchet that it advances change
 * in one transaction; a wrap that does not open changes no session.
 */
export function openWaiting(profile: Profile, held: ReadonlySet<string>): void {
  const places = waitingRows(profile.db);
  for (let at = 0; at < places.length; at += ROWS_A_TURN) {
    transact(profile.db, () => {
      for (const { conversation, sequence } of places.slice(at, at + ROWS_A_TURN)) {
        const row = readWaiting(profile.db, conversation, sequence);
        if (row !== undefined) openRow(profile, row, held);
      }
    });
  }
}

function openRow(profile: Profile, row: StagedRow, held: ReadonlySet<string>): void {
  const { sender } = readEnvelopeHeader(row.envelope);
  if (held.has(toHex(sender))) return;
  try {
    const opened = open(profile, row);
    if (typeof opened === "string") markReady(profile.db, row, { cause: opened });
    else markReady(profile.db, row, { contentKey: opened.contentKey, session: opened.session.id });
  } catch (error) {
    if (!(error instanceof KeysError)) throw error;
    markReady(profile.db, row, { cause: error.code });
    if (error.code === "rollback" || error.code === "fork") recordHeads(profile, sender, error);
  }
}

/** The set-up is authentic, and names a head of a device list that the relay does not show. */
function recordHeads(profile: Profile, sender: AccountId, error: KeysError): void {
  const name = knownChain(profile, sender)?.name ?? "somebody";
  record(profile, "stop", {
    kind: error.code === "fork" ? "chain_fork" : "chain_withheld",
    text: `A message from ${name} goes by a device list that the relay does not show.`,
    accountId: sender,
    evidence: error.evidence,
  });
}

function open(profile: Profile, row: StagedRow): OpenedWrap | Cause {
  const header = readEnvelopeHeader(row.envelope);
  const wrapHeader = readWrapHeader(row.wrap);
  const chain = chainWith(profile, header.sender, header.senderDevice);
  if (chain === undefined || findDevice(chain, header.senderDevice) === undefined) return "unknown_device";
  const peer = { accountId: header.sender, deviceId: header.senderDevice };
  const found = findSession(readSessionIds(profile.db, peer), wrapHeader.tag);
  return found === null
    ? openNew(profile, row, header, wrapHeader, chain)
    : openKnown(profile, row, found.id);
}

function openKnown(profile: Profile, row: StagedRow, id: Hash): OpenedWrap | Cause {
  const session = readSession(profile.db, id);
  if (session === undefined) return "no_session";
  const opened = openWrap(session, row.wrap, envelopeHash(row.envelope), findSkippedIn(profile.db, id));
  updateSession(profile.db, opened.session);
  applySkipped(profile.db, id, opened.skipped);
  return opened;
}

/** The first wrap of a session that the peer set up: everything that follows from it is in the same transaction. */
function openNew(
  profile: Profile,
  row: StagedRow,
  header: EnvelopeHeader,
  { setUp }: WrapHeader,
  chain: ChainState,
): OpenedWrap | Cause {
  const { db, runtime } = profile;
  if (setUp === null) return "no_session";
  const opened = respond({
    wrap: row.wrap,
    envelopeHash: envelopeHash(row.envelope),
    me: myself(profile),
    initiator: { chain, deviceId: header.senderDevice },
    prekeys: readPrekeySecrets(db, setUp),
    seen: (id) => wasSessionSeen(db, id),
  });
  const { session, skipped, usedOneTimeId } = opened;
  rememberSession(db, session.id, runtime.now());
  addSessionLast(db, session);
  applySkipped(db, session.id, skipped);
  if (usedOneTimeId !== null) deleteOneTimePrekey(db, usedOneTimeId);
  const stored = readConversation(db, row.conversation);
  // An answer, even of programs, would tell a stranger that somebody is there: it waits until he is accepted.
  if (mayAnswer(profile, stored, session.peer.accountId)) {
    const place = meetingPlace(profile, stored, session.peer.accountId);
    queueSilent(profile, place, "confirmation", session.peer, session.id);
  }
  return opened;
}
