// What a device is told when it comes. After an interruption all devices come at once.
import type { DeviceOfAccount } from "../auth/sql/device-standing.ts";
import { Asked } from "../db/asked.ts";
import type { Queries } from "../db/pool.ts";
import { MAX_GREETED_AT_ONCE, MAX_PASTS_AT_ONCE } from "./limits.ts";
import type { ConversationRow } from "./sql/select-conversations.ts";
import { type DeviceBehind, selectConversationsBehind } from "./sql/select-conversations-behind.ts";
import { type Past, selectPasts } from "./sql/select-past.ts";

/** Statements of each kind at a time: connections are left to the writer. */
const STATEMENTS_AT_ONCE = 2;

export class Greetings {
  readonly #behind: Asked<DeviceBehind, ConversationRow[]>;
  readonly #pasts: Asked<DeviceOfAccount, Past>;

  constructor(database: Queries) {
    this.#behind = new Asked({
      answer: (devices) => selectConversationsBehind(database, devices),
      most: MAX_GREETED_AT_ONCE,
      atOnce: STATEMENTS_AT_ONCE,
    });
    this.#pasts = new Asked({
      answer: (devices) => selectPasts(database, devices),
      most: MAX_PASTS_AT_ONCE,
      atOnce: STATEMENTS_AT_ONCE,
    });
  }

  behind(device: DeviceBehind, isOver: () => boolean): Promise<ConversationRow[]> {
    return this.#behind.ask(device, isOver);
  }

  past(device: DeviceOfAccount, isOver: () => boolean): Promise<Past> {
    return this.#pasts.ask(device, isOver);
  }
}
