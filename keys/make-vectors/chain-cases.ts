import { headOf, verifyChain } from "../account-chain.ts";
import { type Device, type EntrySignature, encodeEntry, readEntry } from "../account-entry.ts";
import {
  type Authority,
  type DeviceKeys,
  publicDevice,
  signAdd,
  signBody,
  signOverride,
  signRevoke,
} from "../account-signing.ts";
import { concat, fromHex, toHex } from "../bytes.ts";
import type { KeysErrorCode } from "../errors.ts";
import { accountId, agreementPublicKey, deviceId, hash, signingPublicKey } from "../ids.ts";
import { sign } from "../labelled.ts";
import { labels } from "../labels.ts";
import { flip, put } from "./damage.ts";
import { byAccount, byDevice, craft, deviceOf, monday, person } from "./people.ts";
import type { Cases, Vector } from "./vector.ts";

type Case = Omit<Vector, "output">;

function chainCase(expect: "ok" | KeysErrorCode, about: string, entries: readonly Uint8Array[]): Case {
  return { about, operation: "verify chain", input: { entries: entries.map(toHex) }, expect };
}

/** The genesis of `person`, with bytes of its body changed and signed again by the same keys. */
function resigned(of: ReturnType<typeof person>, change: (body: Uint8Array) => Uint8Array): Uint8Array {
  const body = change(Uint8Array.from(readEntry(of.genesis).body));
  return encodeEntry(body, [signBody(body, byAccount(of)), signBody(body, byDevice(of.device))]);
}

export function chainCases(): Cases {
  const alice = person("alice");
  const bob = person("bob");
  const phone = deviceOf("alice's phone");
  const tablet = deviceOf("alice's tablet");
  const thief = deviceOf("thief");
  const { genesis } = alice;
  const byLaptop = byDevice(alice.device);
  const byPhone = byDevice(phone);
  const at = (minutes: number) => monday + minutes * 60_000;

  const add = signAdd(alice.chain, { by: byLaptop, device: phone, createdAt: at(1) });
  const two = verifyChain([genesis, add]);
  const revoke = signRevoke(two, { by: byPhone, deviceId: alice.device.deviceId, createdAt: at(2) });
  const onlyPhone = verifyChain([revoke], two);
  const steal = signAdd(two, { by: byPhone, device: thief, createdAt: at(2) });
  const stolen = verifyChain([steal], two);
  const lockOut = signRevoke(stolen, {
    by: byDevice(thief),
    deviceId: alice.device.deviceId,
    createdAt: at(3),
  });
  const robbed = verifyChain([lockOut], stolen);
  const genesisHead = alice.chain.head;
  const override = signOverride(robbed, {
    accountKey: alice.accountKey,
    keep: genesisHead,
    device: tablet,
    createdAt: at(4),
  });
  const mended = verifyChain([override], robbed);

  const joins = (device: Device) => ({ type: "add", device }) as const;
  const phoneJoins = joins(publicDevice(phone));
  const changedPhone = (change: Partial<Device>) => joins({ ...publicDevice(phone), ...change });
  const keep = (sequence: number, head = robbed.hashes[sequence]) => ({
    type: "override" as const,
    keep: { sequence, hash: head ?? hash(new Uint8Array(32)) },
    device: null,
  });
  const own: Authority = byAccount(alice);

  const crowd = Array.from({ length: 8 }, (_, index) => deviceOf(`alice's device ${index}`));
  const crowded = crowd.slice(0, 7).reduce(
    ({ entries, chain }, device) => {
      const entry = signAdd(chain, { by: byLaptop, device, createdAt: at(1) });
      return { entries: [...entries, entry], chain: verifyChain([entry], chain) };
    },
    { entries: [genesis], chain: alice.chain },
  );
  const ninth = crowd[7] ?? phone;

  const lowOrder = fromHex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800");
  const smallPoint = signingPublicKey(put(new Uint8Array(32), 0, Uint8Array.of(1)));
  const highBit = Uint8Array.from(phone.identity.publicKey);
  highBit[31] = (highBit[31] ?? 0) | 0x80;
  // Offsets in a genesis body: version, type, account 32, sequence 8, previous 32, created 8, valid until 8, length 4.
  const sequenceAt = 2 + 32 + 7;
  const nameAt = 2 + 32 + 8 + 32 + 8 + 8 + 4 + 4;
  const recoveryAt = nameAt + "alice".length + 32;

  return {
    "chain-genesis": chainCase("ok", "a genesis entry", [genesis]),
    "chain-add": chainCase("ok", "a device adds another", [genesis, add]),
    "chain-add-by-account-key": chainCase("ok", "the account key adds a device", [
      genesis,
      craft(alice.chain, phoneJoins, [own, byPhone]),
    ]),
    "chain-revoke": chainCase("ok", "a device revokes another", [genesis, add, revoke]),
    "chain-revoke-last-by-account-key": chainCase("ok", "the account key revokes the last device", [
      genesis,
      craft(alice.chain, { type: "revoke", deviceId: alice.device.deviceId }, [own]),
    ]),
    "chain-override": chainCase(
      "ok",
      "the account key voids what a thief's device signed, and adds a tablet",
      [genesis, add, steal, lockOut, override],
    ),
    "chain-override-of-nothing": chainCase("ok", "an override that keeps everything", [
      genesis,
      craft(alice.chain, keep(0), [own]),
    ]),
    "chain-eight-devices": chainCase("ok", "eight active devices", crowded.entries),

    "chain-empty": chainCase("malformed", "no entries", []),
    "chain-truncated": chainCase("malformed", "the last byte is missing", [genesis.subarray(0, -1)]),
    "chain-trailing-byte": chainCase("malformed", "a byte follows the entry", [
      concat(genesis, Uint8Array.of(0)),
    ]),
    "chain-no-genesis": chainCase("malformed", "the first entry is not genesis", [add]),
    "chain-two-geneses": chainCase("wrong_account", "a second genesis", [genesis, genesis]),
    "chain-gap": chainCase("malformed", "a sequence is left out", [
      genesis,
      craft(alice.chain, phoneJoins, [byLaptop, byPhone], { sequence: 2 }),
    ]),
    "chain-genesis-sequence": chainCase("malformed", "genesis with sequence 1", [
      resigned(alice, (body) => put(body, sequenceAt, Uint8Array.of(1))),
    ]),
    "chain-genesis-account": chainCase("malformed", "genesis with an account id", [
      resigned(alice, (body) => put(body, 2, alice.accountId)),
    ]),
    "chain-genesis-previous": chainCase("malformed", "genesis that follows something", [
      resigned(alice, (body) => put(body, sequenceAt + 1, alice.chain.head.hash)),
    ]),
    "chain-add-sequence-0": chainCase("malformed", "an entry that is not genesis with sequence 0", [
      genesis,
      craft(alice.chain, phoneJoins, [byLaptop, byPhone], { sequence: 0 }),
    ]),
    "chain-override-flag": chainCase("malformed", "neither 0 nor 1 for whether a device joins", [
      genesis,
      reworked(craft(alice.chain, keep(0), [own]), (body) => put(body, body.length - 1, Uint8Array.of(2)), [
        own,
      ]),
    ]),
    "chain-name-upper-case": chainCase("malformed", "an upper-case letter in the name", [
      resigned(alice, (body) => put(body, nameAt, Uint8Array.of(0x41))),
    ]),
    "chain-name-like-an-option": chainCase("malformed", "a name that starts with a dash", [
      resigned(alice, (body) => put(body, nameAt, Uint8Array.of(0x2d))),
    ]),
    "chain-name-not-utf8": chainCase("malformed", "the name is not UTF-8", [
      resigned(alice, (body) => put(body, nameAt, Uint8Array.of(0xff))),
    ]),
    "chain-device-id-zeros": chainCase("malformed", "a device id of zeros", [
      genesis,
      craft(alice.chain, changedPhone({ deviceId: deviceId(new Uint8Array(16)) }), [byLaptop, byPhone]),
    ]),
    "chain-no-possession": chainCase("malformed", "the new device did not sign", [
      genesis,
      craft(alice.chain, phoneJoins, [byLaptop]),
    ]),
    "chain-possession-by-another": chainCase("malformed", "another device signs for the new one", [
      genesis,
      craft(alice.chain, phoneJoins, [byLaptop, byDevice(tablet)]),
    ]),
    "chain-third-signature": chainCase("malformed", "one signature too many", [
      genesis,
      craft(alice.chain, phoneJoins, [byLaptop, byPhone, own]),
    ]),

    "chain-version-2": chainCase("unsupported_version", "version 2", [
      resigned(alice, (body) => put(body, 0, Uint8Array.of(2))),
    ]),
    "chain-type-rotate": chainCase("unsupported_version", "the reserved type 4", [
      genesis,
      retyped(add, 4, [byLaptop, byPhone]),
    ]),
    "chain-type-rename": chainCase("unsupported_version", "the reserved type 5", [
      genesis,
      retyped(add, 5, [byLaptop, byPhone]),
    ]),
    "chain-valid-until": chainCase("unsupported_version", "an entry that lapses", [
      resigned(alice, (body) => put(body, 2 + 32 + 8 + 32 + 8 + 7, Uint8Array.of(1))),
    ]),

    "chain-wrong-account": chainCase("wrong_account", "an entry of bob's in alice's chain", [
      genesis,
      craft(alice.chain, phoneJoins, [byLaptop, byPhone], { accountId: bob.accountId }),
    ]),
    "chain-fork": chainCase("fork", "an entry that follows another entry than the head", [
      genesis,
      craft(alice.chain, phoneJoins, [byLaptop, byPhone], { previous: bob.chain.head.hash }),
    ]),

    "chain-bad-authority-signature": chainCase("bad_signature", "a bit of the authority's signature", [
      genesis,
      flip(add, -81 - 1),
    ]),
    "chain-bad-possession-signature": chainCase("bad_signature", "a bit of the new device's signature", [
      genesis,
      flip(add, -1),
    ]),
    "chain-bad-genesis-signature": chainCase("bad_signature", "a bit of genesis' created at", [
      flip(genesis, 4 + 2 + 32 + 8 + 32 + 7),
    ]),
    "chain-signed-under-another-label": chainCase("bad_signature", "signatures made for a prekey", [
      genesis,
      encodeEntry(readEntry(add).body, [
        asPrekey(readEntry(add).body, alice.device),
        asPrekey(readEntry(add).body, phone),
      ]),
    ]),

    "chain-revoked-device-signs": chainCase("not_permitted", "a revoked device adds a device", [
      genesis,
      add,
      revoke,
      craft(onlyPhone, joins(publicDevice(tablet)), [byLaptop, byDevice(tablet)]),
    ]),
    "chain-stranger-signs": chainCase("not_permitted", "a device that was never in adds itself", [
      genesis,
      craft(alice.chain, phoneJoins, [byPhone, byPhone]),
    ]),
    "chain-voided-device-signs": chainCase(
      "not_permitted",
      "a device whose add was overridden revokes another",
      [
        genesis,
        add,
        steal,
        lockOut,
        override,
        craft(mended, { type: "revoke", deviceId: alice.device.deviceId }, [byDevice(thief)]),
      ],
    ),
    "chain-ninth-device": chainCase("not_permitted", "a ninth active device", [
      ...crowded.entries,
      craft(crowded.chain, joins(publicDevice(ninth)), [byLaptop, byDevice(ninth)]),
    ]),
    "chain-active-device-again": chainCase("not_permitted", "an active device is added again", [
      genesis,
      add,
      craft(two, phoneJoins, [byLaptop, byPhone]),
    ]),
    "chain-former-device-again": chainCase("not_permitted", "a revoked device comes back", [
      genesis,
      add,
      revoke,
      craft(onlyPhone, joins(publicDevice(alice.device)), [byPhone, byLaptop]),
    ]),
    "chain-voided-device-again": chainCase("not_permitted", "a device of the overridden part comes back", [
      genesis,
      add,
      steal,
      lockOut,
      override,
      craft(mended, joins(publicDevice(thief)), [byDevice(tablet), byDevice(thief)]),
    ]),
    "chain-identity-key-again": chainCase(
      "not_permitted",
      "a new device with another device's identity key",
      [
        genesis,
        craft(alice.chain, changedPhone({ identityKey: alice.device.identity.publicKey }), [
          byLaptop,
          byPhone,
        ]),
      ],
    ),
    "chain-account-key-as-device": chainCase("not_permitted", "the account key as a device's signing key", [
      genesis,
      craft(alice.chain, changedPhone({ signingKey: alice.accountKey.publicKey }), [
        byLaptop,
        byDevice({ ...phone, signing: alice.accountKey }),
      ]),
    ]),
    "chain-genesis-account-key-as-device": chainCase("not_permitted", "the account key as the first device", [
      accountKeyAsDevice(),
    ]),
    "chain-revoke-unknown": chainCase("not_permitted", "a device that is not active is revoked", [
      genesis,
      craft(alice.chain, { type: "revoke", deviceId: phone.deviceId }, [byLaptop]),
    ]),
    "chain-last-device-revokes-itself": chainCase("not_permitted", "the last device revokes itself", [
      genesis,
      craft(alice.chain, { type: "revoke", deviceId: alice.device.deviceId }, [byLaptop]),
    ]),
    "chain-genesis-by-device": chainCase("not_permitted", "genesis without the account key", [
      genesisByDevice(),
    ]),
    "chain-override-by-device": chainCase("not_permitted", "a device overrides", [
      genesis,
      add,
      craft(two, keep(0), [byLaptop]),
    ]),
    "chain-override-unknown-hash": chainCase("not_permitted", "an override that keeps an entry nobody has", [
      genesis,
      add,
      craft(two, keep(1, hash(new Uint8Array(32).fill(7))), [own]),
    ]),
    "chain-override-future": chainCase("not_permitted", "an override that keeps an entry to come", [
      genesis,
      add,
      craft(two, { type: "override", keep: { sequence: 5, hash: two.head.hash }, device: null }, [own]),
    ]),
    "chain-override-of-account-key": chainCase("not_permitted", "an override of an override", [
      genesis,
      add,
      steal,
      lockOut,
      override,
      craft(mended, keep(2), [own]),
    ]),

    "chain-identity-key-small-order": chainCase("bad_key", "an identity key of order 8", [
      genesis,
      craft(alice.chain, changedPhone({ identityKey: agreementPublicKey(lowOrder) }), [byLaptop, byPhone]),
    ]),
    "chain-identity-key-bit-255": chainCase("bad_key", "bit 255 set in an identity key", [
      genesis,
      craft(alice.chain, changedPhone({ identityKey: agreementPublicKey(highBit) }), [byLaptop, byPhone]),
    ]),
    "chain-signing-key-small-order": chainCase("bad_key", "a signing key of order 1", [
      genesis,
      craft(alice.chain, changedPhone({ signingKey: smallPoint }), [byLaptop, byPhone]),
    ]),
    "chain-account-key-small-order": chainCase("bad_key", "an account key of order 1", [
      resigned(alice, (body) => put(body, nameAt + "alice".length, smallPoint)),
    ]),
    "chain-recovery-key-modulus": chainCase("bad_key", "a recovery key with a coefficient above 3,328", [
      resigned(alice, (body) => put(body, recoveryAt, Uint8Array.of(0xff, 0xff))),
    ]),
    "chain-recovery-key-small-order": chainCase("bad_key", "a recovery key whose X25519 half has order 8", [
      resigned(alice, (body) => put(body, recoveryAt + 1184, lowOrder)),
    ]),

    ...pinCases(),
  };

  function reworked(
    entry: Uint8Array,
    change: (body: Uint8Array) => Uint8Array,
    signers: readonly Authority[],
  ): Uint8Array {
    const body = change(readEntry(entry).body);
    return encodeEntry(
      body,
      signers.map((signer) => signBody(body, signer)),
    );
  }

  function retyped(entry: Uint8Array, type: number, signers: readonly Authority[]): Uint8Array {
    return reworked(entry, (body) => put(body, 1, Uint8Array.of(type)), signers);
  }

  function accountKeyAsDevice(): Uint8Array {
    const signingKeyAt = readEntry(genesis).body.length - 64;
    const twice = { ...alice, device: { ...alice.device, signing: alice.accountKey } };
    return resigned(twice, (body) => put(body, signingKeyAt, alice.accountKey.publicKey));
  }

  function asPrekey(body: Uint8Array, { deviceId, signing }: DeviceKeys): EntrySignature {
    return { device: deviceId, signature: sign(labels.prekey, body, signing.secretKey) };
  }

  function genesisByDevice(): Uint8Array {
    const { body } = readEntry(genesis);
    return encodeEntry(body, [signBody(body, byLaptop), signBody(body, byLaptop)]);
  }

  function pinCases(): Cases {
    const otherPast = signAdd(alice.chain, { by: byLaptop, device: tablet, createdAt: at(1) });
    const pin = ({ accountId: account, sequence, hash: pinned }: ReturnType<typeof headOf>) => ({
      accountId: toHex(account),
      sequence,
      hash: toHex(pinned),
    });
    const pinCase = (
      expect: "ok" | KeysErrorCode,
      about: string,
      pinned: ReturnType<typeof pin>,
      entries: Uint8Array[],
    ) => ({
      about,
      operation: "check pin",
      input: { pin: pinned, entries: entries.map(toHex) },
      expect,
    });
    const atTwo = pin(headOf(two));
    return {
      "pin-same": pinCase("ok", "the chain as it was", atTwo, [genesis, add]),
      "pin-advanced": pinCase("ok", "the chain went on", atTwo, [genesis, add, revoke]),
      "pin-over-an-override": pinCase(
        "ok",
        "the pinned entry was overridden; it is history all the same",
        pin(headOf(robbed)),
        [genesis, add, steal, lockOut, override],
      ),
      "pin-rollback": pinCase("rollback", "the chain ends before the pin", atTwo, [genesis]),
      "pin-fork": pinCase("fork", "another entry at the pinned sequence", atTwo, [genesis, otherPast]),
      "pin-wrong-account": pinCase("wrong_account", "a chain of another account", atTwo, [bob.genesis]),
      "pin-account-zeros": pinCase(
        "wrong_account",
        "a pin of no account",
        { ...atTwo, accountId: toHex(accountId(new Uint8Array(32))) },
        [genesis, add],
      ),
    };
  }
}
