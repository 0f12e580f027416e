import { beforeAll, describe, expect, test } from "vitest";
import { refusal } from "../test/support/assertions.ts";
import { toHex } from "./bytes.ts";
import { accountId } from "./ids.ts";
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
  step,
} from "./make-vectors/groups.ts";
import { type Person, person } from "./make-vectors/people.ts";
import {
  applyMembershipEntry,
  type ChainOf,
  isOwnerOrAdmin,
  mayInvite,
  mayPin,
  mayPost,
} from "./membership.ts";
import { groupConversationId, MAX_GROUP_MEMBERS, type MembershipContent } from "./membership-entry.ts";
import { defaultPolicies } from "./membership-policy.ts";
import { signMembershipEntry } from "./membership-signing.ts";
import {
  invitationOf,
  MAX_INVITED,
  MAX_REMOVED,
  type MembershipState,
  memberOf,
} from "./membership-state.ts";
import { ready } from "./sodium.ts";

// Alice owns what is here; bob is an admin of it, carol and dave are members, erin is outside.
let alice: Person;
let bob: Person;
let carol: Person;
let dave: Person;
let erin: Person;
let chains: ChainOf;
let group: MembershipState;
let room: MembershipState;

beforeAll(async () => {
  await ready();
  alice = person("alice");
  bob = person("bob");
  carol = person("carol");
  dave = person("dave");
  erin = person("erin");
  chains = chainsOf(alice, bob, carol, dave, erin);
  const grown = (create: MembershipContent) => {
    const steps = [
      [alice, create],
      [alice, invite(bob)],
      [bob, join],
      [alice, appoint(bob, "admin")],
      [alice, invite(carol)],
      [carol, join],
      [alice, invite(dave)],
      [dave, join],
    ] as const;
    return history(steps, chains).state;
  };
  group = grown(createContent("group"));
  room = grown(createContent("room"));
});

/** What becomes of it when these say so in turn: the code of the last, if it is refused. */
function outcome(state: MembershipState, ...steps: readonly (readonly [Signing, MembershipContent])[]) {
  const before = steps.slice(0, -1).reduce((now, [by, content]) => step(now, by, content, chains), state);
  return refusal(() => steps.slice(-1).map(([by, content]) => step(before, by, content, chains)));
}

function reached(state: MembershipState, ...steps: readonly (readonly [Signing, MembershipContent])[]) {
  return steps.reduce((now, [by, content]) => step(now, by, content, chains), state);
}

const roleIn = (state: MembershipState, who: Person) => memberOf(state, who.accountId)?.role;
const policy = (change: Partial<typeof defaultPolicies.group>): MembershipContent => ({
  type: "policy",
  policy: { ...defaultPolicies.group, ...change },
});
const rename: MembershipContent = { type: "rename", name: "operations" };

describe("create", () => {
  test("makes its signer the owner and only member", () => {
    const { entries, state } = history([[alice, createContent("group")]]);
    expect(state.members).toEqual([{ accountId: alice.accountId, role: "owner", head: 0 }]);
    expect(entries.map(groupConversationId)).toEqual([state.conversation]);
    expect(state.checkpoint.owners).toEqual([alice.accountId]);
  });

  test("stands first and only once", () => {
    expect(outcome(group, [alice, createContent("group")])).toBe("malformed");
    const notFirst = craftMembership(undefined, alice, join, { sequence: 1 });
    expect(refusal(() => applyMembershipEntry(undefined, notFirst, chains))).toBe("malformed");
  });
});

describe("invite and join", () => {
  test("only who is invited joins a group, as a member", () => {
    expect(outcome(group, [erin, join])).toBe("not_permitted");
    expect(roleIn(reached(group, [carol, invite(erin)], [erin, join]), erin)).toBe("member");
  });

  test("anybody joins a room", () => {
    expect(roleIn(reached(room, [erin, join]), erin)).toBe("member");
  });

  test("an invitation is used up by joining", () => {
    const joined = reached(group, [carol, invite(erin)], [erin, join]);
    expect(invitationOf(joined, erin.accountId)).toBeUndefined();
    expect(outcome(joined, [erin, leave], [erin, join])).toBe("not_permitted");
  });

  test("nobody is invited twice, and no member is invited or joins again", () => {
    expect(outcome(group, [carol, invite(erin)], [bob, invite(erin)])).toBe("not_permitted");
    expect(outcome(group, [carol, invite(dave)])).toBe("not_permitted");
    expect(outcome(room, [carol, join])).toBe("not_permitted");
  });

  test("a stranger does not invite, nor does who is only invited", () => {
    expect(outcome(room, [erin, invite(erin)])).toBe("not_permitted");
    expect(outcome(room, [carol, invite(erin)], [erin, rekey])).toBe("not_permitted");
  });

  test("policy says who may invite", () => {
    const strict = reached(group, [alice, policy({ invite: "admin" })]);
    expect(outcome(strict, [carol, invite(erin)])).toBe("not_permitted");
    expect(outcome(strict, [bob, invite(erin)])).toBe("nothing");
    expect(outcome(reached(group, [alice, policy({ invite: "owner" })]), [bob, invite(erin)])).toBe(
      "not_permitted",
    );
  });

  test("256 members are the most, and 1,024 open invitations", () => {
    const some = (count: number) =>
      Array.from({ length: count }, (_, index) => {
        const id = new Uint8Array(32);
        new DataView(id.buffer).setUint32(28, index);
        return accountId(id);
      });
    const member = (id: ReturnType<typeof accountId>) => ({
      accountId: id,
      role: "member" as const,
      head: 0,
    });
    const others = some(MAX_GROUP_MEMBERS - group.members.length);
    const full = { ...room, members: [...others.map(member), ...room.members] };
    expect(outcome({ ...full, members: full.members.slice(1) }, [erin, join])).toBe("nothing");
    expect(outcome(full, [erin, join])).toBe("not_permitted");
    const inviter = alice.accountId;
    const open = { ...group, invited: some(MAX_INVITED).map((id) => ({ accountId: id, inviter })) };
    expect(outcome({ ...open, invited: open.invited.slice(1) }, [alice, invite(erin)])).toBe("nothing");
    expect(outcome(open, [alice, invite(erin)])).toBe("not_permitted");
  });
});

describe("remove and leave", () => {
  test("an owner removes anybody but himself, another owner too", () => {
    const two = reached(group, [alice, appoint(bob, "owner")]);
    expect(roleIn(reached(two, [bob, remove(alice)]), alice)).toBeUndefined();
    expect(outcome(two, [alice, remove(alice)])).toBe("not_permitted");
    expect(outcome(group, [alice, remove(bob)])).toBe("nothing");
  });

  test("an admin removes members, but neither admins nor owners", () => {
    expect(roleIn(reached(group, [bob, remove(carol)]), carol)).toBeUndefined();
    expect(outcome(group, [bob, remove(alice)])).toBe("not_permitted");
    expect(outcome(group, [alice, appoint(carol, "admin")], [bob, remove(carol)])).toBe("not_permitted");
  });

  test("a member removes nobody, and nobody removes who is not in it", () => {
    expect(outcome(group, [carol, remove(dave)])).toBe("not_permitted");
    expect(outcome(group, [alice, remove(erin)])).toBe("not_permitted");
    expect(outcome(group, [erin, remove(carol)])).toBe("not_permitted");
  });

  test("an invitation is taken back by owners, admins and whoever made it", () => {
    const open = reached(group, [carol, invite(erin)]);
    for (const by of [alice, bob, carol]) expect(outcome(open, [by, remove(erin)])).toBe("nothing");
    expect(outcome(open, [dave, remove(erin)])).toBe("not_permitted");
    expect(outcome(open, [carol, remove(erin)], [erin, join])).toBe("not_permitted");
  });

  test("a removed member cannot rejoin a room uninvited, and can when invited again", () => {
    const without = reached(room, [bob, remove(carol)]);
    expect(outcome(without, [carol, join])).toBe("not_permitted");
    expect(outcome(without, [dave, invite(carol)], [carol, join])).toBe("nothing");
    expect(reached(without, [dave, invite(carol)]).removed).toEqual([]);
  });

  test("who left a room comes back as he likes", () => {
    expect(outcome(room, [carol, leave], [carol, join])).toBe("nothing");
  });

  test("an admin who takes back an invitation shuts a room; whoever made it does not", () => {
    const open = reached(room, [carol, invite(erin)]);
    expect(outcome(open, [bob, remove(erin)], [erin, join])).toBe("not_permitted");
    expect(outcome(open, [carol, remove(erin)], [erin, join])).toBe("nothing");
  });

  test("the invited decline by leaving; a stranger has nothing to leave", () => {
    expect(outcome(group, [carol, invite(erin)], [erin, leave], [erin, join])).toBe("not_permitted");
    expect(outcome(group, [erin, leave])).toBe("not_permitted");
  });

  test("the last owner does not leave others behind, and may leave when alone", () => {
    expect(outcome(group, [alice, leave])).toBe("not_permitted");
    expect(outcome(group, [alice, appoint(carol, "owner")], [alice, leave])).toBe("nothing");
    const alone = reached(group, [bob, leave], [carol, leave], [dave, leave], [alice, leave]);
    expect(alone.members).toEqual([]);
  });

  test("of the removed the newest 1,024 are remembered", () => {
    const ids = Array.from({ length: MAX_REMOVED }, (_, index) => {
      const id = new Uint8Array(32);
      new DataView(id.buffer).setUint32(0, index);
      return accountId(id);
    });
    const { removed } = reached({ ...room, removed: ids }, [alice, remove(carol)]);
    expect(removed).toHaveLength(MAX_REMOVED);
    expect([removed[0], removed.at(-1)]).toEqual([ids[1], carol.accountId]);
  });
});

describe("roles, policy and name", () => {
  test("only an owner gives roles, and only to members", () => {
    expect(outcome(group, [bob, appoint(carol, "admin")])).toBe("not_permitted");
    expect(outcome(group, [carol, appoint(carol, "owner")])).toBe("not_permitted");
    expect(outcome(group, [alice, appoint(erin, "admin")])).toBe("not_permitted");
    expect(roleIn(reached(group, [alice, appoint(bob, "member")]), bob)).toBe("member");
  });

  test("the last owner stays owner; one of two may step down", () => {
    expect(outcome(group, [alice, appoint(alice, "admin")])).toBe("not_permitted");
    expect(outcome(group, [alice, appoint(alice, "owner")])).toBe("nothing");
    expect(outcome(group, [alice, appoint(bob, "owner")], [alice, appoint(alice, "member")])).toBe("nothing");
  });

  test("only an owner changes the policy", () => {
    expect(outcome(group, [bob, policy({ pin: "owner" })])).toBe("not_permitted");
    expect(reached(group, [alice, policy({ pin: "owner" })]).policy.pin).toBe("owner");
  });

  test("owners and admins rename a room; a group has no name to change", () => {
    expect(reached(room, [bob, rename]).name).toBe("operations");
    expect(outcome(room, [carol, rename])).toBe("not_permitted");
    expect(outcome(group, [alice, rename])).toBe("not_permitted");
  });

  test("the questions of others are answered by role and policy", () => {
    const quiet = reached(room, [alice, policy({ invite: "member", post: "admin", pin: "owner" })]);
    const may = (who: Person) =>
      [mayInvite, mayPost, mayPin, isOwnerOrAdmin].map((ask) => ask(quiet, who.accountId));
    expect(may(alice)).toEqual([true, true, true, true]);
    expect(may(bob)).toEqual([true, true, false, true]);
    expect(may(carol)).toEqual([true, false, false, false]);
    expect(may(erin)).toEqual([false, false, false, false]);
  });
});

describe("signing", () => {
  const signer = ({ accountId: id, device, chain }: Person) => ({
    accountId: id,
    deviceId: device.deviceId,
    signingSecretKey: device.signing.secretKey,
    head: chain.head,
  });

  test("gives what others accept", () => {
    const content = createContent("room");
    const create = signMembershipEntry({ state: undefined, content, signer: signer(alice), createdAt: 1 });
    const state = applyMembershipEntry(undefined, create, chains);
    const joins = signMembershipEntry({ state, content: join, signer: signer(bob), createdAt: 2 });
    expect(applyMembershipEntry(state, joins, chains).members).toHaveLength(2);
  });

  test("refuses what others would refuse", () => {
    const asked = { state: group, content: remove(dave), signer: signer(carol), createdAt: 1 };
    expect(refusal(() => signMembershipEntry(asked))).toBe("not_permitted");
    const unnamed = { ...createContent("room"), name: "Not A Name" } as MembershipContent;
    const input = { state: undefined, content: unnamed, signer: signer(carol), createdAt: 1 };
    expect(refusal(() => signMembershipEntry(input))).toBe("malformed");
  });
});

test("an entry leaves the state that it follows as it was, accepted or refused", () => {
  const before = structuredClone(room);
  reached(room, [bob, remove(carol)], [alice, invite(carol)], [carol, join], [bob, rename]);
  outcome(room, [carol, remove(bob)]);
  expect(structuredClone(room)).toEqual(before);
});

test("members stand in the order of their ids", () => {
  const ids = group.members.map((member) => toHex(member.accountId));
  expect(ids).toEqual([...ids].sort());
  expect(ids).toHaveLength(4);
});
