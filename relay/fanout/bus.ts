// What the relay's processes tell each other. PostgreSQL is the truth: an event that is lost costs latency, not mail.
import type { AccountId, ConversationId, DeviceId } from "../../keys/public.ts";
import type { CommittedRow, DeviceKey } from "./committed-row.ts";
import type { DeviceStream } from "./device-stream.ts";

/** A conversation has a new row or a new roster. */
export interface Moved {
  readonly kind: "moved";
  readonly conversationId: ConversationId;
  /** Whom it concerns: the newest roster. */
  readonly devices: readonly DeviceKey[];
  /** The new row, if there is one and it came with the event; otherwise devices are told the head. */
  readonly row?: CommittedRow;
}

/** A device is not let in any more. */
export interface Removed {
  readonly kind: "removed";
  readonly accountId: AccountId;
  readonly deviceId: DeviceId;
  /** Its account is shut by the operator. */
  readonly disabled?: true;
}

/** Somebody is new. */
export interface Registered {
  readonly kind: "registered";
  readonly accountId: AccountId;
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly registeredAt: bigint;
}

/** A device says something to those that are connected now. */
interface Signalled {
  readonly kind: "signalled";
  readonly devices: readonly DeviceKey[];
  readonly frame: Uint8Array;
}

/** Another process has added a message to a log; heard for each device of it that is live here. */
interface Added {
  readonly kind: "added";
  readonly conversationId: ConversationId;
  readonly row: CommittedRow;
}

/** What is published, and what only others have. */
export type BusEvent = Moved | Removed | Registered | Signalled | Added;

export interface Bus {
  publish(event: BusEvent): void;
  /**
   * Events of all processes, this one's own too; but what another process has for single devices, their streams get by
   * `attend`. Returns what ends the subscription.
   */
  subscribe(listen: (event: BusEvent) => void): () => void;
  /** From now on the device is live here, on this stream: it gets what others have for it. */
  attend(device: DeviceKey, stream: DeviceStream, lease: bigint): void;
  /** It is not live here any more. */
  leave(device: DeviceKey): void;
}
