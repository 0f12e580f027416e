import { connector } from "../../core/connection/connect.ts";
import { groupCalled } from "../../core/conversations/conversations.ts";
import { createGroup } from "../../core/groups/create-group.ts";
import { groupInfo, listRooms, type Role, type RoomListed } from "../../core/groups/group-info.ts";
import {
  acceptInvitation,
  declineInvitation,
  findInvitation,
  findInvitationFrom,
  joinRoom,
} from "../../core/groups/join-group.ts";
import {
  inviteMember,
  leaveGroup,
  removeMember,
  renameGroup,
  setPolicy,
  setRole,
} from "../../core/groups/manage-group.ts";
import { shareHistory } from "../../core/groups/share-history.ts";
import { type Connect, drainOutbox } from "../../core/outbox/drain-outbox.ts";
import type { Profile } from "../../core/profile.ts";
import { safeText } from "../../safe-text.ts";
import { type Context, unlessInterrupted } from "../context.ts";
import { groupObject, roomObject } from "../json-objects.ts";
import { dateOf, moment } from "../times.ts";
import { withProfile } from "../with-profile.ts";

/** Does something with a group over a connection, sends what that has queued, and shows the group as it is then. */
async function withGroup(
  context: Context,
  work: (
    profile: Profile,
    connection: Awaited<ReturnType<Connect>>,
  ) => Promise<{ conversation: number; said: string }>,
): Promise<void> {
  const { output } = context;
  await withProfile(context, async (profile) => {
    const connect = connector(profile, context.relay);
    const connection = await connect();
    try {
      const { conversation, said } = await unlessInterrupted(context, work(profile, connection));
      await drainOutbox(profile, connect, { signal: context.signal });
      if (output.json) output.object(groupObject(groupInfo(profile, conversation)));
      else if (!output.quiet) output.line(said);
    } finally {
      connection.close();
    }
  });
}

const numberOf = (profile: Profile, name: string): number => groupCalled(profile, name).conversation;

export async function create(
  context: Context,
  name: string,
  members: readonly string[],
  { room }: { room?: boolean },
): Promise<void> {
  await withGroup(context, async (profile, connection) => {
    const conversation = await createGroup(profile, connection, {
      name,
      kind: room === true ? "room" : "group",
    });
    for (const member of members) await inviteMember(profile, connection, conversation, member);
    const { name: made } = groupInfo(profile, conversation);
    const invited = members.length === 0 ? "" : ` ${members.length} invited.`;
    return { conversation, said: `Made the ${room === true ? "room" : "group"} #${made}.${invited}` };
  });
}

export async function invite(context: Context, name: string, members: readonly string[]): Promise<void> {
  await withGroup(context, async (profile, connection) => {
    const conversation = numberOf(profile, name);
    for (const member of members) await inviteMember(profile, connection, conversation, member);
    return { conversation, said: `Invited ${members.map(safeText).join(", ")}.` };
  });
}

export interface InvitationFlags {
  readonly from?: string;
  readonly as?: string;
}

function invitationCalled(profile: Profile, name: string, from: string | undefined) {
  return from === undefined ? findInvitation(profile, name) : findInvitationFrom(profile, name, from);
}

export async function accept(context: Context, name: string, { from, as }: InvitationFlags): Promise<void> {
  await withGroup(context, async (profile, connection) => {
    const invitation = invitationCalled(profile, name, from);
    const conversation = await acceptInvitation(profile, connection, invitation, as);
    return { conversation, said: `You are in #${groupInfo(profile, conversation).name} now.` };
  });
}

export async function decline(context: Context, name: string, { from }: InvitationFlags): Promise<void> {
  await withGroup(context, async (profile, connection) => {
    const invitation = invitationCalled(profile, name, from);
    await declineInvitation(profile, connection, invitation);
    return { conversation: invitation.conversation, said: `Declined #${safeText(invitation.peerName)}.` };
  });
}

export async function remove(context: Context, name: string, member: string): Promise<void> {
  await withGroup(context, async (profile, connection) => {
    const conversation = numberOf(profile, name);
    await removeMember(profile, connection, conversation, member);
    return {
      conversation,
      said: `${safeText(member)} is not in #${groupInfo(profile, conversation).name} any more.`,
    };
  });
}

export async function leave(context: Context, name: string): Promise<void> {
  await withGroup(context, async (profile, connection) => {
    const conversation = numberOf(profile, name);
    await leaveGroup(profile, connection, conversation);
    return { conversation, said: `You have left #${groupInfo(profile, conversation).name}.` };
  });
}

export async function role(context: Context, name: string, member: string, given: Role): Promise<void> {
  await withGroup(context, async (profile, connection) => {
    const conversation = numberOf(profile, name);
    await setRole(profile, connection, conversation, member, given);
    return { conversation, said: `${safeText(member)} is ${given === "member" ? "a" : "an"} ${given} now.` };
  });
}

export async function rename(context: Context, name: string, newName: string): Promise<void> {
  await withGroup(context, async (profile, connection) => {
    const conversation = numberOf(profile, name);
    await renameGroup(profile, connection, conversation, newName);
    return { conversation, said: `It is called #${groupInfo(profile, conversation).name} now.` };
  });
}

export interface PolicyFlags {
  readonly invite?: Role;
  readonly post?: Role;
  readonly pin?: Role;
  readonly history?: "asked" | "automatic";
}

export async function share(context: Context, name: string, member: string, limit: number): Promise<void> {
  await withGroup(context, async (profile, connection) => {
    const conversation = numberOf(profile, name);
    const shared = await shareHistory(profile, connection, conversation, member, limit);
    if (shared === 0)
      return { conversation, said: `There is nothing here from before ${safeText(member)} joined.` };
    const messages = `${shared} ${shared === 1 ? "message" : "messages"}`;
    return { conversation, said: `Shared ${messages} with ${safeText(member)}.` };
  });
}

export async function policy(context: Context, name: string, wanted: PolicyFlags): Promise<void> {
  await withGroup(context, async (profile, connection) => {
    const conversation = numberOf(profile, name);
    await setPolicy(profile, connection, conversation, wanted);
    return { conversation, said: "The policy is set." };
  });
}

export async function info(context: Context, name: string): Promise<void> {
  const { output } = context;
  await withProfile(context, async (profile) => {
    const group = groupInfo(profile, numberOf(profile, name));
    if (output.json) {
      output.object(groupObject(group));
      return;
    }
    const title = group.title === group.name ? "" : ` (${safeText(group.title)})`;
    const standing =
      group.standing === "member" ? "" : `, you ${group.standing === "left" ? "left" : "were removed"}`;
    output.line(`${output.paint("bold", `#${group.name}`)}${title}  ${group.kind}${standing}`);
    for (const { name: member, role: has } of group.members) {
      output.line(
        `  ${output.paint("cyan", safeText(member))}${has === "member" ? "" : output.paint("dim", `  ${has}`)}`,
      );
    }
    for (const { name: invited, by } of group.invited) {
      output.line(`  ${safeText(invited)}${output.paint("dim", `  invited by ${safeText(by)}`)}`);
    }
    if (group.policy === undefined) return;
    const { invite: mayInvite, post, pin, history } = group.policy;
    output.line(output.paint("dim", `  who may: invite ${mayInvite}, write ${post}, pin ${pin}`));
    const unasked = history === "automatic" ? "" : " when asked";
    output.line(output.paint("dim", `  newcomers get the latest messages${unasked}`));
  });
}

export async function rooms(context: Context): Promise<void> {
  const { output } = context;
  await withProfile(context, async (profile) => {
    const all: RoomListed[] = [];
    const collecting = (async () => {
      for await (const room of listRooms(profile, connector(profile, context.relay))) {
        if (output.json) output.object(roomObject(room));
        else all.push(room);
      }
    })();
    await unlessInterrupted(context, collecting);
    if (output.json) return;
    if (all.length === 0) output.note("No rooms yet. `chat group create NAME --room` makes one.");
    const width = Math.max(0, ...all.map(({ name }) => name.length));
    for (const { name, members, createdAt, joined } of all) {
      const people = `${members} ${members === 1 ? "member" : "members"}`;
      const since = `since ${moment(dateOf(createdAt), context.now())}${joined ? ", you are in it" : ""}`;
      output.line(
        `${output.paint("cyan", `#${safeText(name)}`.padEnd(width + 1))}  ${people}  ${output.paint("dim", since)}`,
      );
    }
  });
}

export async function join(context: Context, name: string, { as }: { as?: string }): Promise<void> {
  await withGroup(context, async (profile, connection) => {
    const conversation = await joinRoom(profile, connection, name, as);
    return { conversation, said: `You are in #${groupInfo(profile, conversation).name} now.` };
  });
}
