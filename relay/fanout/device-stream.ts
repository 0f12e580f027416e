import type { ConversationId } from "../../keys/public.ts";
import type { RelayError } from "../errors.ts";
import type { CommittedRow } from "./committed-row.ts";

/** What the fan-out does with a device that is connected here. None of it may throw or wait. */
export interface DeviceStream {
  /** Takes a row to push, or leaves it out and owes the head. */
  push(conversationId: ConversationId, row: CommittedRow): void;
  /** Takes a signal, or drops it when there is no room. */
  signal(frame: Uint8Array): void;
  /** Tells the head as soon as there is room. */
  oweHead(conversationId: ConversationId): void;
  end(error: RelayError): void;
}
