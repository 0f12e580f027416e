import { verifyChain } from "../account-chain.ts";
import { signAdd, signOverride, signRevoke } from "../account-signing.ts";
import { concat, toHex } from "../bytes.ts";
import type { KeysErrorCode } from "../errors.ts";
import { hash } from "../ids.ts";
import { sign } from "../labelled.ts";
import { labels } from "../labels.ts";
import { checkpointOf } from "../membership.ts";
import { encodeMembershipEntry, type MembershipContent, readMembershipEntry } from "../membership-entry.ts";
import { encodeMembership, type MembershipState } from "../membership-state.ts";
import { flip, put } from "./damage.ts";
import {
  appoint,
  chainsOf,
  craftMembership,
  createContent,
  history,
  invite,
  join,
  leave,
  rekey,
  remove,
  type Signing,
} from "./groups.ts";
import { byDevice, deviceOf, monday, type Person, person } from "./people.ts";
import type { Cases } from "./vector.ts";

/** Bob's chain, entry by entry: a phone is added, the laptop revoked, a thief's device added and overridden. */
function grownChain(bob: Person) {
  const phone = deviceOf("bob's phone");
  const thief = deviceOf("bob's thief");
  const both = signAdd(bob.chain, { by: byDevice(bob.device), device: phone, createdAt: monday });
  const two = verifyChain([both], bob.chain);
  const { deviceId } = bob.device;
  const revoke = signRevoke(two, { by: byDevice(phone), deviceId, createdAt: monday });
  const revoked = verifyChain([revoke], two);
  const steal = signAdd(revoked, { by: byDevice(phone), device: thief, createdAt: monday });
  const stolen = verifyChain([steal], revoked);
  const { accountKey } = bob;
  const override = signOverride(stolen, { accountKey, keep: revoked.head, device: null, createdAt: monday });
  const mended = verifyChain([override], stolen);
  return {
    phone,
    thief,
    two,
    revoked,
    stolen,
    mended,
    entries: [bob.genesis, both, revoke, steal, override],
  };
}

/** Groups and rooms: entries one by one, and from checkpoints. */
export function membershipCases(): Cases {
  const alice = person("alice");
  const bob = person("bob");
  const carol = person("carol");
  const dave = person("dave");
  const grown = grownChain(bob);
  const { phone, thief, two, revoked, stolen, mended } = grown;
  const atBoth: Signing = { chain: two, device: bob.device };
  const byPhone: Signing = { chain: revoked, device: phone };
  const chains = chainsOf(alice, { chain: mended, device: phone }, carol, dave);
  const known = [[alice.genesis], grown.entries, [carol.genesis], [dave.genesis]].map((one) =>
    one.map(toHex),
  );

  const follow = (
    expect: "ok" | KeysErrorCode,
    about: string,
    entries: readonly Uint8Array[],
    of = known,
  ) => ({
    about,
    operation: "follow membership",
    input: { chains: of, entries: entries.map(toHex) },
    expect,
  });
  const made = (...steps: readonly (readonly [Signing, MembershipContent])[]) => history(steps, chains);
  const group = made([alice, createContent("group")], [alice, invite(bob)], [atBoth, join]);
  const room = made(
    [alice, createContent("room")],
    [atBoth, join],
    [carol, join],
    [alice, appoint(bob, "admin")],
  );
  /** The room's entries, and one more that its members would not have let pass. */
  const next = (by: Signing, content: MembershipContent, on = room, changed = {}) => [
    ...on.entries,
    craftMembership(on.state, by, content, changed),
  ];
  const onto = (
    on: { entries: Uint8Array[]; state: MembershipState },
    by: Signing,
    content: MembershipContent,
  ) => {
    const more = history([[by, content]], chains, on.state);
    return { entries: [...on.entries, ...more.entries], state: more.state };
  };
  const without = onto(room, alice, remove(carol));
  const rekeyed = onto(room, byPhone, rekey);
  const rename: MembershipContent = { type: "rename", name: "operations" };
  const quiet: MembershipContent = {
    type: "policy",
    policy: { invite: "admin", post: "owner", pin: "member", history: "asked" },
  };
  const everything = [
    [atBoth, rename],
    [alice, quiet],
    [atBoth, invite(dave)],
    [alice, remove(carol)],
    [alice, checkpointOf],
    [dave, join],
    [byPhone, rekey],
    [alice, appoint(bob, "owner")],
    [alice, leave],
  ] as const;
  const all = everything.reduce(
    (on, [by, content]) => onto(on, by, typeof content === "function" ? content(on.state) : content),
    room,
  );

  const first = onto(
    onto(room, alice, appoint(bob, "owner")),
    alice,
    checkpointOf(onto(room, alice, appoint(bob, "owner")).state),
  );
  const second = onto(first, byPhone, checkpointOf(first.state));
  const create = room.entries.slice(0, 1);
  const newest = (on: { entries: Uint8Array[] }) => on.entries.slice(-1);
  const restore = (
    expect: "ok" | KeysErrorCode,
    about: string,
    checkpoints: readonly Uint8Array[],
    state: Uint8Array,
  ) => ({
    about,
    operation: "restore membership",
    input: { chains: known, checkpoints: checkpoints.map(toHex), state: toHex(state) },
    expect,
  });
  const named = encodeMembership(first.state);
  const changedBody = (change: (body: Uint8Array) => Uint8Array, content = rekey) => {
    const body = change(readMembershipEntry(craftMembership(room.state, alice, content)).body);
    const made = sign(labels.membershipEntry, body, alice.device.signing.secretKey);
    return [...room.entries, encodeMembershipEntry(body, made)];
  };
  const leaves = craftMembership(room.state, carol, leave);
  const wrongState = {
    ...checkpointOf(room.state),
    stateHash: hash(new Uint8Array(32)),
  } as MembershipContent;
  const skips = { ...checkpointOf(first.state), previous: { sequence: 0, hash: hash(new Uint8Array(32)) } };

  return {
    "membership-group": follow("ok", "a group, an invitation, a join", group.entries),
    "membership-room": follow("ok", "a room that two join, one of whom becomes an admin", room.entries),
    "membership-everything": follow("ok", "every kind of entry", all.entries),
    "membership-removed": follow("ok", "a removed member is remembered", without.entries),
    "membership-invited-again": follow(
      "ok",
      "a removed member is invited, and joins",
      next(carol, join, onto(without, alice, invite(carol))),
    ),
    "membership-declined": follow(
      "ok",
      "the invited leaves",
      next(carol, leave, onto(group, atBoth, invite(carol))),
    ),
    "membership-taken-back": follow(
      "ok",
      "a member takes back his invitation, which shuts nobody out",
      next(carol, remove(dave), onto(room, carol, invite(dave))),
    ),
    "membership-revoked-before-rekey": follow(
      "ok",
      "a device that was revoked since, at a head where it was active, and no later one was named",
      next(atBoth, rename),
    ),
    "membership-overridden-head": follow(
      "ok",
      "a device signs at a head that an override voided later",
      next({ chain: stolen, device: thief }, rename),
    ),

    "membership-none": follow("malformed", "no entries", []),
    "membership-truncated": follow("malformed", "the last byte is missing", [
      ...room.entries,
      leaves.subarray(0, -1),
    ]),
    "membership-trailing-byte": follow("malformed", "a byte follows the entry", [
      ...room.entries,
      concat(leaves, Uint8Array.of(0)),
    ]),
    "membership-trailing-content": follow(
      "malformed",
      "a byte in an entry whose content is empty",
      changedBody((body) => concat(put(body, body.length - 1, Uint8Array.of(1)), Uint8Array.of(0))),
    ),
    "membership-second-create": follow("malformed", "create twice", [...create, ...create]),
    "membership-no-create": follow("malformed", "the first entry is not create", room.entries.slice(1)),
    "membership-gap": follow(
      "malformed",
      "a sequence is left out",
      next(carol, leave, room, { sequence: 5 }),
    ),
    "membership-role-4": follow(
      "malformed",
      "a role that there is not",
      changedBody((body) => put(body, body.length - 1, Uint8Array.of(4)), appoint(carol, "admin")),
    ),
    "membership-version-2": follow(
      "unsupported_version",
      "version 2",
      changedBody((body) => put(body, 0, Uint8Array.of(2))),
    ),
    "membership-type-11": follow(
      "unsupported_version",
      "type 11",
      changedBody((body) => put(body, 1, Uint8Array.of(11))),
    ),
    "membership-wrong-conversation": follow(
      "wrong_conversation",
      "an entry of another conversation",
      next(carol, leave, room, { conversation: group.state.conversation }),
    ),
    "membership-fork": follow(
      "fork",
      "an entry that follows another entry than the head",
      next(carol, leave, room, { previous: group.state.head.hash }),
    ),
    "membership-other-chain-head": follow(
      "fork",
      "the signer's chain has another hash at that sequence",
      next(
        {
          chain: { ...carol.chain, head: { sequence: 0, hash: group.state.head.hash } },
          device: carol.device,
        },
        leave,
      ),
    ),
    "membership-unknown-chain": follow(
      "unknown_chain",
      "the signer's chain is not at hand",
      room.entries,
      known.slice(0, 2),
    ),
    "membership-chain-behind": follow(
      "chain_behind",
      "the signer's chain ends before the named head",
      room.entries,
      [known[0] ?? [], [toHex(bob.genesis)], known[2] ?? []],
    ),
    "membership-bad-signature": follow("bad_signature", "a bit of the signature", [
      ...room.entries,
      flip(leaves, -1),
    ]),
    "membership-other-label": follow("bad_signature", "signed as an account entry", [
      ...room.entries,
      encodeMembershipEntry(
        readMembershipEntry(leaves).body,
        sign(labels.accountEntry, readMembershipEntry(leaves).body, carol.device.signing.secretKey),
      ),
    ]),
    "membership-uninvited": follow("not_permitted", "joins a group uninvited", next(carol, join, group)),
    "membership-removed-joins": follow(
      "not_permitted",
      "a removed member joins a room",
      next(carol, join, without),
    ),
    "membership-member-removes": follow(
      "not_permitted",
      "a member removes another",
      next(carol, remove(bob)),
    ),
    "membership-admin-removes-owner": follow(
      "not_permitted",
      "an admin removes an owner",
      next(atBoth, remove(alice)),
    ),
    "membership-last-owner-leaves": follow(
      "not_permitted",
      "the last owner leaves others",
      next(alice, leave),
    ),
    "membership-last-owner-demoted": follow(
      "not_permitted",
      "the last owner steps down",
      next(alice, appoint(alice, "member")),
    ),
    "membership-group-renamed": follow("not_permitted", "a group has no name", next(alice, rename, group)),
    "membership-revoked-after-rekey": follow(
      "not_permitted",
      "a revoked device signs at an old head after a rekey",
      next(atBoth, rename, rekeyed),
    ),
    "membership-revoked-at-new-head": follow(
      "not_permitted",
      "a revoked device names a head at which it is not active",
      next({ chain: revoked, device: bob.device }, rename),
    ),
    "membership-checkpoint-by-admin": follow(
      "not_permitted",
      "a checkpoint by an admin",
      next(byPhone, checkpointOf(room.state)),
    ),
    "membership-checkpoint-other-state": follow(
      "not_permitted",
      "a checkpoint of another state",
      next(alice, wrongState),
    ),

    "restore-create": restore("ok", "only create", create, new Uint8Array()),
    "restore-two": restore(
      "ok",
      "two checkpoints: an owner since the first signs the second",
      [...create, ...newest(first), ...newest(second)],
      named,
    ),
    "restore-state-without-checkpoint": restore("malformed", "a state that nobody names", create, named),
    "restore-state-trailing-byte": restore(
      "malformed",
      "a byte follows the state",
      [...create, ...newest(first), ...newest(second)],
      concat(named, Uint8Array.of(0)),
    ),
    "restore-not-a-checkpoint": restore("malformed", "a rekey", [...create, ...newest(rekeyed)], named),
    "restore-skipped": restore(
      "not_permitted",
      "the first checkpoint is missing",
      [...create, ...newest(second)],
      named,
    ),
    "restore-names-another": restore(
      "not_permitted",
      "it follows a checkpoint that there is not",
      [...create, ...newest(first), craftMembership(first.state, alice, skips as MembershipContent)],
      named,
    ),
    "restore-new-owner": restore(
      "not_permitted",
      "an owner who was none at the checkpoint before",
      [...create, signedByNewOwner()],
      encodeMembership(onto(room, alice, appoint(bob, "owner")).state),
    ),
    "restore-other-state": restore(
      "not_permitted",
      "another state than the newest checkpoint names",
      [...create, ...newest(first), ...newest(second)],
      encodeMembership(room.state),
    ),
    "restore-bad-signature": restore(
      "bad_signature",
      "a bit of the first checkpoint's signature",
      [...create, flip(first.entries.at(-1) ?? leaves, -1), ...newest(second)],
      named,
    ),
    "membership-row": {
      about: "the row of an entry in the log",
      operation: "membership row",
      input: { entryHash: toHex(room.state.head.hash) },
      expect: "ok",
    },
  };

  function signedByNewOwner(): Uint8Array {
    const { state } = onto(room, alice, appoint(bob, "owner"));
    return craftMembership(state, byPhone, checkpointOf(state));
  }
}
