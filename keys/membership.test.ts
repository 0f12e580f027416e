import { beforeAll, describe, expect, test } from "vitest";
import { refusal } from "../test/support/assertions.ts";
import { equal, toHex } from "./bytes.ts";
import { chainsOf, craftMembership, createContent, history, type Signing } from "./make-vectors/groups.ts";
import { type Person, person } from "./make-vectors/people.ts";
import { applyMembershipEntry, mayInvite, mayPin, mayPost } from "./membership.ts";
import { groupConversationId, type MembershipContent } from "./membership-entry.ts";
import type { Role } from "./membership-policy.ts";
import { type MembershipState, memberOf } from "./membership-state.ts";
import { ready } from "./sodium.ts";

// Alice owns what is here; bob is an admin of it, carol a member, dave and erin are outside.
let alice: Person;
let bob: Person;
let carol: Person;
let dave: Person;
let erin: Person;

beforeAll(async () => {
  await ready();
  alice = person("alice");
  bob = person("bob");
  carol = person("carol");
  dave = person("dave");
  erin = person("erin");
});

const chains = (account: Uint8Array) =>
  [alice, bob, carol, dave, erin].find(({ accountId }) => equal(accountId, account))?.chain;
const invite = (who: Person): MembershipContent => ({ type: "invite", accountId: who.accountId });
const remove = (who: Person): MembershipContent => ({ type: "remove", accountId: who.accountId });
const role = (who: Person, to: Role): MembershipContent => ({
  type: "role",
  accountId: who.accountId,
  role: to,
});
const join: MembershipContent = { type: "join" };
const leave: MembershipContent = { type: "leave" };

function team(create: MembershipContent = createContent("group")): MembershipState {
  const steps = [
    [alice, create],
    [alice, invite(bob)],
    [bob, join],
    [alice, role(bob, "admin")],
    [alice, invite(carol)],
    [carol, join],
  ] as const;
  return history(steps, chains).state;
}

function room(): MembershipState {
  return team(createContent("room"));
}

/** What becomes of `state` when `by` says `content`; the code if it is refused. */
function outcome(state: MembershipState, by: Signing, content: MembershipContent) {
  return refusal(() => applyMembershipEntry(state, craftMembership(state, by, content), chains));
}

function step(state: MembershipState, by: Signing, content: MembershipContent): MembershipState {
  return applyMembershipEntry(state, craftMembership(state, by, content), chains);
}

test("whoever creates a group is its owner and only member", () => {
  const { entries, state } = history([[alice, createContent("group")]]);
  expect(state.members.map((member) => [toHex(member.accountId), member.role])).toEqual([
    [toHex(alice.accountId), "owner"],
  ]);
  expect(entries.map(groupConversationId)).toEqual([state.conversation]);
});

describe("in a group", () => {
  test("only who is invited joins", () => {
    expect(outcome(team(), dave, join)).toBe("not_permitted");
    expect(memberOf(step(step(team(), carol, invite(dave)), dave, join), dave.accountId)?.role).toBe(
      "member",
    );
  });
});

describe("a removed member", () => {
  test("does not rejoin a room uninvited, but does when he is invited again", () => {
    const without = step(room(), bob, remove(carol));
    expect(outcome(without, carol, join)).toBe("not_permitted");
    expect(outcome(step(without, alice, invite(carol)), carol, join)).toBe("nothing");
  });
});

test("a member who left a room comes back as he likes", () => {
  expect(outcome(step(room(), carol, leave), carol, join)).toBe("nothing");
});

test("policy says who may invite, post and pin", () => {
  const state = room();
  const may = (who: Person) => [mayInvite, mayPost, mayPin].map((ask) => ask(state, who.accountId));
  expect(may(carol)).toEqual([true, true, false]);
  expect(may(bob)).toEqual([true, true, true]);
  expect(may(dave)).toEqual([false, false, false]);
  expect(chainsOf(alice)(dave.accountId)).toBeUndefined();
});
