import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { refusal } from "../test/support/assertions.ts";
import { type ChainState, verifyChain } from "./account-chain.ts";
import { signAdd } from "./account-signing.ts";
import { equal, toHex } from "./bytes.ts";
import type { AccountId } from "./ids.ts";
import { appoint, craftMembership, createContent, invite, remove } from "./make-vectors/groups.ts";
import { byDevice, deviceOf, monday, type Person, person } from "./make-vectors/people.ts";
import { applyMembershipEntry, checkpointOf, restoreMembership } from "./membership.ts";
import type { MembershipContent } from "./membership-entry.ts";
import { defaultPolicies, type GroupKind } from "./membership-policy.ts";
import {
  decodeStoredMembership,
  encodeMembership,
  encodeStoredMembership,
  type MembershipState,
} from "./membership-state.ts";
import { ready } from "./sodium.ts";

// People are numbers here; person 0 creates. Roles are 0 (not a member) to 3, as in SPEC §8.4. Everybody's chain
// has two entries; `head` says at which of them an entry is signed.

interface Step {
  readonly kind:
    | "invite"
    | "join"
    | "remove"
    | "leave"
    | "role"
    | "policy"
    | "rekey"
    | "rename"
    | "checkpoint";
  readonly by: number;
  readonly of: number;
  readonly value: number;
  readonly head: 0 | 1;
}

interface Model {
  readonly kind: GroupKind;
  readonly name: string;
  readonly mayInvite: number;
  readonly roles: readonly number[];
  readonly heads: readonly number[];
  /** Who invited whom: -1 nobody. */
  readonly inviter: readonly number[];
  readonly removed: readonly number[];
  /** Who owned it at the newest checkpoint. */
  readonly vouching: readonly number[];
}

const POOL = 6;
const roleNames = ["member", "admin", "owner"] as const;
const roleOf = (value: number) => roleNames[value - 1] ?? "member";
const set = <T>(list: readonly T[], at: number, value: T) => list.with(at, value);

/** The rules said again, over numbers. Null: refused. */
function modelStep(model: Model, { kind, by, of, value, head }: Step): Model | null {
  const { roles, inviter, removed } = model;
  const mine = roles[by] ?? 0;
  const theirs = roles[of] ?? 0;
  const owners = roles.filter((role) => role === 3).length;
  const count = roles.filter((role) => role > 0).length;
  const invitedBy = (who: number) => inviter[who] ?? -1;
  if (mine > 0 && head < (model.heads[by] ?? 0)) return null;
  const named = { ...model, heads: set(model.heads, by, head) };

  if (kind === "join") {
    const welcome = invitedBy(by) >= 0 || (model.kind === "room" && !removed.includes(by));
    if (mine > 0 || !welcome) return null;
    return { ...named, roles: set(roles, by, 1), inviter: set(inviter, by, -1) };
  }
  if (kind === "leave") {
    if (mine === 0 && invitedBy(by) < 0) return null;
    if (mine === 3 && owners === 1 && count > 1) return null;
    return {
      ...model,
      roles: set(roles, by, 0),
      heads: set(model.heads, by, 0),
      inviter: set(inviter, by, -1),
    };
  }
  if (mine === 0) return null;
  switch (kind) {
    case "rekey":
      return named;
    case "policy":
      return mine === 3 ? { ...named, mayInvite: value } : null;
    case "rename":
      return mine >= 2 && model.kind === "room" ? { ...named, name: `room-${value}` } : null;
    case "checkpoint":
      if (mine < 3 || !model.vouching.includes(by)) return null;
      return { ...named, vouching: roles.flatMap((role, who) => (role === 3 ? [who] : [])) };
    case "invite":
      if (mine < model.mayInvite || theirs > 0 || invitedBy(of) >= 0) return null;
      return { ...named, inviter: set(inviter, of, by), removed: removed.filter((who) => who !== of) };
    case "role":
      if (mine < 3 || theirs === 0 || (theirs === 3 && owners === 1 && value < 3)) return null;
      return { ...named, roles: set(roles, of, value) };
    case "remove": {
      const permitted =
        theirs > 0
          ? by !== of && (mine === 3 || (mine === 2 && theirs === 1))
          : invitedBy(of) >= 0 && (mine >= 2 || invitedBy(of) === by);
      if (!permitted) return null;
      const without = {
        ...named,
        roles: set(roles, of, 0),
        heads: set(named.heads, of, 0),
        inviter: set(inviter, of, -1),
      };
      return mine >= 2 ? { ...without, removed: [...removed, of] } : without;
    }
  }
}

let people: Person[];
/** The chains with a second entry. */
let grown: ChainState[];

beforeAll(async () => {
  await ready();
  people = Array.from({ length: POOL }, (_, index) => person(`pool-${index}`));
  grown = people.map(({ chain, device }, index) => {
    const second = deviceOf(`second of ${index}`);
    return verifyChain([signAdd(chain, { by: byDevice(device), device: second, createdAt: monday })], chain);
  });
});

function at<T>(list: readonly T[], index: number): T {
  const found = list[index];
  if (found === undefined) throw new Error(`nothing at ${index}`);
  return found;
}

const chains = (account: AccountId) => grown.find((chain) => equal(chain.accountId, account));

function contentFor(state: MembershipState, { kind, by, of, value }: Step): MembershipContent {
  switch (kind) {
    case "invite":
      return invite(at(people, of));
    case "remove":
      return remove(at(people, of));
    case "role":
      return appoint(at(people, of), roleOf(value));
    case "policy":
      return { type: "policy", policy: { ...defaultPolicies.room, invite: roleOf(value) } };
    case "rename":
      return { type: "rename", name: `room-${value}` };
    case "checkpoint": {
      const content = checkpointOf(state);
      // Where nobody owns it any more a checkpoint cannot even be written; refused it is all the same.
      const owned = content.type !== "checkpoint" || content.owners.length > 0;
      return owned ? content : { ...content, owners: [at(people, by).accountId] };
    }
    default:
      return { type: kind };
  }
}

/** A state as the model tells it. */
function told(state: MembershipState): Omit<Model, "vouching"> {
  const numbers = (account: AccountId) => people.findIndex((one) => equal(one.accountId, account));
  const roles = people.map(() => 0);
  const heads = people.map(() => 0);
  const inviter = people.map(() => -1);
  for (const member of state.members) {
    roles[numbers(member.accountId)] = roleNames.indexOf(member.role) + 1;
    heads[numbers(member.accountId)] = member.head;
  }
  for (const invited of state.invited) inviter[numbers(invited.accountId)] = numbers(invited.inviter);
  const removed = state.removed.map(numbers);
  const mayInvite = roleNames.indexOf(state.policy.invite) + 1;
  return { kind: state.kind, name: state.name, mayInvite, roles, heads, inviter, removed };
}

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.oneof(
    { arbitrary: fc.constantFrom("invite" as const, "join" as const), weight: 5 },
    { arbitrary: fc.constantFrom("remove" as const, "role" as const), weight: 3 },
    {
      arbitrary: fc.constantFrom("leave", "policy", "rekey", "rename", "checkpoint") as fc.Arbitrary<
        Step["kind"]
      >,
      weight: 3,
    },
  ),
  by: fc.oneof({ arbitrary: fc.constant(0), weight: 2 }, { arbitrary: fc.nat(POOL - 1), weight: 3 }),
  of: fc.nat(POOL - 1),
  value: fc.integer({ min: 1, max: 3 }),
  head: fc.oneof(
    { arbitrary: fc.constant(0 as const), weight: 4 },
    { arbitrary: fc.constant(1 as const), weight: 1 },
  ),
});

test("random histories end where a simple model says, and newcomers find the same", () => {
  const seen = new Map<string, number>();
  const count = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1);
  fc.assert(
    fc.property(
      fc.constantFrom<GroupKind>("group", "room"),
      fc.array(step, { minLength: 20, maxLength: 60 }),
      (kind, steps) => {
        const create = craftMembership(undefined, at(people, 0), createContent(kind));
        let state = applyMembershipEntry(undefined, create, chains);
        const none = people.map(() => 0);
        let model: Model = {
          kind,
          name: state.name,
          mayInvite: 1,
          roles: set(none, 0, 3),
          heads: none,
          inviter: people.map(() => -1),
          removed: [],
          vouching: [0],
        };
        const checkpoints = [create];
        let encoded = new Uint8Array();
        let since: Uint8Array[] = [];
        let wasEmpty = false;

        for (const asked of steps) {
          const { device } = at(people, asked.by);
          const chain = asked.head === 1 ? at(grown, asked.by) : at(people, asked.by).chain;
          const entry = craftMembership(state, { chain, device }, contentFor(state, asked));
          const expected = modelStep(model, asked);
          const before = state;
          const outcome = refusal(() => {
            state = applyMembershipEntry(state, entry, chains);
          });
          expect(outcome, JSON.stringify({ asked, model })).toBe(
            expected === null ? "not_permitted" : "nothing",
          );
          count(expected === null ? "refused" : asked.kind);
          if (expected === null) continue;
          model = expected;
          const { vouching, ...rest } = model;
          expect(told(state)).toEqual(rest);
          // Members have an owner, but for those who come into a room that everybody had left.
          wasEmpty ||= state.members.length === 0;
          expect(wasEmpty || state.members.some(({ role }) => role === "owner")).toBe(true);
          expect(state.checkpoint.owners.map(toHex).sort()).toEqual(
            vouching.map((who) => toHex(at(people, who).accountId)).sort(),
          );
          if (asked.kind === "checkpoint") {
            checkpoints.push(entry);
            encoded = new Uint8Array(encodeMembership(before));
            since = [];
          } else since.push(entry);
        }

        const restored = since.reduce<MembershipState>(
          (now, entry) => applyMembershipEntry(now, entry, chains),
          restoreMembership(checkpoints, encoded, chains),
        );
        expect(restored).toEqual(state);
        expect(decodeStoredMembership(encodeStoredMembership(state))).toEqual(state);
      },
    ),
    { numRuns: 250, seed: 20260105 },
  );
  // A model test that never reaches the interesting places proves nothing.
  const kinds = "refused invite join remove role leave policy rekey rename checkpoint".split(" ");
  expect(Math.min(...kinds.map((what) => seen.get(what) ?? 0))).toBeGreaterThan(40);
});
