import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ConversationSchema, RosterSchema } from "../../proto/gen/sotto/relay/v1/messaging_pb.ts";
import type { Roster } from "./rosters.ts";
import type { ConversationRow } from "./sql/select-conversations.ts";

export function conversationMessage(row: ConversationRow): MessageInitShape<typeof ConversationSchema> {
  return {
    conversationId: row.conversation_id,
    kind: row.kind,
    incarnation: row.incarnation,
    head: row.head,
    cursor: row.cursor,
    rosterVersion: row.roster_version,
    members: row.members,
    ...membershipMessage(row.membership_sequence, row.membership_hash),
    start: row.start_sequence,
    ...(row.start_hash && { startHash: row.start_hash }),
    end: row.end_sequence ?? 0n,
  };
}

export function rosterMessage(roster: Roster): MessageInitShape<typeof RosterSchema> {
  const { conversationId, version, hash, devices, membership } = roster;
  return { conversationId, version, hash, devices: [...devices], ...(membership && { membership }) };
}

function membershipMessage(sequence: bigint | null, hash: Uint8Array | null) {
  return sequence === null || hash === null ? {} : { membership: { sequence, hash } };
}
