// Typing and presence on the wire, SPEC §9.1.
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  type AccountId,
  type DeviceId,
  equal,
  findDevice,
  KeysError,
  mayPost,
  openEphemeral,
  readEphemeralHeader,
  sealEphemeral,
} from "../../../keys/index.ts";
import { EphemeralSignalSchema } from "../../../proto/gen/sotto/chat/v1/content_pb.ts";
import { findConversation, type StoredConversation } from "../../store/conversations.ts";
import { readEphemeralKey } from "../../store/senders.ts";
import { isOn } from "../../store/settings.ts";
import { isGroup, membersOf } from "../conversations/conversations.ts";
import { membershipOf } from "../groups/memberships.ts";
import { knownChain } from "../people/account-chains.ts";
import { hasRoster } from "../people/rosters.ts";
import { isAccepted, isBlocked } from "../people/standing.ts";
import type { Profile } from "../profile.ts";

/** Each is a setting of that name. */
export type SignalKind = "typing" | "presence";

export interface Signal {
  readonly kind: SignalKind;
  readonly isOn: boolean;
}

export interface HeardSignal extends Signal {
  readonly conversation: StoredConversation;
  readonly accountId: AccountId;
  readonly deviceId: DeviceId;
  /** By the sender's clock, and not far from this one's. */
  readonly sentAt: number;
}

/** How far a frame's time may be from this clock: what is older has been kept by the relay, and is shown again. */
export const MAX_SKEW_MS = 60_000;

/**
 * The frame for the others in a conversation; undefined where there is none to send: the setting is off, or nobody could
 * open it, since nothing was written there under the roster as it is. In a direct conversation nobody but who
 * is accepted hears whether anybody sits here. A frame counts only if its `sentAt` is later than that of the last.
 */
export function sealSignal(
  profile: Profile,
  stored: StoredConversation,
  { kind, isOn: value }: Signal,
  sentAt: number,
): Uint8Array | undefined {
  const { conversationId: conversation, ephemeralKey: key } = stored;
  if (conversation === undefined || key === undefined || !isOn(profile.db, kind)) return undefined;
  if (!mayBeHeard(profile, stored) || !hasRoster(profile, stored)) return undefined;
  const { identity, runtime } = profile;
  const signal = create(EphemeralSignalSchema, {
    kind: kind === "typing" ? { case: "typing", value } : { case: "present", value },
    sentAt: BigInt(sentAt),
  });
  return sealEphemeral({
    header: { conversation, sender: identity.accountId, senderDevice: identity.deviceId },
    body: toBinary(EphemeralSignalSchema, signal),
    key,
    random: runtime.random,
  });
}

function mayBeHeard(profile: Profile, stored: StoredConversation): boolean {
  const own = profile.identity.accountId;
  if (stored.kind === "dm")
    return stored.peerAccount !== undefined && isAccepted(profile, stored.peerAccount);
  if (!isGroup(stored.kind) || stored.standing !== "member") return false;
  const state = membershipOf(profile, stored);
  return state !== undefined && mayPost(state, own);
}

/** What a frame says; undefined for all that does not count, whyever. */
export function openSignal(profile: Profile, frame: Uint8Array): HeardSignal | undefined {
  try {
    return open(profile, frame);
  } catch (error) {
    if (error instanceof KeysError) return undefined;
    throw error;
  }
}

function open(profile: Profile, frame: Uint8Array): HeardSignal | undefined {
  const { conversation: id, sender: accountId, senderDevice: deviceId } = readEphemeralHeader(frame);
  const conversation = findConversation(profile.db, id);
  if (conversation === undefined || !isFromPeer(profile, conversation, accountId, deviceId)) return undefined;
  const key = readEphemeralKey(profile.db, conversation.conversation, accountId, deviceId);
  const signal = key && readSignal(openEphemeral(frame, key).body);
  if (signal === undefined || !isOn(profile.db, signal.kind)) return undefined;
  if (Math.abs(profile.runtime.now() - signal.sentAt) > MAX_SKEW_MS) return undefined;
  return { conversation, accountId, deviceId, ...signal };
}

/** A device as it is now, of a member as he is now, other than this account. */
function isFromPeer(
  profile: Profile,
  conversation: StoredConversation,
  account: AccountId,
  device: DeviceId,
): boolean {
  if (equal(account, profile.identity.accountId) || conversation.standing !== "member") return false;
  if (!membersOf(profile, conversation).some((member) => equal(member, account))) return false;
  if (conversation.kind === "dm" ? !isAccepted(profile, account) : isBlocked(profile, account)) return false;
  const chain = knownChain(profile, account);
  return chain !== undefined && findDevice(chain, device) !== undefined;
}

function readSignal(body: Uint8Array): (Signal & { readonly sentAt: number }) | undefined {
  const { kind, sentAt } = decode(body) ?? {};
  if (kind?.case === undefined || sentAt === undefined) return undefined;
  return {
    kind: kind.case === "typing" ? "typing" : "presence",
    isOn: kind.value,
    sentAt: Number(sentAt),
  };
}

function decode(body: Uint8Array) {
  try {
    return fromBinary(EphemeralSignalSchema, body);
  } catch {
    // From a newer version, or of a member who jokes.
    return undefined;
  }
}
