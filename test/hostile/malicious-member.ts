// A member whose client does what it likes: envelopes made by hand, on the real protocol and with the member's own keys.

import { create } from "@bufbuild/protobuf";
import { type ContentInit, encodeContent } from "../../client/core/outbox/encode-content.ts";
import { knownChain } from "../../client/core/people/account-chains.ts";
import { slotsOf } from "../../client/core/people/rosters.ts";
import { sessionFor } from "../../client/core/people/sessions.ts";
import type { Profile } from "../../client/core/profile.ts";
import type { RelayConnection } from "../../client/net/relay-connection.ts";
import { readConversation, setSender } from "../../client/store/conversations.ts";
import { updateSession } from "../../client/store/sessions.ts";
import {
  asSecret,
  type DeviceAddress,
  envelopeHash,
  ephemeralKey,
  equal,
  hash,
  headOf,
  messageId,
  messageRowHash,
  packWraps,
  randomBytes,
  sealEnvelope,
  sealWrap,
} from "../../keys/index.ts";
import { type Delivery, DeliverySchema } from "../../proto/gen/sotto/relay/v1/messaging_pb.ts";

/** What is not as an honest client would say it. */
export interface Forgery {
  readonly content: ContentInit;
  readonly sender?: DeviceAddress;
  readonly messageId?: Uint8Array;
  readonly sentAt?: number;
}

export interface Forged {
  readonly conversation: Uint8Array;
  readonly envelope: Uint8Array;
  readonly slots: readonly DeviceAddress[];
  /** By slot; null where there is no session. */
  readonly wraps: readonly (Uint8Array | null)[];
}

/** For everybody with whom this profile has a session. */
export function forge(profile: Profile, conversation: number, forgery: Forgery): Forged {
  const stored = readConversation(profile.db, conversation);
  const { conversationId, roster, log, senderSequence, previousContent } = stored;
  if (conversationId === undefined || roster === undefined || log === undefined) throw new Error("not open");
  const { accountId, deviceId } = profile.identity;
  const chain = knownChain(profile, accountId);
  const key = stored.ephemeralKey ?? ephemeralKey(asSecret(randomBytes(32)));
  const { envelope, contentKey, contentHash, ...sealed } = sealEnvelope({
    header: {
      conversation: conversationId,
      messageId: messageId(forgery.messageId ?? randomBytes(16)),
      attempt: 0,
      sender: forgery.sender?.accountId ?? accountId,
      senderDevice: forgery.sender?.deviceId ?? deviceId,
      rosterVersion: roster.version,
      rosterHash: roster.hash,
      expiresAt: 0,
    },
    inner: {
      contentType: 1,
      senderSequence: senderSequence + 1,
      previousContent: previousContent ?? hash(new Uint8Array(32)),
      logSeen: log.head,
      chainHeads: chain === undefined ? [] : [headOf(chain)],
      ephemeralKey: key,
      sentAt: forgery.sentAt ?? Date.now(),
      body: encodeContent(forgery.content),
    },
    random: randomBytes,
  });
  const slots = slotsOf(profile, stored);
  const wraps = slots.map((slot) => {
    const session = sessionFor(profile, slot);
    if (typeof session === "string") return null;
    const { session: next, wrap } = sealWrap(session, contentKey, sealed.envelopeHash, randomBytes);
    updateSession(profile.db, next);
    return wrap;
  });
  setSender(profile.db, conversation, { sequence: senderSequence + 1, content: contentHash });
  return { conversation: conversationId, envelope, slots, wraps };
}

/** As a relay that is in league with him delivers it. */
export function rowFor(
  { deviceId }: DeviceAddress,
  { conversation, envelope, slots, wraps }: Forged,
): Delivery {
  const slot = slots.findIndex((each) => equal(each.deviceId, deviceId));
  return create(DeliverySchema, {
    conversationId: conversation,
    rowHash: messageRowHash(envelopeHash(envelope)),
    envelope,
    wrap: wraps[slot] ?? new Uint8Array(),
    storedAt: BigInt(Date.now()),
  });
}

/** Hands them to the relay, one after the other. Rejects for the first that it does not take. */
export async function submit(connection: RelayConnection, ...all: readonly Forged[]): Promise<void> {
  const stream = await connection.openStream({ live: false, lease: 0n });
  try {
    for (let at = 0; at < all.length; at += 64) {
      const batch = all.slice(at, at + 64);
      const answers = await Promise.all(
        batch.map(({ envelope, wraps }) => stream.submit(envelope, packWraps(wraps))),
      );
      for (const answer of answers) {
        if ("refused" in answer) throw new Error(`refused: ${answer.refused.reason}`);
      }
    }
  } finally {
    await stream.close();
  }
}
