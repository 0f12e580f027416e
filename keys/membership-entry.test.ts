import { beforeAll, describe, expect, test } from "vitest";
import { refusal } from "../test/support/assertions.ts";
import { concat, equal } from "./bytes.ts";
import { Writer } from "./encoding.ts";
import { accountId, hash, signature } from "./ids.ts";
import { membershipRowHash, messageRowHash } from "./log.ts";
import { put } from "./make-vectors/damage.ts";
import {
  appoint,
  craftMembership,
  createContent,
  history,
  invite,
  join,
  leave,
  rekey,
  remove,
} from "./make-vectors/groups.ts";
import { type Person, person } from "./make-vectors/people.ts";
import { checkpointOf } from "./membership.ts";
import {
  encodeMembershipEntry,
  groupConversationId,
  MAX_MEMBERSHIP_ENTRY_BYTES,
  type MembershipContent,
  readMembershipEntry,
} from "./membership-entry.ts";
import { defaultPolicies, validGroupName } from "./membership-policy.ts";
import type { MembershipState } from "./membership-state.ts";
import { ready } from "./sodium.ts";

let alice: Person;
let bob: Person;
let state: MembershipState;
let contents: MembershipContent[];

beforeAll(async () => {
  await ready();
  alice = person("alice");
  bob = person("bob");
  state = history([[alice, createContent("room")]]).state;
  contents = [
    invite(bob),
    join,
    remove(bob),
    leave,
    appoint(bob, "admin"),
    { type: "policy", policy: defaultPolicies.room },
    rekey,
    { type: "rename", name: "operations" },
    checkpointOf(state),
  ];
});

// version, type, conversation 32, sequence 8, previous 32, account 32, device 16, head 40, created 8, length 4
const CONTENT_AT = 2 + 32 + 8 + 32 + 32 + 16 + 40 + 8 + 4;

/** An entry with this body and a signature that nobody looks at. */
const framed = (body: Uint8Array) => encodeMembershipEntry(body, signature(new Uint8Array(64)));
const bodyOf = (content: MembershipContent) =>
  readMembershipEntry(craftMembership(content.type === "create" ? undefined : state, alice, content)).body;
const read = (bytes: Uint8Array) => refusal(() => readMembershipEntry(bytes));

/** The body with other content, its length put right. */
function withContent(body: Uint8Array, content: Uint8Array): Uint8Array {
  return new Writer()
    .raw(body.subarray(0, CONTENT_AT - 4))
    .bytes(content, 65_536)
    .finish();
}

test("every kind of entry reads back as it was written", () => {
  const create = craftMembership(undefined, alice, createContent("group"));
  expect(readMembershipEntry(create).content).toEqual(createContent("group"));
  expect(readMembershipEntry(create).conversation).toBeNull();
  for (const content of contents) {
    const bytes = craftMembership(state, alice, content);
    const entry = readMembershipEntry(bytes);
    expect(entry.content).toEqual(content);
    expect(entry.bytes).toBe(bytes);
    expect(entry.signer).toEqual({
      accountId: alice.accountId,
      deviceId: alice.device.deviceId,
      head: alice.chain.head,
    });
    expect([entry.sequence, entry.previous, entry.conversation]).toEqual([
      1,
      state.head.hash,
      state.conversation,
    ]);
  }
});

describe("refused as malformed is", () => {
  test("an entry with a byte more or less, around the body, in it and in its content", () => {
    for (const content of contents) {
      const bytes = craftMembership(state, alice, content);
      const body = bodyOf(content);
      const inside = body.subarray(CONTENT_AT);
      expect(read(framed(withContent(body, inside)))).toBe("nothing");
      expect(read(concat(bytes, Uint8Array.of(0)))).toBe("malformed");
      expect(read(bytes.subarray(0, -1))).toBe("malformed");
      expect(read(framed(concat(body, Uint8Array.of(0))))).toBe("malformed");
      expect(read(framed(withContent(body, concat(inside, Uint8Array.of(0)))))).toBe("malformed");
      if (inside.length > 0)
        expect(read(framed(withContent(body, inside.subarray(0, -1))))).toBe("malformed");
    }
  });

  test("a role, kind or way to share history that there is not", () => {
    const role = bodyOf(appoint(bob, "owner"));
    for (const value of [0, 4])
      expect(read(framed(put(role, role.length - 1, Uint8Array.of(value))))).toBe("malformed");
    const policy = bodyOf({ type: "policy", policy: defaultPolicies.room });
    for (const at of [0, 1, 2]) {
      expect(read(framed(put(policy, CONTENT_AT + at, Uint8Array.of(0))))).toBe("malformed");
    }
    expect(read(framed(put(policy, CONTENT_AT + 3, Uint8Array.of(2))))).toBe("malformed");
    const create = bodyOf(createContent("room"));
    for (const kind of [0, 3])
      expect(read(framed(put(create, CONTENT_AT, Uint8Array.of(kind))))).toBe("malformed");
  });

  test("a room without a name, a group with one, a name that is none", () => {
    const create = bodyOf(createContent("room"));
    expect(read(framed(put(create, CONTENT_AT, Uint8Array.of(1))))).toBe("malformed");
    const group = bodyOf(createContent("group"));
    expect(read(framed(put(group, CONTENT_AT, Uint8Array.of(2))))).toBe("malformed");
    const rename = bodyOf({ type: "rename", name: "operations" });
    expect(read(framed(put(rename, CONTENT_AT + 4, Uint8Array.of(0x4f))))).toBe("malformed");
  });

  test("create with a place, and anything else without one", () => {
    const create = bodyOf(createContent("room"));
    const placed = [
      put(create, 2, state.conversation),
      put(create, 2 + 32 + 7, Uint8Array.of(1)),
      put(create, 2 + 40, state.head.hash),
    ];
    for (const body of placed) expect(read(framed(body))).toBe("malformed");
    expect(read(craftMembership(state, alice, rekey, { sequence: 0 }))).toBe("malformed");
    expect(read(craftMembership(undefined, alice, rekey))).toBe("malformed");
    expect(refusal(() => groupConversationId(craftMembership(state, alice, rekey)))).toBe("malformed");
  });

  test("a checkpoint without owners, or with owners out of order or twice", () => {
    const one = accountId(new Uint8Array(32).fill(1));
    const two = accountId(new Uint8Array(32).fill(2));
    const owned = (owners: readonly Uint8Array[]) => {
      const writer = new Writer().u16(owners.length);
      for (const owner of owners) writer.raw(owner);
      writer
        .u64(0)
        .raw(state.head.hash)
        .raw(hash(new Uint8Array(32)));
      return framed(withContent(bodyOf(checkpointOf(state)), writer.finish()));
    };
    expect(read(owned([one, two]))).toBe("nothing");
    for (const owners of [[], [two, one], [one, one]]) expect(read(owned(owners))).toBe("malformed");
  });

  test("more than 16,384 bytes, before anything is read", () => {
    expect(read(new Uint8Array(MAX_MEMBERSHIP_ENTRY_BYTES + 1))).toBe("malformed");
    expect(read(new Uint8Array())).toBe("malformed");
  });
});

test("a later version or type is not supported, and says so", () => {
  const body = bodyOf(rekey);
  expect(read(framed(put(body, 0, Uint8Array.of(2))))).toBe("unsupported_version");
  for (const type of [0, 11])
    expect(read(framed(put(body, 1, Uint8Array.of(type))))).toBe("unsupported_version");
});

test("names of rooms are 1-32 of a-z 0-9 _ . - and do not look like an option", () => {
  for (const name of ["a", "ops", "team.one_2-x", "0", "a".repeat(32)])
    expect(validGroupName(name)).toBe(true);
  for (const name of ["", "-a", "_a", ".a", "Ops", "a b", "ö", "a\n", "a".repeat(33)]) {
    expect(validGroupName(name)).toBe(false);
  }
});

test("two groups that are made alike are two conversations", () => {
  const made = [1, 2].map((byte) => {
    const random = new Uint8Array(16).fill(byte);
    return craftMembership(undefined, alice, { ...createContent("group"), random } as MembershipContent);
  });
  const [one, other] = made.map(groupConversationId);
  expect(one !== undefined && other !== undefined && equal(one, other)).toBe(false);
});

test("the row of an entry is never that of a message", () => {
  expect(equal(membershipRowHash(state.head.hash), messageRowHash(state.head.hash))).toBe(false);
});
