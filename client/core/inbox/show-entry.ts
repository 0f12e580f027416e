import { type AccountId, type MembershipEntry, readMembershipEntry } from "../../../keys/index.ts";
import type { StoredConversation } from "../../store/conversations.ts";
import { addEvent, type EventKind } from "../../store/events.ts";
import { setTitle } from "../../store/groups.ts";
import type { StagedRow } from "../../store/staged-rows.ts";
import { noteJoin } from "../groups/claim-history.ts";
import { tellTitle } from "../groups/group-title.ts";
import { nameOf } from "../groups/memberships.ts";
import type { Profile } from "../profile.ts";

interface Told {
  readonly event: EventKind;
  readonly details?: Readonly<Record<string, string>>;
}

/** Tells those who follow what a membership entry has changed. It was verified when it was staged. In a transaction. */
export function showEntry(profile: Profile, stored: StoredConversation, row: StagedRow): void {
  const { entry: bytes } = row;
  if (bytes === undefined) return;
  const entry = readMembershipEntry(bytes);
  const { conversation } = stored;
  if (entry.content.type === "rename") setTitle(profile.db, conversation, entry.content.name);
  if (entry.content.type === "join") {
    noteJoin(profile, stored, row, entry);
    tellTitle(profile, stored, entry.signer.accountId);
  }
  const told = tell(profile, entry);
  if (told === undefined) return;
  addEvent(profile.db, {
    eventId: entry.hash.slice(0, 16),
    conversation,
    accountId: entry.signer.accountId,
    deviceId: entry.signer.deviceId,
    sequence: row.sequence,
    at: entry.createdAt,
    ...told,
  });
}

function tell(profile: Profile, { content, signer }: MembershipEntry): Told | undefined {
  const member = (account: AccountId) => ({ member: nameOf(profile, account) });
  switch (content.type) {
    case "create":
    case "join":
      return { event: "joined", details: member(signer.accountId) };
    case "invite":
      return { event: "invited", details: member(content.accountId) };
    case "remove":
      return { event: "removed", details: member(content.accountId) };
    case "leave":
      return { event: "left", details: member(signer.accountId) };
    case "role":
      return { event: "role", details: { ...member(content.accountId), role: content.role } };
    case "policy":
      return { event: "policy" };
    case "rename":
      return { event: "renamed", details: { title: content.name } };
    case "rekey":
    case "checkpoint":
      return undefined;
  }
}
