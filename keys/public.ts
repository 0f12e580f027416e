// The public door: what anybody can check without a secret. The relay imports this file and nothing else of
// keys/; nothing here leads to the session, recovery or envelope-opening code.
export {
  type ActiveDevice,
  activeAt,
  type ChainPin,
  type ChainState,
  checkPin,
  type DeviceSpan,
  findDevice,
  type HeadConflict,
  headOf,
  MAX_ACTIVE_DEVICES,
  MAX_ENTRIES,
  verifyChain,
} from "./account-chain.ts";
export {
  type AccountEntry,
  type ChainHead,
  type Device,
  type EntryContent,
  MAX_ENTRY_BYTES,
  readEntry,
  validName,
} from "./account-entry.ts";
export { compare, equal, fromHex, type Random, toHex } from "./bytes.ts";
export {
  type EnvelopeHeader,
  envelopeHash,
  MAX_ENVELOPE_BYTES,
  readEnvelopeHeader,
} from "./envelope-header.ts";
export { type EphemeralHeader, MAX_EPHEMERAL_FRAME_BYTES, readEphemeralHeader } from "./ephemeral-header.ts";
export { KeysError, type KeysErrorCode } from "./errors.ts";
export {
  type AccountId,
  type AgreementPublicKey,
  accountId,
  type ConversationId,
  conversationId,
  type DeviceId,
  deviceId,
  type Hash,
  hash,
  type Incarnation,
  idFromHex,
  incarnation,
  type KemPublicKey,
  type MessageId,
  messageId,
  type RecoveryPublicKey,
  type Signature,
  type SigningPublicKey,
  signature,
  signingPublicKey,
} from "./ids.ts";
export { extendLog, type LogHead, logStart, membershipRowHash, messageRowHash } from "./log.ts";
export {
  applyMembershipEntry,
  type ChainOf,
  checkpointOf,
  isOwnerOrAdmin,
  mayInvite,
  mayPin,
  mayPost,
  restoreMembership,
} from "./membership.ts";
export {
  groupConversationId,
  MAX_GROUP_MEMBERS,
  MAX_MEMBERSHIP_ENTRY_BYTES,
  type MembershipContent,
  type MembershipEntry,
  type MembershipHead,
  type MembershipSigner,
  readMembershipEntry,
} from "./membership-entry.ts";
export {
  atLeast,
  defaultPolicies,
  type GroupKind,
  type Policy,
  type Role,
  rankOf,
  roleRanked,
  validGroupName,
} from "./membership-policy.ts";
export {
  decodeMembership,
  decodeStoredMembership,
  encodeMembership,
  encodeStoredMembership,
  type GroupMember,
  type Invited,
  invitationOf,
  type Membership,
  type MembershipState,
  memberOf,
  ownersOf,
} from "./membership-state.ts";
export { MAX_WRAP_BYTES, packWraps, unpackWraps } from "./packed-wraps.ts";
export {
  checkPrekeyAge,
  MAX_PREKEY_AGE_MS,
  type Prekey,
  type PrekeyOwner,
  verifyPrekey,
} from "./prekeys.ts";
export { loginProof, type Proof, refreshProof, resetProof, verifyProof } from "./relay-proofs.ts";
export {
  dmConversationId,
  MAX_ROSTER_DEVICES,
  type RosterMember,
  type RosterSlot,
  rosterHash,
  rosterOf,
  selfConversationId,
} from "./roster.ts";
export { randomBytes, ready, sha256 } from "./sodium.ts";
