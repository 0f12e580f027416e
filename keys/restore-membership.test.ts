import { beforeAll, beforeEach, expect, test, vi } from "vitest";
import { refusal } from "../test/support/assertions.ts";
import { compare, equal } from "./bytes.ts";
import { hash, signature } from "./ids.ts";
import { verify } from "./labelled.ts";
import {
  appoint,
  chainsOf,
  craftMembership,
  createContent,
  invite,
  join,
  rekey,
  remove,
  type Signing,
  step,
} from "./make-vectors/groups.ts";
import { type Person, person } from "./make-vectors/people.ts";
import { applyMembershipEntry, type ChainOf, checkpointOf, restoreMembership } from "./membership.ts";
import { encodeMembershipEntry, type MembershipContent, readMembershipEntry } from "./membership-entry.ts";
import { follow } from "./membership-rules.ts";
import { encodeMembership, type MembershipState } from "./membership-state.ts";
import { ready } from "./sodium.ts";

vi.mock("./labelled.ts", async (original) => {
  const real = await original<typeof import("./labelled.ts")>();
  return { ...real, verify: vi.fn(real.verify) };
});

let alice: Person;
let bob: Person;
let carol: Person;
let chains: ChainOf;
let create: Uint8Array;
/** Alice's room with bob as another owner, and carol as a member. */
let team: MembershipState;

beforeAll(async () => {
  await ready();
  alice = person("alice");
  bob = person("bob");
  carol = person("carol");
  chains = chainsOf(alice, bob, carol);
  create = craftMembership(undefined, alice, createContent("room"));
  const steps: [Signing, MembershipContent][] = [
    [bob, join],
    [alice, appoint(bob, "owner")],
    [carol, join],
  ];
  const first = applyMembershipEntry(undefined, create, chains);
  team = steps.reduce((state, [by, content]) => step(state, by, content, chains), first);
});

beforeEach(() => {
  vi.mocked(verify).mockClear();
});

/** A checkpoint on `state`, the state that it names, and the state after it. */
function checkpoint(state: MembershipState, by: Signing, content = checkpointOf(state)) {
  const entry = craftMembership(state, by, content);
  return { entry, encoded: encodeMembership(state), after: follow(state, readMembershipEntry(entry)) };
}

/** `count` entries with signatures of zeros: whoever looks at one of them fails. */
function busy(state: MembershipState, count: number): MembershipState {
  let now = state;
  for (let index = 0; index < count; index += 1) {
    const { body } = readMembershipEntry(craftMembership(now, alice, rekey));
    now = follow(now, readMembershipEntry(encodeMembershipEntry(body, signature(new Uint8Array(64)))));
  }
  return now;
}

const restored = (entries: readonly Uint8Array[], encoded: Uint8Array) =>
  refusal(() => restoreMembership(entries, encoded, chains));

test("a room with thousands of entries costs a newcomer one signature check a checkpoint", () => {
  const first = checkpoint(busy(team, 1200), alice);
  const second = checkpoint(busy(first.after, 1200), alice);
  const checkpoints = [create, first.entry, second.entry];
  expect(restoreMembership(checkpoints, second.encoded, chains)).toEqual(second.after);
  expect(vi.mocked(verify)).toHaveBeenCalledTimes(3);
  expect(second.after.head.sequence).toBeGreaterThan(2400);
});

test("what follows the checkpoint is applied on top, entry by entry", () => {
  const { entry, encoded, after } = checkpoint(team, alice);
  const state = restoreMembership([create, entry], encoded, chains);
  const next = craftMembership(after, bob, remove(carol));
  expect(applyMembershipEntry(state, next, chains)).toEqual(applyMembershipEntry(after, next, chains));
  const unplaced = craftMembership(team, bob, remove(carol));
  expect(refusal(() => applyMembershipEntry(state, unplaced, chains))).toBe("malformed");
});

test("before the first checkpoint there is only create, and no state", () => {
  const first = applyMembershipEntry(undefined, create, chains);
  expect(restoreMembership([create], new Uint8Array(), chains)).toEqual(first);
  expect(restored([create], encodeMembership(first))).toBe("malformed");
  expect(restored([], new Uint8Array())).toBe("malformed");
});

test("a checkpoint is signed by an owner who was one at the checkpoint before", () => {
  const byCarol = checkpointWithoutRules(team, carol);
  expect(restored([create, byCarol], encodeMembership(team))).toBe("not_permitted");
  expect(refusal(() => applyMembershipEntry(team, byCarol, chains))).toBe("not_permitted");

  // Bob became an owner after create.
  const byBob = checkpointWithoutRules(team, bob);
  expect(restored([create, byBob], encodeMembership(team))).toBe("not_permitted");
  expect(refusal(() => applyMembershipEntry(team, byBob, chains))).toBe("not_permitted");

  const first = checkpoint(team, alice);
  const second = checkpoint(first.after, bob);
  expect(restoreMembership([create, first.entry, second.entry], second.encoded, chains)).toEqual(
    second.after,
  );
});

test("who is no owner any more signs none, whatever owners he names", () => {
  const first = checkpoint(team, alice);
  const demoted = step(first.after, alice, appoint(bob, "member"), chains);
  const honest = craftMembership(demoted, bob, checkpointOf(demoted));
  const lying = checkpointWithoutRules(demoted, bob);
  for (const entry of [honest, lying]) {
    expect(restored([create, first.entry, entry], encodeMembership(demoted))).toBe("not_permitted");
    expect(refusal(() => applyMembershipEntry(demoted, entry, chains))).toBe("not_permitted");
  }
});

test("a checkpoint in between is held to the same, whoever signs the next one", () => {
  /** The chain goes on over `entry` as if it had been permitted. */
  const over = (state: MembershipState, entry: Uint8Array): MembershipState => {
    const { content, sequence, hash: entryHash } = readMembershipEntry(entry);
    const owners = content.type === "checkpoint" ? content.owners : [];
    const head = { sequence, hash: entryHash };
    return { ...state, head, checkpoint: { ...head, owners } };
  };
  const byCarol = checkpointWithoutRules(team, carol);
  const afterCarol = checkpoint(over(team, byCarol), alice);
  expect(restored([create, byCarol, afterCarol.entry], afterCarol.encoded)).toBe("not_permitted");

  const first = checkpoint(team, alice);
  const demoted = step(first.after, alice, appoint(bob, "member"), chains);
  const byBob = craftMembership(demoted, bob, checkpointOf(demoted));
  const afterBob = checkpoint(over(demoted, byBob), alice);
  expect(restored([create, first.entry, byBob, afterBob.entry], afterBob.encoded)).toBe("not_permitted");
});

test("a room stays a room", () => {
  const group = checkpoint({ ...team, kind: "group", name: "" }, alice);
  expect(restored([create, group.entry], group.encoded)).toBe("not_permitted");
});

test("the state has to be the one that the newest checkpoint names", () => {
  const { entry, encoded } = checkpoint(team, alice);
  const without = step(team, alice, remove(carol), chains);
  expect(restored([create, entry], encodeMembership(without))).toBe("not_permitted");
  expect(restored([create, entry], encoded.subarray(1))).not.toBe("nothing");
  expect(restored([create, entry], new Uint8Array())).toBe("malformed");
  const content = { ...checkpointOf(team), stateHash: hash(new Uint8Array(32)) } as MembershipContent;
  const wrong = craftMembership(team, alice, content);
  expect(refusal(() => applyMembershipEntry(team, wrong, chains))).toBe("not_permitted");
  expect(restored([create, wrong], encoded)).toBe("not_permitted");
});

test("the owners have to be those of the state", () => {
  const content = { ...checkpointOf(team), owners: [alice.accountId] } as MembershipContent;
  const wrong = craftMembership(team, alice, content);
  expect(refusal(() => applyMembershipEntry(team, wrong, chains))).toBe("not_permitted");
  expect(restored([create, wrong], encodeMembership(team))).toBe("not_permitted");
});

test("no checkpoint is left out, repeated or swapped", () => {
  const first = checkpoint(team, alice);
  const second = checkpoint(first.after, alice);
  const third = checkpoint(second.after, alice);
  const all = [create, first.entry, second.entry, third.entry];
  expect(restored(all, third.encoded)).toBe("nothing");
  expect(restored([create, first.entry, third.entry], third.encoded)).toBe("not_permitted");
  expect(restored([create, second.entry, first.entry, third.entry], third.encoded)).toBe("not_permitted");
  expect(restored([create, first.entry, first.entry], first.encoded)).toBe("not_permitted");
  expect(restored([first.entry, second.entry], second.encoded)).toBe("malformed");

  const skipping = { ...checkpointOf(second.after), previous: team.checkpoint } as MembershipContent;
  const skips = craftMembership(second.after, alice, skipping);
  expect(refusal(() => applyMembershipEntry(second.after, skips, chains))).toBe("not_permitted");
  expect(restored([create, first.entry, second.entry, skips], third.encoded)).toBe("not_permitted");
});

test("only checkpoints of this conversation follow create, each with a good signature", () => {
  const { entry, encoded } = checkpoint(team, alice);
  const later = craftMembership(team, alice, invite(person("dave")));
  expect(restored([create, later], encoded)).toBe("malformed");

  const twin = { ...createContent("room"), random: new Uint8Array(16) } as MembershipContent;
  expect(restored([craftMembership(undefined, alice, twin), entry], encoded)).toBe("wrong_conversation");

  const { body } = readMembershipEntry(entry);
  const unsigned = encodeMembershipEntry(body, signature(new Uint8Array(64)));
  expect(restored([create, unsigned], encoded)).toBe("bad_signature");
  const second = checkpoint(follow(team, readMembershipEntry(unsigned)), alice);
  expect(restored([create, unsigned, second.entry], second.encoded)).toBe("bad_signature");
});

/** What a dishonest client would sign. */
function checkpointWithoutRules(state: MembershipState, by: Signing): Uint8Array {
  const content = checkpointOf(state);
  if (content.type !== "checkpoint") throw new TypeError("not a checkpoint");
  const others = content.owners.filter((owner) => !equal(owner, by.chain.accountId));
  return craftMembership(state, by, { ...content, owners: [...others, by.chain.accountId].sort(compare) });
}
