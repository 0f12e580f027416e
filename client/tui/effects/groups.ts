import { conversationHead, groupHistory } from "../../core/conversations/conversation-head.ts";
import { groupCalled } from "../../core/conversations/conversations.ts";
import { createGroup as makeGroup } from "../../core/groups/create-group.ts";
import { groupInfo, listRooms as roomsOf } from "../../core/groups/group-info.ts";
import {
  acceptInvitation,
  declineInvitation,
  findInvitation,
  invitationNumbered,
  joinRoom as joinOpenRoom,
} from "../../core/groups/join-group.ts";
import {
  inviteMember,
  leaveGroup,
  removeMember,
  renameGroup,
  setPolicy,
  setRole,
} from "../../core/groups/manage-group.ts";
import type { Connect } from "../../core/outbox/drain-outbox.ts";
import type { Profile } from "../../core/profile.ts";
import { safeText } from "../../safe-text.ts";
import type { RoomRow } from "../model/data.ts";
import type { Effect } from "../model/effect.ts";
import type { Tell } from "../runtime.ts";
import { failureOf, groupOf, roomOf } from "./adapt.ts";
import type { Doing } from "./doing.ts";
import type { Live } from "./live.ts";
import { liveOf } from "./live-of.ts";
import type { Session } from "./session.ts";

const MOST_HISTORY = 500;

type Connection = Awaited<ReturnType<Connect>>;

/** What came of it: in which conversation, if that is there, and a sentence. */
interface Outcome {
  readonly conversation?: number;
  readonly said: string;
}

export const loadGroup: Doing<"load group"> = (session, { name }, tell) => {
  const live = liveOf(session);
  const conversation = numberOf(live, name);
  const { profile, rows } = live;
  const group = groupOf(groupInfo(profile, conversation), groupHistory(profile, conversation, MOST_HISTORY), {
    name,
    own: profile.identity.name,
    notify: rows.names.summaryOf(name)?.notify ?? "all",
    verified: conversationHead(profile, conversation)?.verified ?? [],
  });
  tell({ kind: "loaded", loaded: { what: "group", group } });
};

export const listRooms: Doing<"list rooms"> = async (session, _effect, tell) => {
  const live = liveOf(session);
  const rooms: RoomRow[] = [];
  for await (const room of roomsOf(live.profile, live.connect)) rooms.push(roomOf(room));
  tell({ kind: "loaded", loaded: { what: "rooms", rooms } });
};

/** Who could not be invited is said after that it was made: it is there all the same. */
export const createGroup: Doing<"create group"> = (session, { kind, name, members, open }, tell) =>
  change(session, kind, tell, async (profile, connection) => {
    const conversation = await makeGroup(profile, connection, { name, kind: open ? "room" : "group" });
    for (const member of members) {
      try {
        await inviteMember(profile, connection, conversation, member);
      } catch (error) {
        tell({ kind: "failed", effect: "invite", failure: failureOf(error) });
      }
    }
    return { conversation, said: `Made the ${open ? "room" : "group"} #${aliasOf(profile, conversation)}.` };
  });

export const joinRoom: Doing<"join room"> = (session, { kind, name }, tell) =>
  change(session, kind, tell, async (profile, connection) => {
    const conversation = await joinOpenRoom(profile, connection, name);
    return { conversation, said: `You are in #${aliasOf(profile, conversation)} now.` };
  });

export const accept: Doing<"accept"> = (session, { kind, name }, tell) =>
  change(session, kind, tell, async (profile, connection, live) => {
    const conversation = await acceptInvitation(profile, connection, invitationCalled(live, name));
    return { conversation, said: `You are in #${aliasOf(profile, conversation)} now.` };
  });

export const decline: Doing<"decline"> = (session, { kind, name }, tell) =>
  change(session, kind, tell, async (profile, connection, live) => {
    const invitation = invitationCalled(live, name);
    await declineInvitation(profile, connection, invitation);
    return { said: `Declined #${invitation.peerName}.` };
  });

export const leave: Doing<"leave"> = (session, { kind, name }, tell) =>
  change(session, kind, tell, async (profile, connection, live) => {
    const conversation = numberOf(live, name);
    await leaveGroup(profile, connection, conversation);
    return { conversation, said: `You have left #${aliasOf(profile, conversation)}.` };
  });

export const invite: Doing<"invite"> = (session, { kind, group, member }, tell) =>
  change(session, kind, tell, async (profile, connection, live) => {
    const conversation = numberOf(live, group);
    await inviteMember(profile, connection, conversation, member);
    return { conversation, said: `Invited ${member}.` };
  });

export const remove: Doing<"remove"> = (session, { kind, group, member }, tell) =>
  change(session, kind, tell, async (profile, connection, live) => {
    const conversation = numberOf(live, group);
    await removeMember(profile, connection, conversation, member);
    return { conversation, said: `${member} is not in #${aliasOf(profile, conversation)} any more.` };
  });

export const role: Doing<"role"> = (session, { kind, group, member, role: given }, tell) =>
  change(session, kind, tell, async (profile, connection, live) => {
    const conversation = numberOf(live, group);
    await setRole(profile, connection, conversation, member, given);
    return { conversation, said: `${member} is ${given === "member" ? "a" : "an"} ${given} now.` };
  });

export const rename: Doing<"rename"> = (session, { kind, group, title }, tell) =>
  change(session, kind, tell, async (profile, connection, live) => {
    const conversation = numberOf(live, group);
    await renameGroup(profile, connection, conversation, title);
    return { conversation, said: `It is called #${aliasOf(profile, conversation)} now.` };
  });

export const policy: Doing<"policy"> = (session, { kind, group, policy: wanted }, tell) =>
  change(session, kind, tell, async (profile, connection, live) => {
    const conversation = numberOf(live, group);
    const change = wanted.what === "history" ? { history: wanted.when } : { [wanted.what]: wanted.least };
    await setPolicy(profile, connection, conversation, change);
    return { conversation, said: "Who may do what is set." };
  });

/** Does something over a connection, tells what came of it, and sends what that has queued. */
async function change(
  session: Session,
  effect: Effect["kind"],
  tell: Tell,
  work: (profile: Profile, connection: Connection, live: Live) => Promise<Outcome>,
): Promise<void> {
  const live = liveOf(session);
  const connection = await live.connect();
  try {
    const { conversation, said } = await work(live.profile, connection, live);
    live.look();
    const name = conversation === undefined ? undefined : live.rows.names.nameOf(conversation);
    tell({
      kind: "loaded",
      loaded: {
        what: "done",
        effect,
        conversation: name === undefined ? undefined : safeText(name),
        said: safeText(said),
      },
    });
  } finally {
    connection.close();
    live.send();
  }
}

function aliasOf(profile: Profile, conversation: number): string {
  return groupInfo(profile, conversation).name;
}

function numberOf(live: Live, name: string): number {
  return live.rows.names.numberOf(name) ?? groupCalled(live.profile, name).conversation;
}

function invitationCalled(live: Live, name: string) {
  const number = live.rows.names.numberOf(name);
  const found = number === undefined ? undefined : invitationNumbered(live.profile, number);
  return found ?? findInvitation(live.profile, name);
}
