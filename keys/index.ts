// The whole door, for those who hold secrets: the client. The relay uses public.ts.
export { type EntryBody, type EntrySignature, encodeEntry, readBody } from "./account-entry.ts";
export {
  type AddInput,
  type Authority,
  createAccountKey,
  createDeviceKeys,
  createGenesis,
  type DeviceKeys,
  draftAdd,
  type GenesisInput,
  type OverrideInput,
  publicDevice,
  type RevokeInput,
  signAdd,
  signBody,
  signOverride,
  signRevoke,
} from "./account-signing.ts";
export { asSecret, SecretBytes } from "./bytes.ts";
export {
  type OpenedEnvelope,
  openEnvelope,
  type SealedEnvelope,
  type SealInput,
  sealEnvelope,
} from "./envelope.ts";
export { type EphemeralInput, openEphemeral, sealEphemeral } from "./ephemeral.ts";
export {
  type InitiateInput,
  initiate,
  type Myself,
  type Peer,
  type PrekeySecrets,
} from "./handshake.ts";
export { type ContentKey, contentKey, type EphemeralKey, ephemeralKey } from "./ids.ts";
export type { Inner } from "./inner.ts";
export {
  createLastResortPrekey,
  createOneTimePrekey,
  createSignedPrekey,
  type LastResortPrekeySecret,
  type MadePrekey,
  type OneTimePrekeySecret,
  type PrekeyInput,
  type PrekeySecret,
  type SignedPrekeySecret,
} from "./make-prekeys.ts";
export { type MembershipInput, signMembershipEntry } from "./membership-signing.ts";
export { type PrekeyBundle, verifyBundle } from "./prekeys.ts";
export * from "./public.ts";
export {
  createRecovery,
  openAccountKey,
  type Recovery,
  readRecoveryWords,
  recoveryKeyPair,
  sealAccountKey,
  type WordsProblem,
} from "./recovery.ts";
export { signProof } from "./relay-proofs.ts";
export { fingerprint, safetyNumber } from "./safety-number.ts";
export {
  chooseSession,
  type DeviceAddress,
  decodeSession,
  encodeSession,
  findSession,
  isConfirmed,
  MAX_ARCHIVED,
  putFirst,
  type SessionState,
  sessionTag,
} from "./session.ts";
export type { SetUpHeader } from "./set-up-header.ts";
export type { FindSkipped, SkippedChange, SkippedKey } from "./skipped-keys.ts";
export {
  type AgreementKeyPair,
  ed25519Keypair,
  type SigningKeyPair,
  x25519Keypair,
} from "./sodium.ts";
export {
  compareWraps,
  type OpenedWrap,
  openWrap,
  type Responded,
  type RespondInput,
  readWrapHeader,
  respond,
  sealWrap,
  type WrapHeader,
} from "./wrap.ts";
