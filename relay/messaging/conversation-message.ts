import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ConversationSchema, RosterSchema } from "../../proto/gen/sotto/relay/v1/messaging_pb.ts";
import type { Roster } from "./rosters.ts";
import type { ConversationRow } from "./sql/select-conversations.ts";

export function conversationMessage(row: ConversationRow): MessageInitShape<typeof ConversationSchema> {
  const membership = membershipHead(row.membership_sequence, row.membership_hash);
  const startMembership = membershipHead(row.start_entry_sequence, row.start_entry_hash);
  return {
    conversationId: row.conversation_id,
    kind: row.kind,
    incarnation: row.incarnation,
    head: row.head,
    cursor: row.cursor,
    rosterVersion: row.roster_version,
    members: row.members,
    ...(membership && { membership }),
    start: row.start_sequence,
    ...(row.start_hash && { startHash: row.start_hash }),
    ...(startMembership && { startMembership }),
    end: row.end_sequence ?? 0n,
    ...(row.restored_hash && {
      restoredSequence: row.restored_sequence,
      restoredHash: row.restored_hash,
      startHash: row.start_hash ?? row.first_hash ?? new Uint8Array(),
    }),
  };
}

export function rosterMessage(roster: Roster): MessageInitShape<typeof RosterSchema> {
  const { conversationId, version, hash, membership } = roster;
  const [devices, absent] = [[...roster.devices], [...roster.absent]];
  return { conversationId, version, hash, devices, absent, ...(membership && { membership }) };
}

function membershipHead(sequence: bigint | null, hash: Uint8Array | null) {
  return sequence === null || hash === null ? undefined : { sequence, hash };
}
