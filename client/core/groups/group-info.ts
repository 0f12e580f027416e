import { type Policy, type Role, toHex, validGroupName } from "../../../keys/index.ts";
import { NetError } from "../../net/net-error.ts";
import { findConversation, readConversation, type Standing } from "../../store/conversations.ts";
import type { GroupKind } from "../../store/groups.ts";
import { ChatError } from "../chat-error.ts";
import { isGroup } from "../conversations/conversations.ts";
import type { Connect } from "../outbox/drain-outbox.ts";
import type { Profile } from "../profile.ts";
import { membershipOf, nameOf } from "./memberships.ts";

export type { Role };

export interface GroupInfo {
  /** The alias here. */
  readonly name: string;
  readonly kind: GroupKind;
  readonly title: string;
  /** Hex. */
  readonly conversation: string;
  readonly standing: Standing;
  readonly members: readonly { readonly name: string; readonly role: Role }[];
  readonly invited: readonly { readonly name: string; readonly by: string }[];
  readonly policy: Policy | undefined;
  /** How many entries the membership chain has. */
  readonly entries: number;
}

const order: readonly Role[] = ["owner", "admin", "member"];

/** A group as this profile has verified it; no network. */
export function groupInfo(profile: Profile, conversation: number): GroupInfo {
  const stored = readConversation(profile.db, conversation);
  const { kind, peerName, title, conversationId, standing } = stored;
  if (!isGroup(kind) || conversationId === undefined) {
    throw new ChatError("unknown_conversation", `${peerName} is not a group.`);
  }
  const state = membershipOf(profile, stored);
  const members = (state?.members ?? []).map(({ accountId, role }) => ({
    name: nameOf(profile, accountId),
    role,
  }));
  return {
    name: peerName,
    kind,
    title: title ?? peerName,
    conversation: toHex(conversationId),
    standing,
    members: members.sort(
      (one, other) => order.indexOf(one.role) - order.indexOf(other.role) || (one.name < other.name ? -1 : 1),
    ),
    invited: (state?.invited ?? []).map(({ accountId, inviter }) => ({
      name: nameOf(profile, accountId),
      by: nameOf(profile, inviter),
    })),
    policy: state?.policy,
    entries: (state?.head.sequence ?? -1) + 1,
  };
}

export interface RoomListed {
  readonly name: string;
  readonly members: number;
  /** Milliseconds since 1970, by the relay's clock. */
  readonly createdAt: number;
  /** Whether this account is in it. */
  readonly joined: boolean;
}

/** The open rooms, in the order of their names, as the relay says. Rejects with NetError. */
export async function* listRooms(profile: Profile, connect: Connect): AsyncGenerator<RoomListed> {
  const connection = await connect();
  try {
    let token = "";
    let last = "";
    do {
      const page = await connection.listRooms({ token });
      for (const { name, members, createdAt, conversationId } of page.rooms) {
        if (!validGroupName(name) || name <= last) {
          throw new NetError("untrusted", "the relay's list of rooms is not in order");
        }
        last = name;
        const known = findConversation(profile.db, conversationId);
        yield { name, members, createdAt: Number(createdAt), joined: known?.standing === "member" };
      }
      token = page.rooms.length === 0 ? "" : page.nextPageToken;
    } while (token !== "");
  } finally {
    connection.close();
  }
}
