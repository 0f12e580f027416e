// What neither a relay nor a revoked device can do to a membership chain.
import { beforeAll, describe, expect, test } from "vitest";
import { refusal } from "../test/support/assertions.ts";
import { activeAt, type ChainState, verifyChain } from "./account-chain.ts";
import { type DeviceKeys, signAdd, signOverride, signRevoke } from "./account-signing.ts";
import { hash } from "./ids.ts";
import { sign } from "./labelled.ts";
import { labels } from "./labels.ts";
import { flip } from "./make-vectors/damage.ts";
import {
  chainsOf,
  craftMembership,
  createContent,
  history,
  invite,
  join,
  leave,
  rekey,
  step,
} from "./make-vectors/groups.ts";
import { byDevice, deviceOf, monday, type Person, person } from "./make-vectors/people.ts";
import { applyMembershipEntry, type ChainOf } from "./membership.ts";
import { encodeMembershipEntry, readMembershipEntry } from "./membership-entry.ts";
import { type MembershipState, memberOf } from "./membership-state.ts";
import { ready } from "./sodium.ts";

let alice: Person;
let bob: Person;
let mallory: Person;
let phone: DeviceKeys;
/** Bob's chain: his laptop; with the phone; without the laptop. */
let laptopOnly: ChainState;
let both: ChainState;
let phoneOnly: ChainState;
let chains: ChainOf;
/** Alice's room, which bob has joined with both devices. */
let room: MembershipState;
let entries: Uint8Array[];

beforeAll(async () => {
  await ready();
  alice = person("alice");
  bob = person("bob");
  mallory = person("mallory");
  phone = deviceOf("bob's phone");
  laptopOnly = bob.chain;
  const add = signAdd(laptopOnly, { by: byDevice(bob.device), device: phone, createdAt: monday });
  both = verifyChain([add], laptopOnly);
  const { deviceId } = bob.device;
  phoneOnly = verifyChain([signRevoke(both, { by: byDevice(phone), deviceId, createdAt: monday })], both);
  chains = chainsOf(alice, mallory, { chain: phoneOnly, device: phone });
  const made = history(
    [
      [alice, createContent("room")],
      [{ chain: both, device: bob.device }, join],
    ],
    chains,
  );
  room = made.state;
  entries = made.entries;
});

const of = (entry: Uint8Array, state: MembershipState | undefined = room, known = chains) =>
  refusal(() => applyMembershipEntry(state, entry, known));

describe("a device signs", () => {
  test("when it is active at the head that it names", () => {
    expect(of(craftMembership(room, { chain: both, device: phone }, leave))).toBe("nothing");
    expect(of(craftMembership(room, { chain: phoneOnly, device: phone }, leave))).toBe("nothing");
  });

  test("not at a head before it was added, nor at one after it was revoked", () => {
    const early = { chain: laptopOnly, device: phone };
    const fresh = history([[alice, createContent("room")]], chains).state;
    expect(of(craftMembership(fresh, early, join), fresh)).toBe("not_permitted");
    expect(of(craftMembership(room, { chain: phoneOnly, device: bob.device }, leave))).toBe("not_permitted");
  });

  test("not with the key of another", () => {
    const forged = { chain: alice.chain, device: { ...mallory.device, deviceId: alice.device.deviceId } };
    expect(of(craftMembership(room, forged, invite(mallory)))).toBe("bad_signature");
  });
});

describe("a revoked device", () => {
  const revoked = () => ({ chain: both, device: bob.device });

  test("signs at an old head until another device of the account names the newer one", () => {
    expect(of(craftMembership(room, revoked(), invite(mallory)))).toBe("nothing");
    const rekeyed = step(room, { chain: phoneOnly, device: phone }, rekey, chains);
    expect(memberOf(rekeyed, bob.accountId)?.head).toBe(2);
    expect(of(craftMembership(rekeyed, revoked(), invite(mallory)), rekeyed)).toBe("not_permitted");
    expect(of(craftMembership(rekeyed, revoked(), leave), rekeyed)).toBe("not_permitted");
  });

  test("is shut out by any entry that names the newer head", () => {
    const moved = step(room, { chain: phoneOnly, device: phone }, invite(mallory), chains);
    expect(of(craftMembership(moved, revoked(), rekey), moved)).toBe("not_permitted");
  });

  test("leaves no mark on what it signed before: newcomers accept it as those did who were there", () => {
    const signed = craftMembership(room, revoked(), invite(mallory));
    const before = applyMembershipEntry(room, signed, chainsOf({ chain: both, device: phone }));
    expect(applyMembershipEntry(room, signed, chains)).toEqual(before);
  });
});

describe("an override", () => {
  test("voids a thief's device for what comes, and not for what was: both see the same", () => {
    const thief = deviceOf("thief");
    const steal = signAdd(both, { by: byDevice(phone), device: thief, createdAt: monday });
    const stolen = verifyChain([steal], both);
    const { accountKey } = bob;
    const keep = both.head;
    const mended = verifyChain(
      [signOverride(stolen, { accountKey, keep, device: null, createdAt: monday })],
      stolen,
    );
    const known = chainsOf(alice, { chain: mended, device: phone });
    const byThief = craftMembership(room, { chain: stolen, device: thief }, invite(mallory));
    expect(of(byThief, room, known)).toBe("nothing");
    expect(of(byThief, room, chainsOf({ chain: stolen, device: thief }))).toBe("nothing");

    const rekeyed = step(room, { chain: mended, device: phone }, rekey, known);
    const late = craftMembership(rekeyed, { chain: stolen, device: thief }, invite(mallory));
    expect(of(late, rekeyed, known)).toBe("not_permitted");
    const later = craftMembership(rekeyed, { chain: mended, device: thief }, invite(mallory));
    expect(of(later, rekeyed, known)).toBe("not_permitted");
  });

  test("that brings a revoked device back leaves the gap in which it was out", () => {
    const { accountKey } = bob;
    const back = signOverride(phoneOnly, { accountKey, keep: both.head, device: null, createdAt: monday });
    const restored = verifyChain([back], phoneOnly);
    const { deviceId } = bob.device;
    const active = [0, 1, 2, 3].map((sequence) => activeAt(restored, sequence, deviceId) !== undefined);
    expect(active).toEqual([true, true, false, true]);
    expect([0, 1, 2, 3].map((at) => activeAt(restored, at, phone.deviceId) !== undefined)).toEqual([
      false,
      true,
      true,
      true,
    ]);
  });
});

describe("a relay cannot", () => {
  const leaves = () => craftMembership(room, alice, invite(mallory));

  test("forge: every changed byte is refused", () => {
    const good = leaves();
    expect(of(good)).toBe("nothing");
    for (let at = 0; at < good.length; at += 1) expect(of(flip(good, at, at % 8))).not.toBe("nothing");
  });

  test("pass off what a device signed for something else", () => {
    const { body } = readMembershipEntry(leaves());
    const other = sign(labels.accountEntry, body, alice.device.signing.secretKey);
    expect(of(encodeMembershipEntry(body, other))).toBe("bad_signature");
  });

  test("show an entry twice, leave one out, or swap two", () => {
    const first = leaves();
    const between = applyMembershipEntry(room, first, chains);
    const second = craftMembership(between, alice, rekey);
    expect(of(second)).toBe("malformed");
    expect(of(first, between)).toBe("malformed");
    expect(of(second, applyMembershipEntry(between, second, chains))).toBe("malformed");
    expect(
      refusal(() =>
        entries
          .toReversed()
          .reduce<MembershipState | undefined>(
            (state, entry) => applyMembershipEntry(state, entry, chains),
            undefined,
          ),
      ),
    ).toBe("malformed");
  });

  test("put one entry in the place of another unnoticed: what follows names the other", () => {
    const one = applyMembershipEntry(room, leaves(), chains);
    const other = step(room, alice, rekey, chains);
    expect(of(craftMembership(one, alice, rekey), other)).toBe("fork");
    expect(of(craftMembership(room, alice, rekey, { previous: hash(new Uint8Array(32).fill(7)) }))).toBe(
      "fork",
    );
  });

  test("replay into another conversation", () => {
    const twin = { ...createContent("room"), random: new Uint8Array(16) } as ReturnType<typeof createContent>;
    const steps = [
      [alice, twin],
      [{ chain: both, device: bob.device }, join],
    ] as const;
    const elsewhere = history(steps, chains).state;
    expect(elsewhere.head.sequence).toBe(room.head.sequence);
    expect(of(leaves(), elsewhere)).toBe("wrong_conversation");
  });
});

describe("the signer's chain", () => {
  const leaves = () => craftMembership(room, { chain: phoneOnly, device: phone }, leave);

  test("has to be at hand, up to the head that he names: the error says which", () => {
    expect(of(leaves(), room, () => undefined)).toBe("unknown_chain");
    const behind = chainsOf({ chain: both, device: phone });
    expect(of(leaves(), room, behind)).toBe("chain_behind");
    expect(() => applyMembershipEntry(room, leaves(), behind)).toThrow(
      expect.objectContaining({
        evidence: { accountId: bob.accountId, pinned: both.head, seen: phoneOnly.head },
      }),
    );
  });

  test("has to be his, and to hold that head", () => {
    expect(of(leaves(), room, () => alice.chain)).toBe("wrong_account");
    const head = { sequence: 2, hash: hash(new Uint8Array(32)) };
    const signer = { accountId: bob.accountId, deviceId: phone.deviceId, head };
    expect(of(craftMembership(room, { chain: phoneOnly, device: phone }, leave, { signer }))).toBe("fork");
  });
});
