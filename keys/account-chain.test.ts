import { beforeAll, describe, expect, test } from "vitest";
import { refusal } from "../test/support/assertions.ts";
import {
  type ChainState,
  checkPin,
  findDevice,
  headOf,
  MAX_DEVICE_ENTRIES,
  MAX_ENTRIES,
  verifyChain,
} from "./account-chain.ts";
import { encodeEntry, readEntry, validName } from "./account-entry.ts";
import {
  type DeviceKeys,
  draftAdd,
  publicDevice,
  signAdd,
  signBody,
  signOverride,
  signRevoke,
} from "./account-signing.ts";
import { equal, toHex } from "./bytes.ts";
import { KeysError } from "./errors.ts";
import { accountId } from "./ids.ts";
import { hashLabelled } from "./labelled.ts";
import { labels } from "./labels.ts";
import { flip } from "./make-vectors/damage.ts";
import { byAccount, byDevice, craft, deviceOf, monday, type Person, person } from "./make-vectors/people.ts";
import { ready } from "./sodium.ts";

let alice: Person;
let phone: DeviceKeys;
let tablet: DeviceKeys;

beforeAll(async () => {
  await ready();
  alice = person("alice");
  phone = deviceOf("alice's phone");
  tablet = deviceOf("alice's tablet");
});

/** The chain with the phone added by the laptop. */
function withPhone(): { entries: Uint8Array[]; chain: ChainState } {
  const add = signAdd(alice.chain, { by: byDevice(alice.device), device: phone, createdAt: monday });
  return { entries: [alice.genesis, add], chain: verifyChain([add], alice.chain) };
}

function deviceIds({ devices }: ChainState): string[] {
  return devices.map(({ deviceId }) => toHex(deviceId));
}

function caught(act: () => unknown): KeysError {
  try {
    act();
  } catch (error) {
    if (error instanceof KeysError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

test("the account id is the hash of what genesis says, whoever shows it", () => {
  const body = readEntry(alice.genesis).body;
  expect(equal(alice.chain.accountId, hashLabelled(labels.accountId, body))).toBe(true);
  expect(alice.chain.name).toBe("alice");
  expect(equal(verifyChain([alice.genesis]).accountId, accountId(alice.accountId))).toBe(true);
});

test("entry by entry or all at once: the same state", () => {
  const { entries, chain } = withPhone();
  expect(verifyChain(entries)).toEqual(chain);
  expect(verifyChain([], chain)).toBe(chain);
});

test("a refused entry leaves the state as it was", () => {
  const { chain } = withPhone();
  const before = structuredClone(chain);
  const good = signRevoke(chain, { by: byDevice(phone), deviceId: alice.device.deviceId, createdAt: monday });
  expect(refusal(() => verifyChain([good, flip(good, -1)], chain))).toBe("malformed");
  expect(refusal(() => verifyChain([flip(good, -1)], chain))).toBe("bad_signature");
  expect(chain).toEqual(before);
});

test("every single bit of an entry counts", () => {
  const add = signAdd(alice.chain, { by: byDevice(alice.device), device: phone, createdAt: monday });
  for (let at = 0; at < add.length; at += 1) {
    for (let bit = 0; bit < 8; bit += 1) {
      expect(
        refusal(() => verifyChain([flip(add, at, bit)], alice.chain)),
        `byte ${at}`,
      ).not.toBe("nothing");
    }
  }
});

test("an entry cut anywhere is malformed", () => {
  for (let length = 0; length < alice.genesis.length; length += 7) {
    expect(refusal(() => verifyChain([alice.genesis.subarray(0, length)]))).toBe("malformed");
  }
});

test("a device is linked by two signatures made on two machines", () => {
  const body = draftAdd(alice.chain, publicDevice(phone), monday);
  const authority = signBody(body, byDevice(alice.device));
  const possession = signBody(body, byDevice(phone));
  const chain = verifyChain([encodeEntry(body, [authority, possession])], alice.chain);
  expect(findDevice(chain, phone.deviceId)).toMatchObject({ addedSequence: 1, addedAt: monday });
  expect(findDevice(chain, tablet.deviceId)).toBeUndefined();
});

describe("the makers hand out nothing that others refuse", () => {
  test("a revoked device cannot add", () => {
    const { chain } = withPhone();
    const by = byDevice(alice.device);
    const revoke = signRevoke(chain, {
      by: byDevice(phone),
      deviceId: alice.device.deviceId,
      createdAt: monday,
    });
    const after = verifyChain([revoke], chain);
    expect(refusal(() => signAdd(after, { by, device: tablet, createdAt: monday }))).toBe("not_permitted");
  });

  test("the last device cannot revoke itself, the account key can", () => {
    const { deviceId } = alice.device;
    const revoke = (by: typeof ownKey) => signRevoke(alice.chain, { by, deviceId, createdAt: monday });
    const ownKey = byAccount(alice);
    expect(refusal(() => revoke(byDevice(alice.device)))).toBe("not_permitted");
    expect(verifyChain([revoke(ownKey)], alice.chain).devices).toEqual([]);
  });

  test("another account's key cannot override", () => {
    const { accountKey } = person("bob");
    const input = { accountKey, keep: alice.chain.head, device: tablet, createdAt: monday };
    expect(refusal(() => signOverride(alice.chain, input))).toBe("bad_signature");
  });
});

describe("override", () => {
  test("takes back what a thief did, keeps what came before, and brings the owner in", () => {
    const { chain } = withPhone();
    const thief = deviceOf("thief");
    const entries: Uint8Array[] = [];
    let robbed = chain;
    const next = (entry: Uint8Array) => {
      entries.push(entry);
      robbed = verifyChain([entry], robbed);
    };
    next(signAdd(robbed, { by: byDevice(phone), device: thief, createdAt: monday }));
    for (const { deviceId } of [alice.device, phone]) {
      next(signRevoke(robbed, { by: byDevice(thief), deviceId, createdAt: monday }));
    }
    expect(deviceIds(robbed)).toEqual([toHex(thief.deviceId)]);

    const { accountKey } = alice;
    const override = signOverride(robbed, {
      accountKey,
      keep: chain.head,
      device: tablet,
      createdAt: monday,
    });
    const mended = verifyChain([override], robbed);
    expect(deviceIds(mended)).toEqual([alice.device, phone, tablet].map(({ deviceId }) => toHex(deviceId)));
    expect(mended.head.sequence).toBe(robbed.head.sequence + 1);
    expect(checkPin(headOf(robbed), mended)).toBe("advanced");
  });

  test("can be followed by another, which goes back to the first at most", () => {
    const { chain } = withPhone();
    const { accountKey } = alice;
    const back = signOverride(chain, { accountKey, keep: alice.chain.head, device: null, createdAt: monday });
    const first = verifyChain([back], chain);
    const add = signAdd(first, { by: byDevice(alice.device), device: tablet, createdAt: monday });
    const later = verifyChain([add], first);
    const again = { accountKey, device: null, createdAt: monday };
    expect(refusal(() => signOverride(later, { ...again, keep: chain.head }))).toBe("not_permitted");
    expect(deviceIds(verifyChain([signOverride(later, { ...again, keep: first.head })], later))).toEqual(
      deviceIds(first),
    );
  });

  test("may not bring a ninth device in", () => {
    let chain = alice.chain;
    for (let index = 0; index < 7; index += 1) {
      const device = deviceOf(`device ${index}`);
      chain = verifyChain([signAdd(chain, { by: byDevice(alice.device), device, createdAt: monday })], chain);
    }
    const input = { accountKey: alice.accountKey, keep: chain.head, device: tablet, createdAt: monday };
    expect(refusal(() => signOverride(chain, input))).toBe("not_permitted");
    expect(refusal(() => signOverride(chain, { ...input, device: null }))).toBe("nothing");
  });
});

test("a thief cannot fill the chain: the last 64 entries are the account key's", () => {
  const byLaptop = byDevice(alice.device);
  let chain = alice.chain;
  let thieves = 0;
  const grow = (by: typeof byLaptop) => {
    const [, guest] = chain.devices;
    const device = deviceOf(`guest ${thieves}`);
    thieves += 1;
    const entry =
      guest === undefined
        ? craft(chain, { type: "add", device: publicDevice(device) }, [by, byDevice(device)])
        : craft(chain, { type: "revoke", deviceId: guest.deviceId }, [by]);
    chain = verifyChain([entry], chain);
  };
  while (chain.head.sequence < MAX_DEVICE_ENTRIES - 1) grow(byLaptop);
  expect(refusal(() => grow(byLaptop))).toBe("not_permitted");
  while (chain.head.sequence < MAX_ENTRIES - 1) grow(byAccount(alice));
  expect(refusal(() => grow(byAccount(alice)))).toBe("not_permitted");
  expect(chain.hashes).toHaveLength(MAX_ENTRIES);
});

describe("a pin", () => {
  test("is the same, or has been passed", () => {
    const { chain } = withPhone();
    expect(checkPin(headOf(chain), chain)).toBe("same");
    expect(checkPin(headOf(alice.chain), chain)).toBe("advanced");
  });

  test("shows a rollback, with both heads as evidence", () => {
    const { chain } = withPhone();
    const error = caught(() => checkPin(headOf(chain), alice.chain));
    expect(error.code).toBe("rollback");
    expect(error.evidence).toEqual({ pinned: chain.head, seen: alice.chain.head });
  });

  test("shows a fork, with both hashes at that sequence as evidence", () => {
    const { chain } = withPhone();
    const other = signAdd(alice.chain, { by: byDevice(alice.device), device: tablet, createdAt: monday });
    const forked = verifyChain([other], alice.chain);
    const error = caught(() => checkPin(headOf(chain), forked));
    expect(error.code).toBe("fork");
    expect(error.evidence).toEqual({ pinned: chain.head, seen: forked.head });
  });

  test("shows a fork below the head too", () => {
    const { chain } = withPhone();
    const other = signAdd(alice.chain, { by: byDevice(alice.device), device: tablet, createdAt: monday });
    const forked = verifyChain([other], alice.chain);
    const { deviceId } = tablet;
    const longer = verifyChain(
      [signRevoke(forked, { by: byDevice(alice.device), deviceId, createdAt: monday })],
      forked,
    );
    expect(caught(() => checkPin(headOf(chain), longer)).evidence).toEqual({
      pinned: chain.head,
      seen: forked.head,
    });
  });

  test("of one account says nothing about another", () => {
    expect(refusal(() => checkPin(headOf(alice.chain), person("bob").chain))).toBe("wrong_account");
  });
});

test("an entry on top of another history is a fork, with both heads as evidence", () => {
  const { chain } = withPhone();
  const other = signAdd(alice.chain, { by: byDevice(alice.device), device: tablet, createdAt: monday });
  const forked = verifyChain([other], alice.chain);
  const next = craft(forked, { type: "revoke", deviceId: tablet.deviceId }, [byDevice(alice.device)]);
  const error = caught(() => verifyChain([next], chain));
  expect(error.code).toBe("fork");
  expect(error.evidence).toEqual({ pinned: chain.head, seen: forked.head });
});

test.each(["abc", "a".repeat(32), "0-9", "a_b.c-d"])("%s is a name", (name) => {
  expect(validName(name)).toBe(true);
});

test.each(["ab", "a".repeat(33), "Abc", "-ab", ".ab", "_ab", "a b", "äbc", "abc\n", ""])(
  "%j is none",
  (name) => {
    expect(validName(name)).toBe(false);
  },
);
