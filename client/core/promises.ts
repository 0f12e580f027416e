// What the relay promises when it takes a message, the place and the log's hash there, is held against the log itself.
import { equal, type Hash, type LogHead } from "../../keys/index.ts";
import { readConversation } from "../store/conversations.ts";
import { readLogHashes } from "../store/log-hashes.ts";
import { type OwnRow, readPromised, savePromise } from "../store/own-rows.ts";
import { record } from "./people/security.ts";
import type { Profile } from "./profile.ts";

/** Keeps a promise until its row comes; what is known of that place already is compared at once. */
export function takePromise(profile: Profile, conversation: number, rowHash: Hash, promised: LogHead): void {
  savePromise(profile.db, rowHash, promised);
  const { generation } = readConversation(profile.db, conversation);
  const [seen] = readLogHashes(profile.db, conversation, promised.sequence, generation);
  const isTaken = readPromised(profile.db, conversation, promised.sequence).length > 1;
  if (isTaken || (seen !== undefined && !equal(seen, promised.hash))) {
    recordBroken(profile, conversation, promised, seen);
  }
}

/** Whatever row comes at a place that was promised: the log must be there what it was said to be. */
export function checkPlace(profile: Profile, conversation: number, at: LogHead): void {
  for (const { promised } of readPromised(profile.db, conversation, at.sequence)) {
    if (promised !== undefined && !equal(promised.hash, at.hash)) {
      recordBroken(profile, conversation, promised, at.hash);
    }
  }
}

/** A row of this device must come at the place that was promised for it. */
export function checkOwnRow(profile: Profile, conversation: number, { promised }: OwnRow, at: LogHead): void {
  if (promised === undefined || promised.sequence === at.sequence) return;
  recordBroken(profile, conversation, promised, at.hash);
}

/** `seen`: the log's hash that was found instead, if there is one yet. */
function recordBroken(
  profile: Profile,
  conversation: number,
  promised: LogHead,
  seen: Hash | undefined,
): void {
  record(profile, "stop", {
    kind: "log_forked",
    text: "The relay shows a message of yours at another place than it said when it took it.",
    conversation,
    evidence: {
      sequence: promised.sequence,
      promised: promised.hash,
      ...(seen === undefined ? {} : { seen }),
    },
  });
}
