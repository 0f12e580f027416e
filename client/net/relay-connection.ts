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
  AcceptedSchema,
  ConversationSchema,
  CursorSchema,
  DeliverySchema,
  PulledSchema,
  RefusedSchema,
  RosterSchema,
} from "../../proto/gen/sotto/relay/v1/messaging_pb.ts";
import type { NetError } from "./net-error.ts";

export type Person = MessageShape<typeof PersonSchema>;
export type ChainEntries = MessageShape<typeof ChainEntriesSchema>;
export type PrekeyBundle = MessageShape<typeof PrekeyBundleSchema>;
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
  getAccountChains(positions: MessageInitShape<typeof ChainPositionSchema>[]): Promise<ChainEntries[]>;
  appendAccountEntry(entry: Uint8Array): Promise<void>;
  publishPrekeys(
    prekeys: MessageInitShape<typeof PublishPrekeysRequestSchema>,
  ): Promise<{ oneTimeLeft: number }>;
  countPrekeys(): Promise<{ oneTimeLeft: number; signedPrekeyId: number; lastResortPrekeyId: number }>;
  takePrekeyBundles(devices: MessageInitShape<typeof DeviceAddressSchema>[]): Promise<PrekeyBundle[]>;
  openDirect(accountId: Uint8Array): Promise<{ conversation: Conversation; roster: Roster }>;
  getRoster(conversationId: Uint8Array, version: bigint): Promise<Roster>;
  /** Opens the stream, says Hello and resolves at Welcome. */
  openStream(options: StreamOptions): Promise<RelayStream>;
  close(): void;
}

export interface StreamOptions {
  live: boolean;
  /** Fencing number of a live stream, see `Hello`. */
  lease: bigint;
  /** Rows pushed to a live stream; answers to `pull` do not come here. */
  onDeliveries?: (deliveries: Delivery[]) => void;
  /** Conversations behind: those that follow Welcome, and what was left out of the pushes. */
  onHeads?: (heads: Conversation[]) => void;
  onResync?: () => void;
}

export type SubmitAnswer = { readonly accepted: Accepted } | { readonly refused: Refused };

export interface PullAnswer {
  readonly deliveries: Delivery[];
  readonly pulled: Pulled;
}

export interface RelayStream {
  readonly welcome: { now: bigint; oneTimePrekeysLeft: number };
  /** The heads that came with Welcome: the conversations in which this device is behind. */
  readonly heads: Conversation[];
  /** Resolves with the relay's answer; rejects when the stream breaks first: the outcome is unknown, send the same bytes again. */
  submit(envelope: Uint8Array, wraps: Uint8Array): Promise<SubmitAnswer>;
  pull(conversationId: Uint8Array, after: bigint, limit: number): Promise<PullAnswer>;
  acknowledge(cursors: MessageInitShape<typeof CursorSchema>[]): void;
  /** Resolves with the round trip in milliseconds. */
  ping(): Promise<number>;
  /** Resolves once, with why the stream ended; undefined after `close`. */
  readonly closed: Promise<NetError | undefined>;
  /** Flushes acknowledgements and ends the stream. */
  close(): Promise<void>;
}
