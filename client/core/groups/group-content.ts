import {
  type AccountId,
  accountId,
  atLeast,
  conversationId,
  type DeviceAddress,
  equal,
  type Hash,
  memberOf,
  type Role,
  toHex,
} from "../../../keys/index.ts";
import { findConversation, type StoredConversation } from "../../store/conversations.ts";
import { addEvent } from "../../store/events.ts";
import { addGroup, readInvitations, setInvitedBy, setStanding, setTitle } from "../../store/groups.ts";
import { isGroup } from "../conversations/conversations.ts";
import type { GroupContent } from "../messages/content.ts";
import { tellRequest } from "../people/tell-request.ts";
import type { Profile } from "../profile.ts";
import { noteClaim } from "./claim-history.ts";
import { aliasFrom, shortTitle } from "./group-names.ts";
import { setTitleOrigin } from "./group-title.ts";
import { membershipOf } from "./memberships.ts";
import { takeHistory } from "./take-history.ts";

/** Beyond it further invitations are passed over: they cost their senders nothing. */
const MAX_INVITATIONS = 1_000;
const MAX_OF_ONE_INVITER = 100;

interface Said {
  readonly stored: StoredConversation;
  readonly from: DeviceAddress;
  /** In the group, at that row. */
  readonly role: Role | undefined;
  readonly sequence: number;
  readonly contentHash: Hash;
  readonly sentAt: number;
}

/** What members of groups tell each other's programs. Inside a transaction. */
export function takeGroupContent(profile: Profile, said: Said, content: GroupContent): void {
  switch (content.case) {
    case "invitation":
      takeInvitation(profile, said, content.value);
      return;
    case "title":
      takeTitle(profile, said, content.value.title);
      return;
    case "historyClaim":
      if (said.role !== undefined) noteClaim(profile, said.stored, content.value.join);
      return;
    case "history":
      takeHistory(profile, said, content.value);
      return;
  }
}

/** In a direct conversation: somebody asks this account into a group. The membership is verified when it accepts. */
function takeInvitation(
  profile: Profile,
  { stored, from, contentHash, sentAt }: Said,
  value: { conversationId: Uint8Array; title: string },
): void {
  const { db, identity } = profile;
  if (stored.kind !== "dm" || equal(from.accountId, identity.accountId)) return;
  if (value.conversationId.length !== 32) return;
  const id = conversationId(value.conversationId);
  const title = shortTitle(value.title);
  const alias = aliasFrom(title) ?? `group-${toHex(id).slice(0, 8)}`;
  const known = findConversation(db, id);
  if (known === undefined) {
    if (!hasRoomFor(readInvitations(db), from.accountId)) return;
    const group = {
      conversationId: id,
      kind: "group" as const,
      alias,
      title,
      standing: "invited" as const,
      invitedBy: from.accountId,
    };
    const conversation = addGroup(db, group);
    tellInvited(profile, conversation, from.accountId, contentHash, sentAt, title);
    tellRequest(profile, { conversation, conversationId: id }, from.accountId, "invitation");
    return;
  }
  if (!isGroup(known.kind) || known.standing === "member") return;
  if (known.standing === "invited") {
    // Whoever invited first may correct what he said; another's word does not replace it.
    if (known.invitedBy !== undefined && equal(known.invitedBy, from.accountId)) {
      setTitle(db, known.conversation, title);
    }
    return;
  }
  setStanding(db, known.conversation, "invited");
  setInvitedBy(db, known.conversation, from.accountId);
  tellInvited(profile, known.conversation, from.accountId, contentHash, sentAt, title);
  tellRequest(profile, known, from.accountId, "invitation");
}

function hasRoomFor(pending: readonly StoredConversation[], inviter: AccountId): boolean {
  const his = pending.filter(({ invitedBy }) => invitedBy !== undefined && equal(invitedBy, inviter));
  return pending.length < MAX_INVITATIONS && his.length < MAX_OF_ONE_INVITER;
}

function tellInvited(
  profile: Profile,
  conversation: number,
  inviter: AccountId,
  contentHash: Hash,
  at: number,
  title: string,
): void {
  addEvent(profile.db, {
    eventId: contentHash.slice(0, 16),
    event: "invited",
    conversation,
    accountId: accountId(inviter),
    at,
    details: { member: profile.identity.name, title },
  });
}

function takeTitle(
  profile: Profile,
  { stored, from, role, sequence, contentHash, sentAt }: Said,
  given: string,
): void {
  if (stored.kind !== "group" || role === undefined || !atLeast(role, "admin")) return;
  const title = shortTitle(given);
  setTitle(profile.db, stored.conversation, title);
  setTitleOrigin(profile.db, stored.conversation, "read in the log");
  const state = membershipOf(profile, stored);
  if (state === undefined || memberOf(state, from.accountId) === undefined) return;
  addEvent(profile.db, {
    eventId: contentHash.slice(0, 16),
    event: "renamed",
    conversation: stored.conversation,
    accountId: from.accountId,
    deviceId: from.deviceId,
    sequence,
    at: sentAt,
    details: { title },
  });
}
