// SPEC §5 and §6: the stored session, the ratchet and wraps. A session is a value, as in §5.6.
import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { x25519 } from "@noble/curves/ed25519.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { checkX25519, derive, dh, frame, join, must, open, Reader, same, uint, zeros } from "./primitives.ts";

type Bytes = Uint8Array;

interface KnownChain {
  readonly chain: number;
  readonly key: Bytes;
  readonly skipped: number;
}

export interface Session {
  readonly T: Bytes;
  readonly own: Bytes;
  readonly peer: Bytes;
  readonly setUp: Bytes | null;
  readonly root: Bytes;
  readonly sending: {
    readonly chain: number;
    readonly previous: number;
    readonly n: number;
    readonly key: Bytes | null;
    readonly secret: Bytes | null;
    readonly chainKey: Bytes | null;
  };
  readonly receivingN: number;
  readonly receivingKey: Bytes | null;
  /** Oldest first. */
  readonly chains: readonly KnownChain[];
}

export interface Skipped {
  readonly chain: number;
  readonly n: number;
  readonly key: Bytes;
}

export interface Opened {
  readonly session: Session;
  readonly contentKey: Bytes;
  readonly used: Skipped | null;
  readonly dropOldest: number;
  readonly added: readonly Skipped[];
}

/** §5.6 */
export function decodeSession(bytes: Bytes): Session {
  const reader = new Reader(bytes);
  reader.version();
  const opt = (length: number) => (reader.flag() ? reader.fixed(length) : null);
  const [T, own, peer, setUp, root] = [
    reader.fixed(32),
    reader.fixed(48),
    reader.fixed(48),
    opt(1209),
    reader.fixed(32),
  ];
  const counts = { chain: reader.uint(4), previous: reader.uint(4), n: reader.uint(4) };
  const sending = { ...counts, key: opt(32), secret: opt(32), chainKey: opt(32) };
  const [receivingN, receivingKey] = [reader.uint(4), opt(32)];
  const known = () => ({ chain: reader.uint(4), key: reader.fixed(32), skipped: reader.uint(4) });
  const chains = Array.from({ length: reader.uint(1) }, known);
  reader.end();
  must((sending.key === null) === (sending.secret === null), "malformed", "half a key pair");
  must((receivingKey === null) === (chains.length === 0), "malformed", "a chain key without a chain");
  const rising = chains.every(({ chain }, i) => chain > (chains[i - 1]?.chain ?? 0));
  must(rising && chains.length <= 5, "malformed", "chains out of order, or too many");
  must(chains.reduce((sum, { skipped }) => sum + skipped, 0) <= 2000, "malformed", "too many skipped keys");
  return { T, own, peer, setUp, root, sending, receivingN, receivingKey, chains };
}

export function encodeSession({ sending, ...session }: Session): Bytes {
  const opt = (x: Bytes | null) => (x === null ? zeros(1) : join(Uint8Array.of(1), x));
  return join(
    ...[Uint8Array.of(1), session.T, session.own, session.peer, opt(session.setUp), session.root],
    ...[uint(sending.chain, 4), uint(sending.previous, 4), uint(sending.n, 4)],
    ...[opt(sending.key), opt(sending.secret), opt(sending.chainKey)],
    ...[uint(session.receivingN, 4), opt(session.receivingKey), uint(session.chains.length, 1)],
    ...session.chains.flatMap(({ chain, key, skipped }) => [uint(chain, 4), key, uint(skipped, 4)]),
  );
}

/** §4.1 */
function readSetUp(bytes: Uint8Array) {
  const reader = new Reader(bytes);
  const head = () => ({ sequence: reader.uint(8), hash: reader.fixed(32) });
  const [ephemeral, initiator, responder, signedId] = [reader.fixed(32), head(), head(), reader.uint(4)];
  const [oneTime, kemId, ciphertext] = [reader.flag(), reader.uint(4), reader.fixed(1088)];
  reader.end();
  return { bytes, ephemeral, initiator, responder, signedId, oneTime, kemId, ciphertext };
}

/** §5.2, §6.1 */
export function readWrap(wrap: Bytes) {
  const reader = new Reader(wrap);
  const kind = reader.uint(1);
  must(
    wrap.length === (kind === 1 ? 125 : 1334) && kind >= 1 && kind <= 2,
    "malformed",
    "a kind or size of none",
  );
  const setUp = kind === 2 ? readSetUp(reader.fixed(1209)) : null;
  const ratchet = { tag: reader.fixed(8), key: reader.fixed(32) };
  const header = { ...ratchet, chain: reader.uint(4), before: reader.uint(4), n: reader.uint(4) };
  must(header.chain > 0, "malformed", "chains count from 1");
  const prefix = wrap.slice(0, reader.at);
  return { setUp, header, prefix, nonce: reader.fixed(24), sealed: reader.fixed(48) };
}

const cipherKeyOf = (messageKey: Bytes) =>
  derive("sotto/v1/ratchet-message", messageKey, zeros(32), zeros(0), 32);
const aadOf = (T: Bytes, sender: Bytes, recipient: Bytes, prefix: Bytes, envelopeHash: Bytes) =>
  frame("sotto/v1/wrap", join(T, sender, recipient, prefix, envelopeHash));

/** §5.1 */
function rootStep(root: Bytes, secret: Bytes, key: Bytes): [root: Bytes, chainKey: Bytes] {
  const both = derive("sotto/v1/ratchet-root", dh(secret, key), root, zeros(0), 64);
  return [both.slice(0, 32), both.slice(32)];
}

function chainStep(chainKey: Bytes): [messageKey: Bytes, chainKey: Bytes] {
  return [hmac(sha256, chainKey, Uint8Array.of(1)), hmac(sha256, chainKey, Uint8Array.of(2))];
}

/** Message keys `from` up to, not including, `to`, and the chain key after them. §5.4 */
function jump(
  chain: number,
  chainKey: Bytes,
  from: number,
  to: number,
): [skipped: Skipped[], chainKey: Bytes] {
  must(to - from <= 2000, "too_far", "more than 2,000 messages at once");
  const skipped: Skipped[] = [];
  for (let n = from; n < to; n++) {
    const [key, next] = chainStep(chainKey);
    skipped.push({ chain, n, key });
    chainKey = next;
  }
  return [skipped, chainKey];
}

/** §5.3. `stored` are the skipped keys of this session, oldest first. */
export function openWrap(
  session: Session,
  stored: readonly Skipped[],
  wrap: Bytes,
  envelopeHash: Bytes,
): Opened {
  const { header, prefix, nonce, sealed } = readWrap(wrap);
  must(same(header.tag, session.T.slice(0, 8)), "decrypt_failed", "a wrap of another session");
  const found = find(session, stored, header);
  const aad = aadOf(session.T, session.peer, session.own, prefix, envelopeHash);
  const contentKey = open(cipherKeyOf(found.messageKey), nonce, sealed, aad);

  // §5.4: what is kept of keys and chains.
  let keys = [...stored.filter((key) => key !== found.used), ...found.skipped];
  const newest = found.session.chains.at(-1);
  const count = (chain: number) => keys.filter((key) => key.chain === chain).length;
  const worthIt = found.session.chains.filter(({ chain }) => chain === newest?.chain || count(chain) > 0);
  const first = worthIt.slice(-5)[0]?.chain ?? 0;
  keys = keys.filter(({ chain }) => chain >= first).slice(-2000);
  const kept = new Set(keys);
  const chains = worthIt
    .slice(-5)
    .map((known) => ({ ...known, skipped: count(known.chain) }))
    .filter(({ chain, skipped }) => chain === newest?.chain || skipped > 0);
  return {
    session: { ...found.session, setUp: null, chains },
    contentKey,
    used: found.used,
    dropOldest: stored.filter((key) => key !== found.used && !kept.has(key)).length,
    added: found.skipped.filter((key) => kept.has(key)),
  };
}

function find(session: Session, stored: readonly Skipped[], header: ReturnType<typeof readWrap>["header"]) {
  const { key, chain, before, n } = header;
  const newest = session.chains.at(-1);
  if (chain === (newest?.chain ?? 0) + 1) {
    const { secret } = session.sending;
    must(secret !== null, "decrypt_failed", "a chain that answers nothing");
    must(newest === undefined || !same(newest.key, key), "decrypt_failed", "the same ratchet key again");
    must(before >= session.receivingN, "decrypt_failed", "a previous length below what was received");
    must(newest !== undefined || before === 0, "decrypt_failed", "nothing comes before the first chain");
    checkX25519(key);
    const ended = session.receivingKey;
    const [last] = ended && newest ? jump(newest.chain, ended, session.receivingN, before) : [[], null];
    const [root, begun] = rootStep(session.root, secret, key);
    const [skipped, chainKey] = jump(chain, begun, 0, n);
    const [messageKey, receivingKey] = chainStep(chainKey);
    const sending = { ...session.sending, key: null, secret: null, chainKey: null };
    const chains = [...session.chains, { chain, key, skipped: 0 }];
    const next = { ...session, root, sending, receivingN: n + 1, receivingKey, chains };
    return { session: next, messageKey, used: null, skipped: [...last, ...skipped] };
  }
  must(chain <= (newest?.chain ?? 0), "too_far", "a chain was jumped over");
  const known = session.chains.find((each) => each.chain === chain);
  must(known !== undefined, "replayed", "a chain that was given up");
  must(same(known.key, key), "decrypt_failed", "another ratchet key in a known chain");
  if (known === newest && n >= session.receivingN && session.receivingKey !== null) {
    const [skipped, chainKey] = jump(chain, session.receivingKey, session.receivingN, n);
    const [messageKey, receivingKey] = chainStep(chainKey);
    return { session: { ...session, receivingN: n + 1, receivingKey }, messageKey, used: null, skipped };
  }
  const used = stored.find((each) => each.chain === chain && each.n === n);
  must(used !== undefined, "replayed", "a key that was used or given up");
  return { session, messageKey: used.key, used, skipped: [] };
}

/** §5.3, the sending half. `random` is a ratchet secret if a chain begins, then a nonce. */
export function sealWrap(session: Session, contentKey: Bytes, envelopeHash: Bytes, random: Bytes) {
  let { root, sending } = session;
  if (sending.chainKey === null) {
    const secret = random.slice(0, 32);
    const [nextRoot, chainKey] = rootStep(root, secret, session.chains.at(-1)?.key ?? zeros(32));
    root = nextRoot;
    const counts = { chain: sending.chain + 1, previous: sending.n, n: 0 };
    sending = { ...counts, key: x25519.getPublicKey(secret), secret, chainKey };
  }
  const [messageKey, chainKey] = chainStep(sending.chainKey ?? zeros(32));
  const start = session.setUp === null ? [Uint8Array.of(1)] : [Uint8Array.of(2), session.setUp];
  const counts = [uint(sending.chain, 4), uint(sending.previous, 4), uint(sending.n, 4)];
  const prefix = join(...start, session.T.slice(0, 8), sending.key ?? zeros(32), ...counts);
  const nonce = session.sending.chainKey === null ? random.slice(32, 56) : random.slice(0, 24);
  const aad = aadOf(session.T, session.own, session.peer, prefix, envelopeHash);
  const sealed = xchacha20poly1305(cipherKeyOf(messageKey), nonce, aad).encrypt(contentKey);
  const next = { ...session, root, sending: { ...sending, n: sending.n + 1, chainKey } };
  return { session: next, wrap: join(prefix, nonce, sealed) };
}
