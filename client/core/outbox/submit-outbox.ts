import { setTimeout as sleep } from "node:timers/promises";
import { envelopeHash, hash, KeysError, messageRowHash, toHex } from "../../../keys/index.ts";
import { NetError, type RefusalReason } from "../../net/net-error.ts";
import type {
  Accepted,
  Refused,
  RelayConnection,
  RelayStream,
  SubmitAnswer,
} from "../../net/relay-connection.ts";
import { refusalReason } from "../../net/service-error.ts";
import { findNumbered, nameRoster, readConversation, setSender } from "../../store/conversations.ts";
import { transact } from "../../store/database.ts";
import { markSent, readMessage } from "../../store/messages.ts";
import {
  discardSealed,
  type Intent,
  readIntent,
  readIntents,
  readIntentsOf,
  removeIntent,
} from "../../store/outbox.ts";
import { resettle } from "../../store/restored-logs.ts";
import { ChatError } from "../chat-error.ts";
import { heldLogs, settle } from "../conversations/conversations.ts";
import { mayWrite } from "../groups/rights.ts";
import { Inbox } from "../inbox/inbox.ts";
import { eraseDeleted } from "../messages/erase-deleted.ts";
import { meetPerson } from "../people/account-chains.ts";
import { fetchRoster, forgetRoster } from "../people/rosters.ts";
import { record } from "../people/security.ts";
import { setUpSessions } from "../people/sessions.ts";
import { stopIfKeyChanged } from "../people/standing.ts";
import type { Profile } from "../profile.ts";
import { takePromise } from "../promises.ts";
import { mayBeSentAlready } from "../restored-profile/unknown-rows.ts";
import { failIntent } from "./fail-intent.ts";
import { sealConversation } from "./seal.ts";

/** How many submits are on their way at once. */
const IN_FLIGHT = 32;
/** A relay that goes on refusing the roster that it hands out. */
const MAX_ATTEMPTS = 5;
/** What the network has to bring before a conversation can be sealed comes in at most so many steps. */
const MAX_PREPARATIONS = 8;
const ANSWER_TIMEOUT_MS = 20_000;
const MAX_WAITS = 10;
const MAX_WAIT_MS = 5_000;

/**
 * Sends the outbox, oldest first, in rounds of several intents: settle who they are for, seal them, submit them
 * together, take in the answers. A conversation in trouble fails its own intents only.
 */
export async function submitOutbox(
  profile: Profile,
  connection: RelayConnection,
  stream: RelayStream,
  signal?: AbortSignal,
): Promise<void> {
  // A roster can be of members who joined after the last row that is here.
  const bringToHead = (conversation: number) =>
    new Inbox(profile, connection, stream, heldLogs(profile)).bringToHead(conversation);
  for (let waits = 0; ; ) {
    signal?.throwIfAborted();
    const round = readIntents(profile.db, profile.runtime.now(), IN_FLIGHT);
    const last = round.at(-1);
    if (last === undefined) return eraseDeleted(profile, connection);
    for (const conversation of new Set(round.map((intent) => intent.conversation))) {
      await prepare(profile, connection, conversation, last.intent, bringToHead);
    }
    const wait = await submitRound(profile, stream, last.intent, signal);
    if (wait === undefined) continue;
    waits += 1;
    if (waits > MAX_WAITS || wait.delay > MAX_WAIT_MS) throw waitLonger(wait);
    await sleep(wait.delay, undefined, signal === undefined ? {} : { signal });
  }
}

/** The relay wants the same bytes later. */
interface Wait {
  /** Milliseconds. */
  readonly delay: number;
  readonly reason: "rate_limited" | "relay_unavailable";
}

function waitLonger({ delay, reason }: Wait): NetError {
  const code = reason === "relay_unavailable" ? "unreachable" : "refused";
  return new NetError(code, "the relay asks to wait before sending more", { reason, retryAfter: delay });
}

/** Seals a conversation's intents up to `through`; those for which it cannot be done for good become failed. */
async function prepare(
  profile: Profile,
  connection: RelayConnection,
  conversation: number,
  through: number,
  bringToHead: (conversation: number) => Promise<void>,
): Promise<void> {
  let current = conversation;
  try {
    const stored = findNumbered(profile.db, conversation);
    if (stored === undefined) return; // its intents stand elsewhere now: in the next round
    if (stored.kind === "dm") stopIfKeyChanged(profile, stored.peerName);
    if (stored.conversationId === undefined) current = await settle(profile, connection, stored);
    const mayNot = !mayWrite(profile, stored);
    // To whoever was removed the relay shows the last roster that he was in; what gives or takes a right is in the log.
    const isDoubtful = mayNot || wasRefused(profile, current, through);
    if (mayNot) forgetRoster(profile, current);
    for (let step = 0; step < MAX_PREPARATIONS; step += 1) {
      const outcome = sealConversation(profile, current, through);
      if (outcome.kind === "sealed") return;
      if (outcome.kind === "needs sessions") await setUpSessions(profile, connection, outcome.peers);
      else {
        await fetchRoster(profile, connection, readConversation(profile.db, current), bringToHead);
        if (isDoubtful) await bringToHead(current);
      }
    }
    throw new ChatError("internal", "The message could not be sealed.");
  } catch (error) {
    const cause = await orAnotherAccount(profile, connection, current, error);
    failConversation(profile, current, through, definite(cause));
  }
}

/** An account that is gone: whether its name stands for another one now. */
async function orAnotherAccount(
  profile: Profile,
  connection: RelayConnection,
  conversation: number,
  error: unknown,
): Promise<unknown> {
  if (!(error instanceof NetError) || error.reason !== "unknown_account") return error;
  const stored = findNumbered(profile.db, conversation);
  if (stored?.kind !== "dm") return error;
  try {
    await meetPerson(profile, connection, stored.peerName);
    return error;
  } catch (found) {
    return found instanceof ChatError && found.code === "security_stop" ? found : error;
  }
}

function wasRefused({ db }: Profile, conversation: number, through: number): boolean {
  return readIntentsOf(db, conversation, through).some(({ attempt }) => attempt > 0);
}

/** The error as one that stays; throws those that may be gone the next time. */
function definite(error: unknown): ChatError {
  if (error instanceof ChatError && error.code !== "signed_out") return error;
  if (error instanceof KeysError) return new ChatError("internal", error.message, { cause: error });
  if (error instanceof NetError && error.code === "refused") {
    const message = definiteRefusals[error.reason ?? "unspecified"];
    if (message !== undefined) return message(error);
  }
  throw error;
}

const definiteRefusals: Partial<Record<RefusalReason, (cause?: unknown) => ChatError>> = {
  unknown_account: (cause) =>
    new ChatError("unknown_person", "The account does not exist any more.", { cause }),
  quota_exceeded: (cause) => new ChatError("not_allowed", "The relay allows no more of this.", { cause }),
  malformed: (cause) =>
    new ChatError("internal", "The relay does not take what this program sent.", {
      hint: "Check that Sotto and the relay have the same version.",
      cause,
    }),
  bad_signature: (cause) =>
    new ChatError("not_allowed", "The relay does not accept this device's signature.", { cause }),
};

function failConversation(profile: Profile, conversation: number, through: number, error: ChatError): void {
  transact(profile.db, () => {
    for (const intent of readIntentsOf(profile.db, conversation, through)) {
      if (intent.sealed === undefined) failIntent(profile, intent, error);
    }
  });
}

/** Milliseconds to wait before the next round; undefined: go on at once. */
async function submitRound(
  profile: Profile,
  stream: RelayStream,
  through: number,
  signal: AbortSignal | undefined,
): Promise<Wait | undefined> {
  const sealed = readIntents(profile.db, profile.runtime.now(), IN_FLIGHT).filter(
    (intent) => intent.intent <= through && intent.sealed !== undefined,
  );
  const submits = sealed.map((intent) =>
    stream.submit(intent.sealed?.envelope ?? new Uint8Array(), intent.sealed?.wraps ?? new Uint8Array()),
  );
  const answers = await answered(submits, stream, signal);
  let wait: Wait | undefined;
  transact(profile.db, () => {
    for (const [index, intent] of sealed.entries()) {
      const answer = answers[index];
      if (answer === undefined) continue;
      if ("accepted" in answer) takeAccepted(profile, intent, answer.accepted);
      else wait = takeRefused(profile, intent, answer.refused) ?? wait;
    }
  });
  const broken = answers.length < sealed.length || answers.includes(undefined);
  if (broken) throw (await stream.closed) ?? new NetError("unreachable", "the stream was closed");
  return wait;
}

/** The answers that came, undefined for those that did not: their outcome is unknown. */
async function answered(
  submits: readonly Promise<SubmitAnswer>[],
  stream: RelayStream,
  signal: AbortSignal | undefined,
): Promise<(SubmitAnswer | undefined)[]> {
  const answers: (SubmitAnswer | undefined)[] = submits.map(() => undefined);
  const all = Promise.all(
    submits.map(async (submit, index) => {
      answers[index] = await submit.catch(() => undefined);
    }),
  );
  const timeout = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
  const ending = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
  const ended = new Promise<void>((resolve) =>
    ending.addEventListener("abort", () => resolve(), { once: true }),
  );
  await Promise.race([all, ended]);
  if (ending.aborted && answers.includes(undefined)) void stream.close();
  return answers;
}

function takeAccepted(profile: Profile, intent: Intent, accepted: Accepted): void {
  const { envelope } = intent.sealed ?? {};
  const sequence = Number(accepted.sequence);
  const newestRoster = Number(accepted.rosterVersion);
  if (!Number.isSafeInteger(sequence) || !Number.isSafeInteger(newestRoster))
    throw new NetError("untrusted", "the relay counts beyond all numbers");
  if (envelope === undefined || !removeIntent(profile.db, intent.intent)) return;
  markSent(profile.db, intent.position, sequence);
  nameRoster(profile.db, intent.conversation, newestRoster);
  if (accepted.logHash.length !== 32) return;
  const promised = { sequence, hash: hash(accepted.logHash) };
  takePromise(profile, intent.conversation, messageRowHash(envelopeHash(envelope)), promised);
}

/** How long to wait, if that is what the relay wants. Inside a transaction. */
function takeRefused(profile: Profile, intent: Intent, refused: Refused): Wait | undefined {
  const current = readIntent(profile.db, intent.intent);
  // Another process, or an earlier answer of this round, has changed it since.
  if (current?.sealed === undefined || current.attempt !== intent.attempt) return undefined;
  const reason = refusalReason(refused.reason);
  switch (reason) {
    case "rate_limited":
    case "relay_unavailable":
      return { delay: Math.max(Number(refused.retryAfterMs), 50), reason };
    case "stale_roster":
    case "unknown_conversation":
      sealAgain(profile, current);
      return undefined;
    case "message_id_reused":
      // What was on its way when a log was put back is sealed anew, whether the relay had it or not.
      if (resettle(profile.db, current.position, current.attempt > 0 && isRestored(profile, current))) {
        removeIntent(profile.db, current.intent);
        return undefined;
      }
      if (mayBeSentAlready(profile, readMessage(profile.db, intent.position)?.sentAt ?? 0)) {
        takeSentAlready(profile, current);
        return undefined;
      }
      record(profile, "stop", {
        kind: "message_id_reused",
        text: "The relay says that it has another message under the id of one of yours.",
        conversation: intent.conversation,
        evidence: { envelope: toHex(envelopeHash(current.sealed.envelope)) },
      });
      failIntent(
        profile,
        current,
        new ChatError("security_stop", "The relay has another message under this id."),
      );
      return undefined;
    case "quota_exceeded": {
      const { kind, peerName } = readConversation(profile.db, intent.conversation);
      // Time helps against a full store, and against a missing answer it does not.
      const isFull = refused.retryAfterMs > 0n;
      if (kind !== "dm" && !isFull) break;
      // It is in no log: what was sealed after it must not count on it.
      discardFrom(profile, current);
      failIntent(profile, current, isFull ? storageFull() : unanswered(peerName));
      return undefined;
    }
    default:
      break;
  }
  const known = definiteRefusals[reason]?.();
  failIntent(profile, current, known ?? new ChatError("not_allowed", `The relay refused it: ${reason}.`));
  return undefined;
}

function isRestored({ db }: Profile, { conversation }: Intent): boolean {
  return readConversation(db, conversation).restored;
}

function storageFull(): ChatError {
  const next = "send it again when older messages have run out there, or ask its operator for more room";
  return new ChatError("not_allowed", `The relay keeps as much of this account as it may: ${next}.`);
}

function unanswered(peer: string | null): ChatError {
  return new ChatError("not_allowed", `The relay takes no more for ${peer} before an answer comes.`);
}

/** It was queued when the profile was copied or saved, and the other state of the profile has sent it since. */
function takeSentAlready(profile: Profile, { intent, position, conversation }: Intent): void {
  removeIntent(profile.db, intent);
  markSent(profile.db, position, readConversation(profile.db, conversation).log?.head.sequence ?? 0);
  record(profile, "note", {
    kind: "profile_restored",
    text: "A message that waited here had been sent already, before this profile was put back or copied.",
    conversation,
  });
}

/** The roster has moved. */
function sealAgain(profile: Profile, refused: Intent): void {
  forgetRoster(profile, refused.conversation);
  if (refused.attempt + 1 >= MAX_ATTEMPTS) {
    const message = "The relay refuses the list of devices that it hands out itself.";
    failIntent(profile, refused, new ChatError("security_stop", message));
    return;
  }
  discardFrom(profile, refused);
}

/** What was sealed from a refused intent on is sealed anew, counting on from before it. */
function discardFrom(profile: Profile, refused: Intent): void {
  const after = readIntentsOf(profile.db, refused.conversation, Number.MAX_SAFE_INTEGER).filter(
    (intent) => intent.intent >= refused.intent && intent.sealed !== undefined,
  );
  for (const intent of after) discardSealed(profile.db, intent.intent);
  const { before } = refused.sealed ?? {};
  if (before !== undefined) setSender(profile.db, refused.conversation, before);
}
