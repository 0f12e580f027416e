import type { MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import type {
  ChainEntriesSchema,
  ChainPositionSchema,
  DeviceAddressSchema,
  PersonSchema,
  PrekeyBundleSchema,
  PublishPrekeysRequestSchema,
} from "../../proto/gen/sotto/relay/v1/directory_pb.ts";
import type {
  AppendEntryResponseSchema,
  GetMembershipResponseSchema,
  RoomSchema,
} from "../../proto/gen/sotto/relay/v1/groups_pb.ts";
import type {
  AcceptedSchema,
  ConversationSchema,
  DeliverySchema,
  PulledSchema,
  RefusedSchema,
  RosterSchema,
} from "../../proto/gen/sotto/relay/v1/messaging_pb.ts";
import type { NetError } from "./net-error.ts";

export type Person = MessageShape<typeof PersonSchema>;
export type ChainEntries = MessageShape<typeof ChainEntriesSchema>;
export type PrekeyBundle = MessageShape<typeof PrekeyBundleSchema>;
type AppendedEntry = MessageShape<typeof AppendEntryResponseSchema>;
type MembershipPage = MessageShape<typeof GetMembershipResponseSchema>;
type Room = MessageShape<typeof RoomSchema>;
export type Conversation = MessageShape<typeof ConversationSchema>;
export type Roster = MessageShape<typeof RosterSchema>;
export type Delivery = MessageShape<typeof DeliverySchema>;
export type Pulled = MessageShape<typeof PulledSchema>;
export type Accepted = MessageShape<typeof AcceptedSchema>;
export type Refused = MessageShape<typeof RefusedSchema>;

/**
 * What the use cases ask of a relay, as an authenticated device. Every method rejects with `NetError` and nothing
 * else. Nothing that comes back is checked beyond its protobuf form: the relay is hostile.
 */
export interface RelayConnection {
  lookUpPeople(wanted: { names?: string[]; accountIds?: Uint8Array[] }): Promise<Person[]>;
  listPeople(page?: { size?: number; token?: string }): Promise<{ people: Person[]; nextPageToken: string }>;
  /**
   * Resolves when the watch stands: whoever registers from then on is told to `onPeople`, so list everybody after it.
   * Ends with the signal.
   */
  watchPeople(onPeople: (people: Person[]) => void, signal: AbortSignal): Promise<PeopleWatch>;
  getAccountChains(positions: MessageInitShape<typeof ChainPositionSchema>[]): Promise<ChainEntries[]>;
  appendAccountEntry(entry: Uint8Array): Promise<void>;
  publishPrekeys(
    prekeys: MessageInitShape<typeof PublishPrekeysRequestSchema>,
  ): Promise<{ oneTimeLeft: number }>;
  countPrekeys(): Promise<{ oneTimeLeft: number; signedPrekeyId: number; lastResortPrekeyId: number }>;
  takePrekeyBundles(devices: MessageInitShape<typeof DeviceAddressSchema>[]): Promise<PrekeyBundle[]>;
  openDirect(accountId: Uint8Array): Promise<{ conversation: Conversation; roster: Roster }>;
  /** With the conversation as it stands after the entry, but for who was only invited, and declines. */
  appendMembershipEntry(entry: Uint8Array): Promise<AppendedEntry>;
  getMembership(
    conversationId: Uint8Array,
    entriesHeld: bigint,
    checkpointsFrom?: bigint,
    entriesWanted?: bigint,
  ): Promise<MembershipPage>;
  listRooms(page?: { token?: string; name?: string }): Promise<{ rooms: Room[]; nextPageToken: string }>;
  getRoster(conversationId: Uint8Array, version: bigint): Promise<Roster>;
  /** Drops a message's content at the relay. */
  eraseRow(conversationId: Uint8Array, sequence: bigint): Promise<void>;
  /** Ends this account at the relay, on the second half of a login. */
  deleteAccount(proof: { loginId: Uint8Array; finishLoginRequest: string }): Promise<void>;
  /** Opens the stream, says Hello and resolves at Welcome. */
  openStream(options: StreamOptions): Promise<RelayStream>;
  close(): void;
}

export interface PeopleWatch {
  /** Resolves once, with why the watch ended; undefined when the signal did it. */
  readonly closed: Promise<NetError | undefined>;
}

export interface StreamOptions {
  live: boolean;
  /** Fencing number of a live stream, see `Hello`. */
  lease: bigint;
  /** The newest `restoredAt` of a Welcome that was dealt with, see `Hello`. */
  restoredKnown?: bigint;
  /** Rows pushed to a live stream; answers to `pull` do not come here. */
  onDeliveries?: (deliveries: Delivery[]) => void;
  /** Conversations behind: those that follow Welcome, and what was left out of the pushes. */
  onHeads?: (heads: Conversation[]) => void;
  onResync?: () => void;
  /** Ephemeral frames of other devices, to a live stream. */
  onSignals?: (frames: Uint8Array[]) => void;
}

export type SubmitAnswer = { readonly accepted: Accepted } | { readonly refused: Refused };

export interface PullAnswer {
  readonly deliveries: Delivery[];
  readonly pulled: Pulled;
}

/** How far this device has a conversation. */
export interface Cursor {
  readonly conversationId: Uint8Array;
  readonly sequence: bigint;
}

export interface RelayStream {
  readonly welcome: {
    now: bigint;
    oneTimePrekeysLeft: number;
    acknowledged: bigint;
    lapsedAt: bigint;
    restoredAt: bigint;
  };
  /** The heads that came with Welcome: the conversations in which this device is behind. */
  readonly heads: Conversation[];
  /** Resolves with the relay's answer; rejects when the stream breaks first: the outcome is unknown, send the same bytes again. */
  submit(envelope: Uint8Array, wraps: Uint8Array): Promise<SubmitAnswer>;
  pull(conversationId: Uint8Array, after: bigint, limit: number): Promise<PullAnswer>;
  /** An ephemeral frame to those who are connected now. Nothing tells whether it went. */
  signal(frame: Uint8Array): void;
  /** Goes soon; nothing tells when it is there. */
  acknowledge(cursors: readonly Cursor[]): void;
  /** Resolves with the round trip in milliseconds. */
  ping(): Promise<number>;
  /** Resolves once, with why the stream ended; undefined after `close`. */
  readonly closed: Promise<NetError | undefined>;
  /** Flushes acknowledgements and ends the stream. */
  close(): Promise<void>;
}
