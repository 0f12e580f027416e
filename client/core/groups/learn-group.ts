import {
  type ConversationId,
  conversationId,
  encodeStoredMembership,
  equal,
  type MembershipState,
  memberOf,
  toHex,
} from "../../../keys/index.ts";
import { NetError } from "../../net/net-error.ts";
import type { Conversation, RelayConnection } from "../../net/relay-connection.ts";
import { findConversation, type StoredConversation } from "../../store/conversations.ts";
import { transact } from "../../store/database.ts";
import {
  addGroup,
  enterGroup,
  forgetLog,
  saveMembership,
  setStanding,
  setTitle,
} from "../../store/groups.ts";
import { wasThereFromTheStart } from "../conversations/show-start.ts";
import { alarm } from "../people/security.ts";
import type { Profile } from "../profile.ts";
import { fetchMembership, membershipOf } from "./memberships.ts";

/**
 * Takes in a group or room that another device of this account has come into, or where the account was while this device
 * was none: with the membership that its log here begins with, every entry of it verified. Returns its local number;
 * undefined when the account is out again. Throws `security_stop` for a group that this account is not in.
 */
export async function learnGroup(
  profile: Profile,
  connection: RelayConnection,
  shown: Conversation,
): Promise<number | undefined> {
  const known = findConversation(profile.db, shown.conversationId);
  if (known !== undefined && !beginsAnew(profile, known, shown)) return known.conversation;
  if (shown.conversationId.length !== 32) throw notOurs(profile);
  const id = conversationId(shown.conversationId);
  const stay = await verifiedStay(profile, connection, id, shown, known?.log !== undefined);
  if (stay === "over") {
    // It says at once that the account is out again, and still in.
    if (known === undefined && shown.end === 0n) throw notOurs(profile);
    const isOpen = known?.standing === "member" || known?.standing === "invited";
    if (isOpen) transact(profile.db, () => setStanding(profile.db, known.conversation, "left"));
    return undefined;
  }
  return transact(profile.db, () => enter(profile, id, stay));
}

/** Whether the log here does not lead to where the relay says that this account's reading begins. */
function beginsAnew(profile: Profile, known: StoredConversation, shown: Conversation): boolean {
  const { log } = known;
  if (log !== undefined) {
    return equal(log.incarnation, shown.incarnation) && shown.start > BigInt(log.head.sequence);
  }
  // Whoever has just made the group, or joins it on this device, has seen to it himself.
  if (shown.start === 0n) return known.standing === "invited";
  const held = membershipOf(profile, known)?.head.hash;
  return held === undefined || !equal(held, shown.startMembership?.hash ?? new Uint8Array());
}

interface Stay {
  readonly kind: MembershipState["kind"];
  readonly name: string;
  /** Before the first row of the log here; undefined when that is the first of all. */
  readonly before: MembershipState | undefined;
  /** The account was a member there already. */
  readonly isIn: boolean;
}

async function verifiedStay(
  profile: Profile,
  connection: RelayConnection,
  id: ConversationId,
  shown: Conversation,
  hasLog: boolean,
): Promise<Stay | "over"> {
  const own = profile.identity.accountId;
  const start = shown.startMembership;
  if (shown.start > 0n !== (start !== undefined)) throw notOurs(profile);
  const held = start === undefined ? 0 : Number(start.sequence) + 1;
  try {
    const before =
      start === undefined
        ? undefined
        : await fetchMembership(profile, connection, id, "a group", { wanted: held });
    if (before !== undefined && !equal(before.head.hash, start?.hash ?? new Uint8Array()))
      throw notOurs(profile);
    const isIn = before !== undefined && memberOf(before, own) !== undefined;
    // Only where a device was added later its reading begins in the middle of a stay.
    if (isIn && (wasThereFromTheStart(profile) || hasLog)) throw withheld(profile, shown);
    // Otherwise the first row is the entry by which this account came in.
    const after = isIn
      ? before
      : await fetchMembership(profile, connection, id, "a group", { wanted: held + 1, after: before });
    if (memberOf(after, own) === undefined) throw notOurs(profile);
    return { kind: after.kind, name: after.name, before, isIn };
  } catch (error) {
    if (error instanceof NetError && error.reason === "unknown_conversation") return "over";
    throw error;
  }
}

function enter({ db }: Profile, id: ConversationId, { kind, name, before, isIn }: Stay): number {
  const known = findConversation(db, id);
  const alias = kind === "room" ? name : `group-${toHex(id).slice(0, 8)}`;
  const conversation =
    known?.conversation ?? addGroup(db, { conversationId: id, kind, alias, title: alias, standing: "left" });
  if (kind === "room") setTitle(db, conversation, name);
  forgetLog(db, conversation);
  saveMembership(db, conversation, before === undefined ? undefined : encodeStoredMembership(before));
  if (isIn) enterGroup(db, conversation);
  else if (known?.standing === "member") setStanding(db, conversation, "left");
  return conversation;
}

function withheld(profile: Profile, { conversationId: id }: Conversation) {
  const known = findConversation(profile.db, id);
  return alarm(profile, {
    kind: "log_withheld",
    text: `The relay leaves out what was said in ${known === undefined ? "a group" : `#${known.peerName}`}.`,
    ...(known === undefined ? {} : { conversation: known.conversation }),
  });
}

function notOurs(profile: Profile) {
  return alarm(profile, {
    kind: "membership_forged",
    text: "The relay says that you are in a group that you have not joined.",
  });
}
