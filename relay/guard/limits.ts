/** What strangers may take of the relay before anybody has asked who they are. Part of the setup, so that tests can lower it. */
export interface GuardLimits {
  /** Connections of one process. */
  readonly connections: number;
  /** Of one address; behind a proxy that is the proxy's business, who alone sees addresses then. */
  readonly connectionsPerAddress: number;
  /** From the connection to its first call: TLS, the preface and the headers fit in. */
  readonly firstCallMs: number;
  /** Calls and streams open at once. */
  readonly streams: number;
  readonly streamsPerAddress: number;
  /** Of one request; a token is the longest of ours, with 1 KiB at most. */
  readonly headerBytes: number;
  /** From the first byte of a message to its last. */
  readonly messageMs: number;
  /** A whole call that is no stream, with the reading of its answer. */
  readonly callMs: number;
  /** After the answer, a client that goes on sending is cut. */
  readonly afterAnswerMs: number;
  /** Bytes of messages that have not arrived whole. */
  readonly unfinishedBytes: number;
  readonly unfinishedBytesPerAddress: number;
}

export const defaultGuardLimits: GuardLimits = {
  connections: 20_000,
  connectionsPerAddress: 8_000,
  firstCallMs: 30_000,
  streams: 50_000,
  streamsPerAddress: 20_000,
  headerBytes: 16 * 1024,
  messageMs: 60_000,
  callMs: 120_000,
  afterAnswerMs: 5_000,
  unfinishedBytes: 512 * 1024 * 1024,
  unfinishedBytesPerAddress: 64 * 1024 * 1024,
};

/** It is looked for what takes too long so often, or more often where the limits are shorter. */
export const SWEEP_MS = 1_000;
/** What a piece of a message costs beside its bytes: a message in pieces of a byte would take a hundred times its size. */
export const PIECE_BYTES = 256;
