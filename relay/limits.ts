import type { ServerOptions as Http2Options } from "node:http2";
import type { ServerOptions } from "@grpc/grpc-js";

/** A submit of 128 KiB envelope and 1.5 MiB wraps fits; nothing larger is ever read into memory. */
const MAX_MESSAGE_BYTES = 2 * 1024 * 1024;
/** Of whom nobody has asked yet who he is; a registration is the largest, with some 2 KiB. */
export const MAX_STRANGERS_REQUEST_BYTES = 64 * 1024;
/** Streams and calls open at once on one connection; 4 would do for our own client. */
const MAX_STREAMS_PER_CONNECTION = 256;
/**
 * What a client may send on a connection before the relay has read it; on one stream it is HTTP/2's 64 KiB. Were it no
 * more for all streams of a proxy's connection together, they would wait for each other: with 50 of them each message
 * costs a sixth more of the processor, and at half of what the relay takes p99 is 200 ms instead of 110.
 */
export const CONNECTION_WINDOW_BYTES = 256 * 1024;
const MAX_HEADERS = 64;
/** Not accepted yet; Linux lowers it to net.core.somaxconn, 4096 by itself. Thousands of clients come back at once. */
export const CONNECTIONS_WAITING = 16_384;
/** Somebody who speaks another protocol is cut after this. */
const UNKNOWN_PROTOCOL_MS = 5_000;
/** A client that is gone without a word is noticed after the two together. */
const KEEPALIVE_INTERVAL_MS = 30_000;
const KEEPALIVE_TIMEOUT_MS = 10_000;
/** A connection without a call or stream is closed after this; a client opens another when it needs one. */
const MAX_IDLE_CONNECTION_MS = 15 * 60_000;

/** Connections to PostgreSQL of one relay process. */
export const DATABASE_CONNECTIONS = 10;
/** Beside them: whether the database answers is asked without waiting for a turn. */
export const READINESS_CONNECTIONS = 1;
/** How long calls under way may take to end when the relay drains; all of the shutdown fits in 5 seconds. */
export const DRAIN_MS = 3_500;

/** How often something may be done; counted in memory, by each relay process for itself. */
export interface Rate {
  readonly count: number;
  readonly seconds: number;
}

/** Calls and streams; these and those of messages are token buckets: the count at once, and as much again in its time. */
export interface CallRates {
  readonly callsPerAddress: Rate;
  readonly callsPerAccount: Rate;
  /** Membership entries of groups. */
  readonly entriesPerAccount: Rate;
  /** Devices added and revoked, and the like. */
  readonly accountEntriesPerAccount: Rate;
  readonly publishesPerAccount: Rate;
  /** Of up to 128 bundles each. */
  readonly bundleRequestsPerAccount: Rate;
  readonly opensPerAccount: Rate;
  readonly streamsPerAccount: Rate;
}

/** Of an account over all its streams. Who is over them is not refused: he is read no faster. */
export interface MessageRates {
  readonly submitsPerAccount: Rate;
  readonly submittedBytesPerAccount: Rate;
  readonly pullsPerAccount: Rate;
  /** Acknowledged cursors. */
  readonly cursorsPerAccount: Rate;
  /** Pings, and signals before they are looked at. */
  readonly otherFramesPerAccount: Rate;
}

/** Part of the configuration, so that tests can lower them. */
export interface Rates extends CallRates, MessageRates {
  readonly registrationsPerAddress: Rate;
  readonly loginsPerAddress: Rate;
  /** Logins that were begun and did not succeed. */
  readonly failedLoginsPerNameAndAddress: Rate;
  readonly failedLoginsPerName: Rate;
  readonly recoveriesPerAddress: Rate;
  /** Password resets that were begun. */
  readonly recoveriesPerName: Rate;
  readonly refreshesPerAddress: Rate;
}

/** So generous that no honest script gets there; they are for those who mean harm, and for loops without an end. */
export const defaultRates: Rates = {
  registrationsPerAddress: { count: 2_000, seconds: 600 },
  loginsPerAddress: { count: 2_000, seconds: 600 },
  failedLoginsPerNameAndAddress: { count: 20, seconds: 300 },
  failedLoginsPerName: { count: 200, seconds: 300 },
  recoveriesPerAddress: { count: 100, seconds: 600 },
  recoveriesPerName: { count: 50, seconds: 600 },
  refreshesPerAddress: { count: 5_000, seconds: 300 },

  callsPerAddress: { count: 120_000, seconds: 60 },
  callsPerAccount: { count: 30_000, seconds: 60 },
  entriesPerAccount: { count: 6_000, seconds: 600 },
  accountEntriesPerAccount: { count: 1_000, seconds: 600 },
  publishesPerAccount: { count: 3_000, seconds: 600 },
  bundleRequestsPerAccount: { count: 6_000, seconds: 600 },
  opensPerAccount: { count: 6_000, seconds: 600 },
  streamsPerAccount: { count: 6_000, seconds: 60 },

  submitsPerAccount: { count: 50_000, seconds: 10 },
  submittedBytesPerAccount: { count: 256 * 1024 * 1024, seconds: 10 },
  pullsPerAccount: { count: 20_000, seconds: 10 },
  cursorsPerAccount: { count: 200_000, seconds: 10 },
  otherFramesPerAccount: { count: 20_000, seconds: 10 },
};

export const serverOptions: ServerOptions = {
  "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
  "grpc.max_concurrent_streams": MAX_STREAMS_PER_CONNECTION,
  "grpc.keepalive_time_ms": KEEPALIVE_INTERVAL_MS,
  "grpc.keepalive_timeout_ms": KEEPALIVE_TIMEOUT_MS,
  "grpc.keepalive_permit_without_calls": 1,
  "grpc.max_connection_idle_ms": MAX_IDLE_CONNECTION_MS,
  // Its notes on each connection and call; nobody can ask for them here.
  "grpc.enable_channelz": 0,
};

/** What grpc-js hands on unchanged to node:http2. The other bounds there (resets, pings, settings) are node's own. */
export const http2Options: Http2Options = {
  maxHeaderListPairs: MAX_HEADERS,
  unknownProtocolTimeout: UNKNOWN_PROTOCOL_MS,
};
