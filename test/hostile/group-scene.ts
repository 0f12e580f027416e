// A room or group of real profiles, each with a liar of its own between it and the relay that they share.

import { type SyncReport, syncConversations } from "../../client/core/connection/sync.ts";
import { createGroup } from "../../client/core/groups/create-group.ts";
import { joinRoom } from "../../client/core/groups/join-group.ts";
import { queueMessage } from "../../client/core/outbox/send-message.ts";
import type { Profile } from "../../client/core/profile.ts";
import type { RelayConnection } from "../../client/net/relay-connection.ts";
import { readConversation } from "../../client/store/conversations.ts";
import { findGroups, type GroupKind } from "../../client/store/groups.ts";
import { equal } from "../../keys/index.ts";
import type { ConnectResponse, Delivery } from "../../proto/gen/sotto/relay/v1/messaging_pb.ts";
import type { Finished, Person } from "../support/chat.ts";
import { inside as insideOf, person } from "../support/person.ts";
import { type HostileRelay, hostileRelay } from "./hostile-relay.ts";

/** Somebody, and what his relay tells him. */
export interface Victim {
  readonly name: string;
  readonly person: Person;
  readonly liar: HostileRelay;
  leave(): Promise<void>;
}

export async function victim(name: string, relay: string): Promise<Victim> {
  const liar = await hostileRelay(relay);
  const someone = await person(name, liar.url);
  const leave = async () => {
    await someone.leave();
    await liar.stop();
  };
  return { name, person: someone, liar, leave };
}

/** Works on the profile in this process, which is what a client that was changed does, or a quicker honest one. */
export function inside<T>(
  { person: someone }: Victim,
  work: (profile: Profile, connection: RelayConnection) => T | Promise<T>,
): Promise<T> {
  return insideOf(someone, work);
}

/** An open room. */
export async function openRoom(
  name: string,
  owner: Victim,
  ...members: readonly Victim[]
): Promise<Uint8Array> {
  const id = await make(name, "room", owner);
  for (const member of members) {
    await inside(member, (profile, connection) => joinRoom(profile, connection, name));
  }
  return id;
}

export async function make(name: string, kind: GroupKind, owner: Victim): Promise<Uint8Array> {
  return inside(owner, async (profile, connection) => {
    const made = await createGroup(profile, connection, { name, kind });
    const { conversationId } = readConversation(profile.db, made);
    if (conversationId === undefined) throw new Error("a group without an id");
    return conversationId;
  });
}

/** The local number of a group or room by its alias. */
export function numberOf(profile: Profile, alias: string): number {
  const [found] = findGroups(profile.db, alias);
  if (found === undefined) throw new Error(`no group ${alias}`);
  return found.conversation;
}

export function catchUp(who: Victim): Promise<SyncReport> {
  return inside(who, syncConversations);
}

/** Says something and fetches what is new. */
export function say(who: Victim, to: string, ...texts: readonly string[]): Promise<SyncReport> {
  return inside(who, (profile, connection) => {
    for (const text of texts) queueMessage(profile, { to, text });
    return syncConversations(profile, connection);
  });
}

/** Everybody has said something to everybody, so that all sessions stand. */
export async function acquaint(room: string, ...members: readonly Victim[]): Promise<void> {
  for (const member of members) await say(member, `#${room}`, `hello from ${member.name}`);
  for (const member of members) await catchUp(member);
}

/** What a person sees who reads a conversation. */
export function reads({ person: someone }: Victim, to: string, ...options: string[]): Promise<Finished> {
  return someone.chat(["read", to, ...options]);
}

export interface View {
  /** Rows as the relay has them, with what it makes of them; their numbers are put right. */
  readonly rows: (rows: Delivery[]) => Delivery[];
  /** By how many rows the log that is shown is longer, or, below 0, shorter. */
  readonly longer: number;
}

/**
 * Another log of one conversation for one reader, told consistently: rows, their numbers, and where the log ends. For a
 * reader who fetches all that changes at once.
 */
export function anotherLog(
  conversation: Uint8Array,
  { rows, longer }: View,
): (frame: ConnectResponse) => ConnectResponse[] {
  const isMeant = ({ conversationId }: { conversationId: Uint8Array }) => equal(conversationId, conversation);
  return (frame) => {
    for (const head of frame.heads.filter(isMeant)) {
      head.head += BigInt(longer);
      head.end = 0n;
    }
    const [pulled] = frame.pulled.filter(isMeant);
    if (pulled === undefined) return [frame];
    const first = frame.deliveries.filter(isMeant)[0]?.sequence ?? pulled.through + 1n;
    const shown = rows(frame.deliveries.filter(isMeant)).map((row, index) => ({
      ...row,
      sequence: first + BigInt(index),
    }));
    frame.deliveries = [...frame.deliveries.filter((row) => !isMeant(row)), ...shown];
    pulled.through = shown.at(-1)?.sequence ?? pulled.through;
    pulled.head += BigInt(longer);
    return [frame];
  };
}
