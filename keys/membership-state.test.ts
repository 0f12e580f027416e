import { beforeAll, expect, test } from "vitest";
import { refusal } from "../test/support/assertions.ts";
import { compare, concat } from "./bytes.ts";
import { accountId } from "./ids.ts";
import { put } from "./make-vectors/damage.ts";
import { appoint, createContent, history, invite, join, remove } from "./make-vectors/groups.ts";
import { person } from "./make-vectors/people.ts";
import { checkpointOf } from "./membership.ts";
import {
  decodeMembership,
  decodeStoredMembership,
  encodeMembership,
  encodeStoredMembership,
  type Membership,
  type MembershipState,
  placeOf,
} from "./membership-state.ts";
import { ready } from "./sodium.ts";

/** With members, an admin, somebody invited, somebody removed, and a checkpoint that is not create. */
let state: MembershipState;

beforeAll(async () => {
  await ready();
  const [alice, bob, carol, dave] = [person("alice"), person("bob"), person("carol"), person("dave")];
  const grown = history([
    [alice, createContent("room")],
    [bob, join],
    [carol, join],
    [alice, appoint(bob, "admin")],
    [bob, remove(carol)],
    [alice, invite(dave)],
  ]);
  state = history([[alice, checkpointOf(grown.state)]], undefined, grown.state).state;
});

/** What `decodeMembership` reads, with some of it changed. */
const changed = (change: Partial<Membership>) =>
  refusal(() => decodeMembership(encodeMembership({ ...state, ...change })));

test("a state reads back as it was written, with and without what its hash leaves out", () => {
  expect(decodeStoredMembership(encodeStoredMembership(state))).toEqual(state);
  const { conversation: _, head: __, checkpoint: ___, ...membership } = state;
  expect(decodeMembership(encodeMembership(state))).toEqual(membership);
});

test("every state has one encoding: what is read is written as the same bytes", () => {
  const bytes = encodeMembership(state);
  for (let at = 0; at < bytes.length; at += 1) {
    const other = put(bytes, at, Uint8Array.of((bytes[at] ?? 0) ^ 1));
    if (refusal(() => decodeMembership(other)) === "nothing") {
      expect(encodeMembership(decodeMembership(other))).toEqual(other);
    }
  }
});

test("a byte more or less, or another version, is refused", () => {
  for (const [encode, decode] of [
    [encodeMembership, decodeMembership],
    [encodeStoredMembership, decodeStoredMembership],
  ] as const) {
    const bytes = encode(state);
    expect(refusal(() => decode(concat(bytes, Uint8Array.of(0))))).toBe("malformed");
    expect(refusal(() => decode(bytes.subarray(0, -1)))).toBe("malformed");
    expect(refusal(() => decode(put(bytes, 0, Uint8Array.of(2))))).toBe("unsupported_version");
  }
});

test("accounts out of order, twice, or in two lists are refused", () => {
  const { members, invited, removed } = state;
  expect(changed({})).toBe("nothing");
  expect(changed({ members: members.toReversed() })).toBe("malformed");
  expect(changed({ invited: [...invited, ...invited] })).toBe("malformed");
  expect(changed({ removed: [...removed, ...removed] })).toBe("malformed");
  expect(changed({ removed: members.map((member) => member.accountId) })).toBe("malformed");
  const [member] = members;
  expect(member && changed({ invited: [{ ...member, inviter: member.accountId }] })).toBe("malformed");
});

test("more members than there can be are refused before they are read", () => {
  const many = Array.from({ length: 257 }, (_, index) => {
    const id = new Uint8Array(32);
    new DataView(id.buffer).setUint32(0, index);
    return { accountId: accountId(id), role: "member" as const, head: 0 };
  });
  expect(changed({ members: many.slice(0, 256) })).toBe("nothing");
  expect(changed({ members: many })).toBe("malformed");
});

test("a place in a sorted list is found as a slow search finds it", () => {
  const ids = Array.from({ length: 20 }, (_, index) => accountId(new Uint8Array(32).fill(2 * index + 1)));
  const list = ids.map((id) => ({ accountId: id }));
  for (let byte = 0; byte < 42; byte += 1) {
    const asked = accountId(new Uint8Array(32).fill(byte));
    const at = ids.filter((id) => compare(id, asked) < 0).length;
    expect(placeOf(list, asked)).toEqual({ at, found: byte % 2 === 1 && byte < 40 });
  }
});
