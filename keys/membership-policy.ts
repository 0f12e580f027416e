// Roles, and what a group or room lets its members do: SPEC §8.4.
import type { Reader, Writer } from "./encoding.ts";
import { KeysError } from "./errors.ts";

export type GroupKind = "group" | "room";
export type Role = "member" | "admin" | "owner";

/** The least role for each, and whether newcomers get earlier messages unasked. */
export interface Policy {
  readonly invite: Role;
  readonly post: Role;
  readonly pin: Role;
  readonly history: "asked" | "automatic";
}

export const defaultPolicies: Readonly<Record<GroupKind, Policy>> = {
  group: { invite: "member", post: "member", pin: "member", history: "asked" },
  room: { invite: "member", post: "member", pin: "admin", history: "automatic" },
};

const MAX_NAME_BYTES = 32;
const roles: readonly Role[] = ["member", "admin", "owner"];
const kinds: readonly GroupKind[] = ["group", "room"];
const histories: readonly Policy["history"][] = ["asked", "automatic"];

/** As entries have it and tables keep it: 1 member, 2 admin, 3 owner. */
export function rankOf(role: Role): number {
  return roles.indexOf(role) + 1;
}

/** Undefined for a number that no role has. */
export function roleRanked(rank: number): Role | undefined {
  return roles[rank - 1];
}

export function atLeast(role: Role, least: Role): boolean {
  return rankOf(role) >= rankOf(least);
}

/** 1-32 of a-z 0-9 _ . - and the first a letter or a digit. */
export function validGroupName(name: string): boolean {
  return /^[a-z0-9][a-z0-9_.-]{0,31}$/.test(name);
}

function named<T>(names: readonly T[], at: number, what: string): T {
  const name = names[at];
  if (name === undefined) throw new KeysError("malformed", `not a ${what}`);
  return name;
}

export function writeRole(writer: Writer, role: Role): void {
  writer.u8(rankOf(role));
}

export function readRole(reader: Reader): Role {
  return named(roles, reader.u8() - 1, "role");
}

/** The kind, and the name: a room has one, a group's title is a message. */
export function writeKind(writer: Writer, kind: GroupKind, name: string): void {
  writer.u8(kinds.indexOf(kind) + 1).text(name, MAX_NAME_BYTES);
}

export function readKind(reader: Reader): { kind: GroupKind; name: string } {
  const kind = named(kinds, reader.u8() - 1, "kind of conversation");
  const name = reader.text(MAX_NAME_BYTES);
  if (kind === "room" ? !validGroupName(name) : name !== "") {
    throw new KeysError("malformed", "a room has a name, a group has none");
  }
  return { kind, name };
}

export function writeName(writer: Writer, name: string): void {
  writer.text(name, MAX_NAME_BYTES);
}

export function readName(reader: Reader): string {
  const name = reader.text(MAX_NAME_BYTES);
  if (!validGroupName(name)) throw new KeysError("malformed", "not a name of a room");
  return name;
}

export function writePolicy(writer: Writer, policy: Policy): void {
  writeRole(writer, policy.invite);
  writeRole(writer, policy.post);
  writeRole(writer, policy.pin);
  writer.u8(histories.indexOf(policy.history));
}

export function readPolicy(reader: Reader): Policy {
  const invite = readRole(reader);
  const post = readRole(reader);
  const pin = readRole(reader);
  return { invite, post, pin, history: named(histories, reader.u8(), "way to share history") };
}
