// The public door: what anybody can check without a secret. The relay imports this file and nothing else of
// keys/; nothing here leads to the session, recovery or envelope-opening code.
export {
  type ActiveDevice,
  type ChainPin,
  type ChainState,
  checkPin,
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
export { extendLog, type LogHead, logStart, messageRowHash } from "./log.ts";
export { MAX_WRAP_BYTES, packWraps, unpackWraps } from "./packed-wraps.ts";
export {
  checkPrekeyAge,
  MAX_PREKEY_AGE_MS,
  type Prekey,
  type PrekeyOwner,
  verifyPrekey,
} from "./prekeys.ts";
export { loginProof, type Proof, refreshProof, verifyProof } from "./relay-proofs.ts";
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
