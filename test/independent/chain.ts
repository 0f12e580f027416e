// SPEC §2: account chains and pins.
import {
  checkEd25519,
  checkKem,
  checkX25519,
  H,
  hex,
  must,
  Reader,
  Refused,
  same,
  signed,
  zeros,
} from "./primitives.ts";

interface Device {
  readonly id: Uint8Array;
  readonly signing: Uint8Array;
  readonly identity: Uint8Array;
}

export interface Chain {
  readonly account: Uint8Array;
  readonly name: string;
  readonly accountKey: Uint8Array;
  readonly hashes: Uint8Array[];
  /** The active devices after each entry. */
  readonly active: Device[][];
  readonly byDevice: boolean[];
  readonly everListed: readonly Device[];
}

function readDevice(reader: Reader): Device {
  const device = { id: reader.fixed(16), signing: reader.fixed(32), identity: reader.fixed(32) };
  must(!same(device.id, zeros(16)), "malformed", "a device id of zeros");
  return device;
}

/** §2.2, the content of each type. */
function readContent(type: number, bytes: Uint8Array) {
  const reader = new Reader(bytes);
  const genesis =
    type === 1 ? { name: reader.bytes(32), key: reader.fixed(32), recovery: reader.fixed(1216) } : null;
  const revoked = type === 3 ? reader.fixed(16) : null;
  const kept = type === 6 ? { sequence: reader.uint(8), hash: reader.fixed(32) } : null;
  const has = kept === null ? type < 3 : reader.flag();
  const device = has ? readDevice(reader) : null;
  reader.end();
  return { genesis, revoked, kept, device };
}

/** §2.3 */
function readEntry(entry: Uint8Array) {
  must(entry.length <= 4096, "malformed", "an entry too long");
  const outer = new Reader(entry);
  const body = outer.bytes(2048);
  const signatures = Array.from({ length: outer.uint(1) }, () => {
    const signature = { byDevice: outer.flag(), device: outer.fixed(16), sig: outer.fixed(64) };
    must(
      signature.byDevice || same(signature.device, zeros(16)),
      "malformed",
      "the account key has no device id",
    );
    return signature;
  });
  outer.end();

  const reader = new Reader(body);
  reader.version();
  const type = reader.uint(1);
  must([1, 2, 3, 6].includes(type), "unsupported_version", "an entry type of a later version");
  const [account, sequence, previous] = [reader.fixed(32), reader.uint(8), reader.fixed(32)];
  reader.uint(8);
  must(reader.uint(8) === 0, "unsupported_version", "an entry that lapses");
  const content = readContent(type, reader.bytes(2048));
  reader.end();
  const [authority, possession] = signatures;
  const signers = content.device === null ? 1 : 2;
  must(
    authority !== undefined && signatures.length === signers,
    "malformed",
    "too few or too many signatures",
  );
  if (content.device !== null) {
    const joins = possession?.byDevice === true && same(possession.device, content.device.id);
    must(joins, "malformed", "the new device did not sign");
  }
  return { body, type, account, sequence, previous, content, authority, possession };
}

export function verifyChain(entries: Uint8Array[]): Chain {
  let chain: Chain | undefined;
  for (const entry of entries) chain = follow(chain, entry);
  if (chain === undefined) throw new Refused("malformed", "no entries");
  return chain;
}

/** §2.4 */
function follow(chain: Chain | undefined, bytes: Uint8Array): Chain {
  const entry = readEntry(bytes);
  const { type, sequence, content, authority, body } = entry;
  const hash = H("sotto/v1/account-entry-hash", bytes);
  if (chain === undefined) chain = begin(entry);
  else {
    must(same(entry.account, chain.account), "wrong_account", "an entry of another account");
    must(type !== 1 && sequence === chain.hashes.length, "malformed", "not the next sequence");
    must(same(entry.previous, chain.hashes.at(-1) ?? zeros(0)), "fork", "it follows another entry");
  }
  const active = chain.active.at(-1) ?? [];

  const signer = authority.byDevice ? active.find(({ id }) => same(id, authority.device)) : undefined;
  must(!authority.byDevice || signer !== undefined, "not_permitted", "the authority is not active");
  must(!authority.byDevice || (type !== 1 && type !== 6), "not_permitted", "only the account key may");
  must(sequence < 1024, "not_permitted", "the chain is full");
  must(!authority.byDevice || sequence < 960, "not_permitted", "the last entries are the account key's");
  const key = signer?.signing ?? chain.accountKey;

  let next = active;
  if (content.kept !== null) next = keep(chain, content.kept);
  if (content.revoked !== null) {
    const revoked = content.revoked;
    next = active.filter(({ id }) => !same(id, revoked));
    must(next.length < active.length, "not_permitted", "the revoked device is not active");
    must(next.length > 0 || !authority.byDevice, "not_permitted", "the last device");
  }
  if (content.device !== null) {
    next = [...next, admit(chain, content.device)];
  }
  must(next.length <= 8, "not_permitted", "a ninth device");
  must(signed("sotto/v1/account-entry", body, authority.sig, key), "bad_signature", "the authority's");
  if (content.device !== null) {
    const { signing } = content.device;
    const joins = signed("sotto/v1/account-entry", body, entry.possession?.sig ?? zeros(64), signing);
    must(joins, "bad_signature", "the device's");
  }
  return {
    ...chain,
    hashes: [...chain.hashes, hash],
    active: [...chain.active, next],
    byDevice: [...chain.byDevice, authority.byDevice],
    everListed: content.device === null ? chain.everListed : [...chain.everListed, content.device],
  };
}

function begin({ type, body, account, sequence, previous, content }: ReturnType<typeof readEntry>): Chain {
  const empty = type === 1 && sequence === 0 && same(account, zeros(32)) && same(previous, zeros(32));
  must(empty && content.genesis !== null, "malformed", "a chain begins with genesis");
  const name = Buffer.from(content.genesis.name).toString("latin1");
  must(/^[a-z0-9][a-z0-9_.-]{2,31}$/.test(name), "malformed", "the name");
  checkEd25519(content.genesis.key);
  checkKem(content.genesis.recovery);
  checkX25519(content.genesis.recovery.slice(1184));
  const accountKey = content.genesis.key;
  const id = H("sotto/v1/account-id", body);
  return { account: id, name, accountKey, hashes: [], active: [], byDevice: [], everListed: [] };
}

/** §2.5 */
function keep(chain: Chain, { sequence, hash }: { sequence: number; hash: Uint8Array }): Device[] {
  const kept = chain.hashes[sequence];
  must(kept !== undefined && same(kept, hash), "not_permitted", "the kept entry is not in the chain");
  must(
    chain.byDevice.slice(sequence + 1).every(Boolean),
    "not_permitted",
    "what the account key signed is final",
  );
  return chain.active[sequence] ?? [];
}

function admit(chain: Chain, device: Device): Device {
  const again = chain.everListed.some(
    (known) =>
      same(known.id, device.id) ||
      same(known.signing, device.signing) ||
      same(known.identity, device.identity),
  );
  must(!again, "not_permitted", "its id or a key of it was in the chain before");
  must(!same(device.signing, chain.accountKey), "not_permitted", "the account key as a device");
  checkEd25519(device.signing);
  checkX25519(device.identity);
  return device;
}

/** §2.6 */
export function checkPin(pin: { account: Uint8Array; sequence: number; hash: Uint8Array }, chain: Chain) {
  must(same(pin.account, chain.account), "wrong_account", "a chain of another account");
  const at = chain.hashes[pin.sequence];
  must(at !== undefined, "rollback", `the chain ends before entry ${pin.sequence}`);
  must(same(at, pin.hash), "fork", `another entry: ${hex(at)}`);
  return pin.sequence === chain.hashes.length - 1 ? "same" : "advanced";
}

/** §2.7 */
export function safetyNumber(one: Uint8Array, other: Uint8Array): string {
  for (const account of [one, other]) must(account.length === 32, "malformed", "not an account id");
  must(!same(one, other), "malformed", "one account");
  const half = (account: Uint8Array) => {
    const digest = hex(H("sotto/v1/safety-number", account));
    const groups = [0, 10, 20, 30, 40, 50].map((at) => BigInt(`0x${digest.slice(at, at + 10)}`) % 100_000n);
    return groups.map((group) => (group + 100_000n).toString().slice(1)).join("");
  };
  const [lower, higher] = [half(one), half(other)].sort();
  return `${lower}${higher}`;
}
