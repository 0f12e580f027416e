// What the operations of keys/ cost, each beside the bare primitives that it cannot do without (the doors of
// keys/sodium.ts and Node's one-shot hashes, inputs laid out beforehand), in one run: `npm run bench:keys`.
// "share" is the primitives' part of the operation; the rest is encoding, checks, and keeping state a value.
import { hash as digest, randomBytes } from "node:crypto";
import { utf8 } from "../keys/bytes.ts";
import * as ids from "../keys/ids.ts";
import {
  dmConversationId,
  type Inner,
  initiate,
  openEnvelope,
  respond,
  sealEnvelope,
} from "../keys/index.ts";
import { decodeSession, encodeSession, type SessionState } from "../keys/session.ts";
import * as sodium from "../keys/sodium.ts";
import { type OpenedWrap, openWrap, readWrapHeader, sealWrap } from "../keys/wrap.ts";
import { NOW, testDevice } from "../test/support/devices.ts";

const SLICE_MS = 60;
const SLICES = 8;

await sodium.ready();

const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length));
const nothingKept = (): null => null;
const key = ids.contentKey(random(32));
const envelopeHash = ids.hash(random(32));

const alice = testDevice("alice");
const bob = testDevice("bob");
const bundle = { signedPrekey: bob.signed.published, kemPrekey: bob.oneTime.published };
const prekeys = { signed: bob.signed.secret, kem: bob.oneTime.secret };

function aliceInitiates(): SessionState {
  return initiate({ me: alice.me, peer: bob.peer, bundle, now: NOW, random });
}

function bobResponds(wrap: Uint8Array): OpenedWrap {
  const seen = () => false;
  return respond({ wrap, envelopeHash, me: bob.me, initiator: alice.peer, prekeys, seen });
}

function seal(session: SessionState) {
  return sealWrap(session, key, envelopeHash, random);
}

function open(session: SessionState, wrap: Uint8Array): SessionState {
  return openWrap(session, wrap, envelopeHash, nothingKept).session;
}

// A confirmed session, seen from both ends.
const first = seal(aliceInitiates());
const answer = seal(bobResponds(first.wrap).session);
const atAlice = open(first.session, answer.wrap);
const inChain = seal(atAlice);
const atBob = open(answer.session, inChain.wrap);
const next = seal(inChain.session).wrap;

const conversation = dmConversationId(alice.peer.chain.accountId, bob.peer.chain.accountId);
const header = {
  conversation,
  messageId: ids.messageId(random(16)),
  attempt: 0,
  sender: alice.peer.chain.accountId,
  senderDevice: alice.peer.deviceId,
  rosterVersion: 1,
  rosterHash: ids.hash(random(32)),
  expiresAt: 0,
};
const inner: Inner = {
  contentType: 1,
  senderSequence: 1,
  previousContent: ids.hash(random(32)),
  logSeen: { sequence: 1, hash: ids.hash(random(32)) },
  chainHeads: [],
  ephemeralKey: ids.ephemeralKey(random(32)),
  sentAt: NOW,
  body: utf8("A message of the usual length, which is about a line of a terminal or a bit more.".repeat(2)),
};
const envelope = sealEnvelope({ header, inner, random });

// The primitives, on inputs of the sizes at hand.
const [block, outer, aad, large] = [random(65), random(96), random(300), random(3700)];
const [nonce, secret] = [random(24), random(32)];
const sealedKey = sodium.xchachaSeal(secret, nonce, key, aad);
const padded = random(512);
const sealedContent = sodium.xchachaSeal(secret, nonce, padded, aad);
const pair = sodium.x25519Keypair(random(32));
const kemSeed = random(64);
const kem = sodium.mlkem768Keypair(kemSeed);
const { ciphertext } = sodium.mlkem768Encapsulate(kem.publicKey, random(32));
const signing = sodium.ed25519Keypair(random(32));
const signed = sodium.ed25519Sign(large, signing.secretKey);

function times(count: number, primitive: () => unknown): void {
  for (let done = 0; done < count; done += 1) primitive();
}

function hmac(): void {
  digest("sha256", block, "buffer");
  digest("sha256", outer, "buffer");
}
const dh = () => sodium.x25519(secret, pair.publicKey);
const newPair = () => sodium.x25519Keypair(secret);
const ratchetHmacs = () => times(4, hmac);
const rootHmacs = () => times(3, hmac);

interface Subject {
  readonly name: string;
  readonly run: () => unknown;
  /** The same work without anything around it. */
  readonly bare?: () => void;
}

/** Goes on in one chain, as a sender of many messages does. */
let sending = inChain.session;

const subjects: readonly Subject[] = [
  {
    name: "seal a wrap",
    run: () => {
      sending = seal(sending).session;
    },
    bare: () => {
      ratchetHmacs();
      random(24);
      sodium.xchachaSeal(secret, nonce, key, aad);
    },
  },
  {
    name: "open a wrap",
    run: () => open(atBob, next),
    bare: () => {
      ratchetHmacs();
      sodium.xchachaOpen(secret, nonce, sealedKey, aad);
    },
  },
  {
    name: "seal the first of a new chain",
    run: () => seal(atAlice),
    bare: () => {
      newPair();
      dh();
      rootHmacs();
      ratchetHmacs();
      random(56);
      sodium.xchachaSeal(secret, nonce, key, aad);
    },
  },
  {
    name: "open the first of a new chain",
    run: () => open(answer.session, inChain.wrap),
    bare: () => {
      dh();
      rootHmacs();
      ratchetHmacs();
      sodium.xchachaOpen(secret, nonce, sealedKey, aad);
    },
  },
  {
    name: "set up a session",
    run: aliceInitiates,
    bare: () => {
      times(2, () => sodium.ed25519Verify(large, signed, signing.publicKey));
      times(2, newPair);
      times(5, dh);
      sodium.mlkem768Encapsulate(kem.publicKey, secret);
      digest("sha256", large, "buffer");
      times(2, rootHmacs);
      random(96);
    },
  },
  {
    name: "respond, opening the first wrap",
    run: () => bobResponds(first.wrap),
    bare: () => {
      times(2, newPair);
      times(5, dh);
      sodium.mlkem768Keypair(kemSeed);
      sodium.mlkem768Decapsulate(kem.secretKey, ciphertext);
      digest("sha256", large, "buffer");
      times(2, rootHmacs);
      ratchetHmacs();
      sodium.xchachaOpen(secret, nonce, sealedKey, aad);
    },
  },
  {
    name: "seal an envelope",
    run: () => sealEnvelope({ header, inner, random }),
    bare: () => {
      times(3, () => digest("sha256", padded, "buffer"));
      rootHmacs();
      random(56);
      sodium.xchachaSeal(secret, nonce, padded, aad);
    },
  },
  {
    name: "open an envelope",
    run: () => openEnvelope(envelope.envelope, envelope.contentKey),
    bare: () => {
      times(2, () => digest("sha256", padded, "buffer"));
      rootHmacs();
      sodium.xchachaOpen(secret, nonce, sealedContent, aad);
    },
  },
  { name: "read a wrap's header", run: () => readWrapHeader(next) },
  { name: "store a session", run: () => encodeSession(atBob) },
  {
    name: "load a session",
    run: (
      (bytes) => () =>
        decodeSession(bytes)
    )(encodeSession(atBob)),
  },
];

/** Microseconds for one call, over one slice of time. */
function slice(run: () => unknown): number {
  const start = performance.now();
  let calls = 0;
  let spent = 0;
  while (spent < SLICE_MS) {
    for (let burst = 0; burst < 16; burst += 1) run();
    calls += 16;
    spent = performance.now() - start;
  }
  return (spent / calls) * 1000;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

const measured = subjects.map(() => ({ run: [] as number[], bare: [] as number[] }));
for (let round = 0; round <= SLICES; round += 1) {
  for (const [index, { run, bare }] of subjects.entries()) {
    const [took, least] = [slice(run), bare === undefined ? Number.NaN : slice(bare)];
    // The first round warms up.
    if (round === 0) continue;
    measured[index]?.run.push(took);
    measured[index]?.bare.push(least);
  }
}

const row = (cells: readonly string[]): string =>
  cells.map((cell, at) => (at === 0 ? cell.padEnd(34) : cell.padStart(12))).join("");
console.log(row(["", "per second", "µs", "bare µs", "share"]));
for (const [index, { name, bare }] of subjects.entries()) {
  const { run, bare: least } = measured[index] ?? { run: [], bare: [] };
  const [took, floor] = [median(run), median(least)];
  const rest = bare === undefined ? [] : [floor.toFixed(1), `${Math.round((100 * floor) / took)} %`];
  console.log(row([name, Math.round(1e6 / took).toLocaleString("en"), took.toFixed(1), ...rest]));
}
