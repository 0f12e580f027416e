// The operations of the frozen vectors, done by the reference.
import { sha256 } from "@noble/hashes/sha2.js";
import { checkPin, safetyNumber, verifyChain } from "./chain.ts";
import {
  directConversation,
  logHash,
  openAccountKey,
  openEnvelope,
  openEphemeral,
  readWords,
  recoveryKey,
  rosterHash,
  selfConversation,
  unpackWraps,
} from "./envelope.ts";
import { followMembership, restoreMembership } from "./membership.ts";
import { H, hex, join, Refused, signed, unpad } from "./primitives.ts";
import { decodeSession, encodeSession, type Opened, openWrap, type Skipped, sealWrap } from "./ratchet.ts";
import { accept, verifyBundle, verifyPrekey } from "./session.ts";

const kinds = ["", "signed", "last_resort", "one_time"];

// biome-ignore lint/suspicious/noExplicitAny: each operation reads its own JSON.
type Input = any;

const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "hex"));
const chainOf = (entries: string[]) => verifyChain(entries.map(bytes));
const endOf = ({ entries, deviceId }: Input) => ({ chain: chainOf(entries), device: bytes(deviceId) });
const skippedOf = (rows: Input[]): Skipped[] => rows.map((row) => ({ ...row, key: bytes(row.key) }));
const addressed = (input: Input) =>
  [bytes(input.accountId), bytes(input.deviceId), bytes(input.signingKey)] as const;

function told({ session, contentKey, used, dropOldest, added }: Opened) {
  const row = used === null ? null : { chain: used.chain, n: used.n };
  return { session: encodeSession(session), contentKey, skipped: { used: row, dropOldest, added } };
}

const operations: Record<string, (input: Input) => unknown> = {
  "verify chain": ({ entries }) => {
    const { account, name, hashes, active } = chainOf(entries);
    const head = { sequence: hashes.length - 1, hash: hashes.at(-1) };
    return {
      accountId: account,
      name,
      head,
      devices: active.at(-1)?.map(({ id }) => id),
    };
  },
  "check pin": ({ pin, entries }) => {
    return checkPin(
      { account: bytes(pin.accountId), sequence: pin.sequence, hash: bytes(pin.hash) },
      chainOf(entries),
    );
  },
  "verify prekey": (input) => {
    const { kind, id, createdAt, x, kem } = verifyPrekey(bytes(input.published), ...addressed(input));
    const keys = { ...(x && { agreementKey: x }), ...(kem && { kemKey: kem }) };
    return {
      kind: kinds[kind],
      accountId: input.accountId,
      deviceId: input.deviceId,
      id,
      createdAt,
      ...keys,
    };
  },
  "verify bundle": (input) => {
    const pair: [Uint8Array, Uint8Array] = [bytes(input.signedPrekey), bytes(input.kemPrekey)];
    const { signedPrekey, kemPrekey } = verifyBundle(pair, ...addressed(input), input.now);
    return { signedPrekey: signedPrekey.id, kemPrekey: kemPrekey.id, kind: kinds[kemPrekey.kind] };
  },
  respond: ({ wrap, envelopeHash, me, initiator, signed, kem, seen }) => {
    const secrets = { x: bytes(kem?.agreementSecret ?? ""), kem: bytes(kem?.kemSeed ?? "") };
    const { usedOneTimeId, ...opened } = accept(
      bytes(wrap),
      bytes(envelopeHash),
      endOf(initiator),
      endOf(me),
      {
        identity: bytes(me.identitySecret),
        signed: new Map(signed && [[signed.id, bytes(signed.agreementSecret)]]),
        lastResort: new Map(kem?.kind === "last_resort" ? [[kem.id, secrets.kem]] : []),
        oneTime: new Map(kem?.kind === "one_time" ? [[kem.id, secrets]] : []),
      },
      seen.map(bytes),
    );
    return { ...told(opened), usedOneTimeId };
  },
  "open wrap": ({ session, wrap, envelopeHash, skipped }) =>
    told(openWrap(decodeSession(bytes(session)), skippedOf(skipped), bytes(wrap), bytes(envelopeHash))),
  "seal wrap": ({ session, contentKey, envelopeHash, random }) => {
    const before = decodeSession(bytes(session));
    const sealed = sealWrap(before, bytes(contentKey), bytes(envelopeHash), bytes(random));
    return { session: encodeSession(sealed.session), wrap: sealed.wrap };
  },
  "decode session": ({ session }) => ({ session: encodeSession(decodeSession(bytes(session))) }),
  "open envelope": ({ envelope, contentKey }) => openEnvelope(bytes(envelope), bytes(contentKey)),
  unpad: ({ padded }) => unpad(bytes(padded)),
  "unpack wraps": ({ packed }) => unpackWraps(bytes(packed)),
  "direct conversation": ({ one, other }) => directConversation(bytes(one), bytes(other)),
  "safety number": ({ one, other }) => safetyNumber(bytes(one), bytes(other)),
  "self conversation": ({ own }) => selfConversation(bytes(own)),
  "roster hash": ({ conversation, version, slots }) => {
    const devices = slots.map((slot: Input) => [bytes(slot.accountId), bytes(slot.deviceId)]);
    return rosterHash(bytes(conversation), version, devices);
  },
  "follow log": ({ conversation, incarnation, envelopeHashes }) => ({
    sequence: envelopeHashes.length,
    hash: logHash(bytes(conversation), bytes(incarnation), envelopeHashes.map(bytes)),
  }),
  "follow membership": ({ chains, entries }) => followMembership(entries.map(bytes), chains.map(chainOf)),
  "restore membership": ({ chains, checkpoints, state }) =>
    restoreMembership(checkpoints.map(bytes), bytes(state), chains.map(chainOf)),
  "membership row": ({ entryHash }) => H("sotto/v1/row", Uint8Array.of(2), bytes(entryHash)),
  "open ephemeral": ({ frame, key }) => openEphemeral(bytes(frame), bytes(key)),
  "read recovery words": ({ words }) => {
    const secret = readWords(words);
    return { secret, recoveryKey: recoveryKey(secret) };
  },
  "open account key": ({ words, sealed, accountKey }) =>
    openAccountKey(words, bytes(sealed), bytes(accountKey)),
  "verify login": (input) => {
    const [account, device, signingKey] = addressed(input);
    const statement = join(sha256(bytes(input.sessionKey)), account, device, bytes(input.loginId));
    return signed("sotto/v1/login", statement, bytes(input.signature), signingKey);
  },
  "verify refresh": ({ signingKey, nonce, refreshToken, signature }) => {
    const statement = join(bytes(nonce), sha256(Buffer.from(refreshToken)));
    return signed("sotto/v1/refresh", statement, bytes(signature), bytes(signingKey));
  },
};

export const knows = (operation: string): boolean => operation in operations;

/** The output in the vectors' own form, or the code of the refusal. */
export function runReference(operation: string, input: Input, like: unknown): unknown {
  const run = operations[operation];
  if (run === undefined) throw new Error(`the reference knows no operation "${operation}"`);
  try {
    return plain(run(input), like);
  } catch (error) {
    if (error instanceof Refused) return error.code;
    throw error;
  }
}

/** A result as the vectors write it: hex, or the SHA-256 where the vector has it so. */
function plain(value: unknown, like: unknown): unknown {
  if (value instanceof Uint8Array) {
    return typeof like === "string" && like.startsWith("sha256 ")
      ? `sha256 ${hex(sha256(value))}`
      : hex(value);
  }
  if (Array.isArray(value)) return value.map((each, i) => plain(each, Array.isArray(like) ? like[i] : null));
  if (typeof value !== "object" || value === null) return value;
  const expected: Record<string, unknown> = typeof like === "object" && like !== null ? { ...like } : {};
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plain(each, expected[name])]));
}
