// Runs one vector: reads its hex, calls the operation, writes what came out. Used to make and to replay.
import { checkPin, verifyChain } from "../account-chain.ts";
import { equal, toHex } from "../bytes.ts";
import { openEnvelope } from "../envelope.ts";
import { envelopeHash } from "../envelope-header.ts";
import { openEphemeral } from "../ephemeral.ts";
import { KeysError } from "../errors.ts";
import * as ids from "../ids.ts";
import { extendLog, logStart, membershipRowHash, messageRowHash } from "../log.ts";
import { applyMembershipEntry, type ChainOf, restoreMembership } from "../membership.ts";
import { encodeMembership, type MembershipState } from "../membership-state.ts";
import { unpackWraps } from "../packed-wraps.ts";
import { unpad } from "../padding.ts";
import { verifyBundle, verifyPrekey } from "../prekeys.ts";
import { openAccountKey, readRecoveryWords, recoveryKeyPair } from "../recovery.ts";
import { loginProof, refreshProof, verifyProof } from "../relay-proofs.ts";
import { dmConversationId, rosterHash, selfConversationId } from "../roster.ts";
import { safetyNumber } from "../safety-number.ts";
import { sha256 } from "../sodium.ts";
import { Input } from "./input.ts";
import { sessionOperations } from "./session-operations.ts";
import type { Json, Vector } from "./vector.ts";

type Outcome = Pick<Vector, "expect" | "output">;

function prekeyOwner(input: Input) {
  return {
    accountId: ids.accountId(input.bytes("accountId")),
    deviceId: ids.deviceId(input.bytes("deviceId")),
    signingKey: ids.signingPublicKey(input.bytes("signingKey")),
  };
}

/** The chains that a membership is checked with: each the list of its entries. */
function chainsOf(input: Input): ChainOf {
  const chains = input
    .list("chains")
    .map((entries) => verifyChain(new Input({ entries }).bytesList("entries")));
  return (account) => chains.find(({ accountId }) => equal(accountId, account));
}

function membership(state: MembershipState | undefined) {
  if (state === undefined) throw new KeysError("malformed", "no entries");
  const { conversation, head, checkpoint } = state;
  return { conversation, head, checkpoint, state: encodeMembership(state) };
}

/** Bytes to hex, all the way down. */
function toJson(value: unknown): Json {
  if (value instanceof Uint8Array)
    return value.length > 100 ? `sha256 ${toHex(sha256(value))}` : toHex(value);
  if (Array.isArray(value)) return value.map(toJson);
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, toJson(part)]));
  }
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
  return null;
}

const operations: Readonly<Record<string, (input: Input) => unknown>> = {
  ...sessionOperations,
  "verify chain": (input) => {
    const { accountId, name, head, devices } = verifyChain(input.bytesList("entries"));
    return { accountId, name, head, devices: devices.map(({ deviceId }) => deviceId) };
  },
  "check pin": (input) => {
    const pin = input.object("pin");
    return checkPin(
      {
        accountId: ids.accountId(pin.bytes("accountId")),
        sequence: pin.number("sequence"),
        hash: ids.hash(pin.bytes("hash")),
      },
      verifyChain(input.bytesList("entries")),
    );
  },
  "verify prekey": (input) => verifyPrekey(input.bytes("published"), prekeyOwner(input)),
  "verify bundle": (input) => {
    const published = { signedPrekey: input.bytes("signedPrekey"), kemPrekey: input.bytes("kemPrekey") };
    const { signedPrekey, kemPrekey } = verifyBundle(published, prekeyOwner(input), input.number("now"));
    return { signedPrekey: signedPrekey.id, kemPrekey: kemPrekey.id, kind: kemPrekey.kind };
  },
  "open envelope": (input) => {
    const envelope = input.bytes("envelope");
    const { header, inner, contentHash } = openEnvelope(envelope, ids.contentKey(input.bytes("contentKey")));
    return {
      header,
      inner: { ...inner, ephemeralKey: Uint8Array.from(inner.ephemeralKey) },
      contentHash,
      envelopeHash: envelopeHash(envelope),
    };
  },
  unpad: (input) => unpad(input.bytes("padded")),
  "unpack wraps": (input) => unpackWraps(input.bytes("packed")),
  "open ephemeral": (input) => openEphemeral(input.bytes("frame"), ids.ephemeralKey(input.bytes("key"))),
  "read recovery words": (input) => {
    const secret = readRecoveryWords(input.text("words"));
    return { secret: Uint8Array.from(secret), recoveryKey: recoveryKeyPair(secret).publicKey };
  },
  "open account key": (input) => {
    const secret = readRecoveryWords(input.text("words"));
    const publicKey = ids.signingPublicKey(input.bytes("accountKey"));
    return Uint8Array.from(
      openAccountKey(secret, input.bytes("sealed"), publicKey).secretKey.subarray(0, 32),
    );
  },
  "direct conversation": (input) =>
    dmConversationId(ids.accountId(input.bytes("one")), ids.accountId(input.bytes("other"))),
  "safety number": (input) =>
    safetyNumber(ids.accountId(input.bytes("one")), ids.accountId(input.bytes("other"))),
  "self conversation": (input) => selfConversationId(ids.accountId(input.bytes("own"))),
  "roster hash": (input) => {
    const slots = input.list("slots").map((value) => {
      const slot = new Input(value);
      return {
        accountId: ids.accountId(slot.bytes("accountId")),
        deviceId: ids.deviceId(slot.bytes("deviceId")),
      };
    });
    return rosterHash(ids.conversationId(input.bytes("conversation")), input.number("version"), slots);
  },
  "follow log": (input) => {
    const start = logStart(
      ids.conversationId(input.bytes("conversation")),
      ids.incarnation(input.bytes("incarnation")),
    );
    return input
      .bytesList("envelopeHashes")
      .reduce((head, bytes) => extendLog(head, messageRowHash(ids.hash(bytes))), start);
  },
  "follow membership": (input) => {
    const chains = chainsOf(input);
    return membership(
      input
        .bytesList("entries")
        .reduce<MembershipState | undefined>(
          (state, entry) => applyMembershipEntry(state, entry, chains),
          undefined,
        ),
    );
  },
  "restore membership": (input) =>
    membership(restoreMembership(input.bytesList("checkpoints"), input.bytes("state"), chainsOf(input))),
  "membership row": (input) => membershipRowHash(ids.hash(input.bytes("entryHash"))),
  "verify login": (input) => {
    const proof = loginProof({
      ...prekeyOwner(input),
      sessionKey: input.bytes("sessionKey"),
      loginId: input.bytes("loginId"),
    });
    return verifyProof(proof, input.bytes("signature"), input.bytes("signingKey"));
  },
  "verify refresh": (input) => {
    const proof = refreshProof(input.bytes("nonce"), input.text("refreshToken"));
    return verifyProof(proof, input.bytes("signature"), input.bytes("signingKey"));
  },
};

export function runVector({ operation, input }: Pick<Vector, "operation" | "input">): Outcome {
  const run = operations[operation];
  if (run === undefined) throw new TypeError(`no operation "${operation}"`);
  try {
    return { expect: "ok", output: toJson(run(new Input(input))) };
  } catch (error) {
    if (error instanceof KeysError) return { expect: error.code };
    throw error;
  }
}
