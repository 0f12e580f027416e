/**
 * Every label of the protocol (SPEC §1.2). A label is used for one purpose only, so that a signature, hash
 * or key made for one place is worthless in another. Changing a label is a new protocol version.
 */
export const labels = {
  // Account chain, SPEC §2
  accountId: "sotto/v1/account-id",
  accountEntry: "sotto/v1/account-entry",
  accountEntryHash: "sotto/v1/account-entry-hash",
  safetyNumber: "sotto/v1/safety-number",
  // Prekeys, SPEC §3
  prekey: "sotto/v1/prekey",
  // Session set-up, SPEC §4
  pqxdhTranscript: "sotto/v1/pqxdh-transcript",
  pqxdh: "sotto/v1/pqxdh",
  // Ratchet, SPEC §5
  ratchetRoot: "sotto/v1/ratchet-root",
  ratchetMessage: "sotto/v1/ratchet-message",
  // Wrap, SPEC §6
  wrap: "sotto/v1/wrap",
  // Envelope, SPEC §7
  envelopeHeader: "sotto/v1/envelope-header",
  envelopeKey: "sotto/v1/envelope-key",
  envelopeHash: "sotto/v1/envelope-hash",
  contentHash: "sotto/v1/content-hash",
  // Roster, conversation log and membership, SPEC §8
  roster: "sotto/v1/roster",
  dmConversation: "sotto/v1/conversation-dm",
  selfConversation: "sotto/v1/conversation-self",
  groupConversation: "sotto/v1/conversation-group",
  logStart: "sotto/v1/log-start",
  row: "sotto/v1/row",
  log: "sotto/v1/log",
  membershipEntry: "sotto/v1/membership-entry",
  membershipEntryHash: "sotto/v1/membership-entry-hash",
  membershipState: "sotto/v1/membership-state",
  // Ephemeral frames, SPEC §9
  ephemeral: "sotto/v1/ephemeral",
  // Recovery words, SPEC §10
  recoverySeal: "sotto/v1/recovery-seal",
  recoveryKem: "sotto/v1/recovery-kem",
  sealedAccountKey: "sotto/v1/sealed-account-key",
  // Statements to a relay, signed by a device or the account key, SPEC §1.2
  login: "sotto/v1/login",
  refresh: "sotto/v1/refresh",
  resetPassword: "sotto/v1/reset-password",
} as const;

export type Label = (typeof labels)[keyof typeof labels];
