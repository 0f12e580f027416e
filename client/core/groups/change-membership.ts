import {
  equal,
  extendLog,
  KeysError,
  type MembershipContent,
  type MembershipState,
  membershipRowHash,
  readMembershipEntry,
  ready,
  signMembershipEntry,
} from "../../../keys/index.ts";
import { NetError } from "../../net/net-error.ts";
import type { Conversation, RelayConnection } from "../../net/relay-connection.ts";
import { readConversation } from "../../store/conversations.ts";
import { readLogHashes } from "../../store/log-hashes.ts";
import { ChatError } from "../chat-error.ts";
import { heldLogs, whereabouts } from "../conversations/conversations.ts";
import { Inbox } from "../inbox/inbox.ts";
import { ownChain, ownDeviceKeys } from "../people/account-chains.ts";
import { alarm } from "../people/security.ts";
import type { Profile } from "../profile.ts";
import { memberState, membershipOf } from "./memberships.ts";

/** How often somebody else may be quicker. */
const MAX_ATTEMPTS = 10;

/** Signs an entry on top of `state` with this device. Throws `not_allowed` for what the rules do not permit. */
export function signEntry(
  profile: Profile,
  state: MembershipState | undefined,
  content: MembershipContent,
): Uint8Array {
  const { deviceId, signing } = ownDeviceKeys(profile);
  const { accountId, head } = ownChain(profile);
  try {
    return signMembershipEntry({
      state,
      content,
      signer: { accountId, deviceId, head, signingSecretKey: signing.secretKey },
      createdAt: profile.runtime.now(),
    });
  } catch (error) {
    if (!(error instanceof KeysError) || error.code !== "not_permitted") throw error;
    throw new ChatError("not_allowed", "Your role in the group does not permit this.", {
      hint: "`chat group info NAME` shows who may do what.",
      cause: error,
    });
  }
}

/** Brings everything up to date over a stream of its own, and does more with it. */
export async function withInbox<T>(
  profile: Profile,
  connection: RelayConnection,
  work: (inbox: Inbox) => Promise<T>,
): Promise<T> {
  await ready();
  const held = heldLogs(profile);
  const stream = await connection.openStream({ live: false, lease: 0n });
  try {
    const inbox = new Inbox(profile, connection, stream, held);
    await inbox.learn(stream.heads);
    await inbox.catchUp();
    return await work(inbox);
  } finally {
    await stream.close();
  }
}

/**
 * Makes one change of a group's membership, on top of its newest state. When another change was quicker, `decide` is
 * asked again with the state after that; what it throws, for a change that makes no sense any more, is thrown. Undefined:
 * there is nothing to change. Rejects with NetError, ChatError `not_allowed`.
 */
export async function changeMembership(
  profile: Profile,
  connection: RelayConnection,
  conversation: number,
  decide: (state: MembershipState) => MembershipContent | undefined,
): Promise<void> {
  await withInbox(profile, connection, async (inbox) => {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      await inbox.bringToHead(conversation);
      const stored = readConversation(profile.db, conversation);
      const content = decide(memberState(profile, stored));
      if (content === undefined) return;
      const entry = signEntry(profile, membershipOf(profile, stored), content);
      const taken = await appendEntry(connection, entry);
      if (taken === "too late") continue;
      await inbox.learn(taken.moved);
      await inbox.bringToHead(conversation);
      checkTaken(profile, conversation, entry, taken);
      return;
    }
    throw new NetError("timeout", "the group changes too fast");
  });
}

/** An entry that the relay says it took is in the log, just where it says. Throws `security_stop`. */
export function checkTaken(
  profile: Profile,
  conversation: number,
  entry: Uint8Array,
  { sequence }: Pick<Taken, "sequence">,
): void {
  const stored = readConversation(profile.db, conversation);
  const { hash } = readMembershipEntry(entry);
  const [before] = readLogHashes(profile.db, conversation, sequence - 1, stored.generation);
  const [there] = readLogHashes(profile.db, conversation, sequence, stored.generation);
  if (before !== undefined && there !== undefined) {
    const expected = extendLog({ sequence: sequence - 1, hash: before }, membershipRowHash(hash));
    if (equal(expected.hash, there)) return;
  }
  throw alarm(profile, {
    kind: "log_withheld",
    text: `The relay does not show a change ${whereabouts(stored)} that it says it took.`,
    conversation,
    evidence: { sequence, hash },
  });
}

/** What the relay says of an entry that it took. */
interface Taken {
  /** The conversation as it stands then, if this account may see it. */
  readonly moved: Conversation[];
  /** Its number in the log. */
  readonly sequence: number;
}

/** Throws `not_allowed` for what the relay does not permit. */
export async function appendEntry(
  connection: RelayConnection,
  entry: Uint8Array,
): Promise<Taken | "too late"> {
  try {
    const { conversation, sequence } = await connection.appendMembershipEntry(entry);
    return { moved: conversation === undefined ? [] : [conversation], sequence: Number(sequence) };
  } catch (error) {
    if (!(error instanceof NetError) || error.code !== "refused") throw error;
    if (error.reason === "head_moved") return "too late";
    if (error.reason === "not_permitted" || error.reason === "bad_signature") {
      throw new ChatError("not_allowed", "The relay does not permit this change of the group.", {
        cause: error,
      });
    }
    throw error;
  }
}
