// Events that another program on the database has for the relays: `chat relay admin`, or a relay that cannot tell the
// others over NATS. PostgreSQL carries them, so it is for what is rare.
import { setTimeout as pause } from "node:timers/promises";
import pg from "pg";
import { z } from "zod";
import { accountId, conversationId, deviceId, idFromHex, toHex, validName } from "../../keys/public.ts";
import type { BusEvent } from "../fanout/bus.ts";
import { describeError, type Logger } from "../logger.ts";
import type { Queries } from "./pool.ts";

/** By the connection of this name a relay is known that serves the database. */
export const EVENTS_APPLICATION = "sotto-events";
const CHANNEL = "sotto_events";
/** PostgreSQL takes less than 8,000 bytes. */
const MAX_PAYLOAD = 7_900;
const RETRY_MS = 1_000;
const ASK_EVERY_MS = 30_000;
const ANSWER_TIMEOUT_MS = 5_000;
const END_MS = 1_000;
const CONNECT_TIMEOUT_MS = 2_000;

/** Whoever holds a lock of this number, shared, and of its own on the same database, is a relay that serves it. */
export const RELAYS_LOCK = 0x50_77_0001;

const hex = z.string().regex(/^(?:[\da-f]{2})+$/);
/** The relay that sent it, if it is one. */
const from = z.int().optional();
const carried = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("removed"), from, account: hex, device: hex, disabled: z.boolean() }),
  z.object({ kind: z.literal("moved"), from, conversation: hex, devices: z.array(hex) }),
  z.object({
    kind: z.literal("registered"),
    from,
    account: hex,
    name: z.string(),
    at: z.string().regex(/^\d{1,19}$/),
  }),
]);
type Carried = z.infer<typeof carried>;

/** To every relay that listens now, but the one they come from. One that does not hears it from the database in time. */
export async function carryEvents(db: Queries, events: readonly BusEvent[], relay?: number): Promise<void> {
  for (const event of events) {
    const payload = JSON.stringify(pack(event, relay));
    // Who is not told of a new roster hears of it with the next row.
    if (payload !== undefined && Buffer.byteLength(payload) <= MAX_PAYLOAD) {
      await db.query("select pg_notify($1, $2)", [CHANNEL, payload]);
    }
  }
}

interface Receiving {
  readonly log: Logger;
  /** By which other relays know this one, for as long as the connection stands. */
  readonly relay: number;
  readonly onConnected: () => Promise<void>;
  /** A comment by which the operator can tell what it is (about-relay.ts). */
  readonly about: string;
  /** How often the database is asked whether it is still there. */
  readonly askEveryMs?: number;
}

/**
 * Hears what others carry here, on a connection of its own that is made again whenever it is lost; `onConnected` each
 * time, for what was missed meanwhile. Returns what ends it.
 */
export function receiveEvents(
  connection: pg.ClientConfig,
  hear: (event: BusEvent) => void,
  { log, relay, onConnected, about, askEveryMs = ASK_EVERY_MS }: Receiving,
): () => Promise<void> {
  const ending = new AbortController();
  let client: pg.Client | undefined;
  let connecting: Promise<unknown> | undefined;
  const listen = async (): Promise<void> => {
    const mine = new pg.Client({
      ...connection,
      application_name: EVENTS_APPLICATION,
      keepAlive: true,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: ANSWER_TIMEOUT_MS,
    });
    const lost = new Promise<void>((resolve) => mine.once("end", resolve));
    mine.on("error", () => undefined); // `end` follows
    mine.on("notification", ({ payload }) => {
      const event = unpack(payload, relay);
      if (event !== undefined) hear(event);
    });
    client = mine;
    try {
      connecting = mine.connect();
      await connecting;
      await mine.query(`listen ${CHANNEL}`);
      // A machine that is gone without a word is no relay any more.
      await mine.query(
        "set tcp_keepalives_idle = 20; set tcp_keepalives_interval = 5; set tcp_keepalives_count = 3",
      );
      await mine.query(`select pg_advisory_lock_shared($1, $2) ${about}`, [RELAYS_LOCK, relay]);
      await onConnected();
      await Promise.race([lost, silence(mine, { about, askEveryMs, signal: ending.signal })]);
    } finally {
      await endOf(mine);
    }
  };
  const running = (async () => {
    while (!ending.signal.aborted) {
      await listen().catch((error: unknown) => {
        if (!ending.signal.aborted) log.warn(describeError(error), "cannot hear the operator");
      });
      await pause(RETRY_MS, undefined, { signal: ending.signal }).catch(() => undefined);
    }
  })();
  return async () => {
    ending.abort();
    // A client that is ended while it connects never says that it has not.
    await connecting?.catch(() => undefined);
    if (client !== undefined) await endOf(client);
    await running;
  };
}

/** Rejects when the database does not answer any more: one that is gone without a word ends no connection. */
async function silence(
  client: pg.Client,
  { about, askEveryMs, signal }: { about: string; askEveryMs: number; signal: AbortSignal },
): Promise<void> {
  for (;;) {
    await pause(askEveryMs, undefined, { signal, ref: false });
    await client.query(`select 1 ${about}`);
  }
}

/** Of a connection to a database that does not answer, the end is not waited for. */
async function endOf(client: pg.Client): Promise<void> {
  const patience = pause(END_MS, undefined, { ref: false });
  await Promise.race([client.end().catch(() => undefined), patience]);
}

function pack(event: BusEvent, relay: number | undefined): Carried | undefined {
  const from = relay === undefined ? {} : { from: relay };
  switch (event.kind) {
    case "removed":
      return {
        kind: "removed",
        ...from,
        account: toHex(event.accountId),
        device: toHex(event.deviceId),
        disabled: event.disabled === true,
      };
    case "moved":
      return {
        kind: "moved",
        ...from,
        conversation: toHex(event.conversationId),
        devices: [...event.devices],
      };
    case "registered": {
      const { accountId: id, name, registeredAt } = event;
      return { kind: "registered", ...from, account: toHex(id), name, at: String(registeredAt) };
    }
    default:
      return undefined;
  }
}

/** Whoever may write to the database may notify; nothing that is not an event does harm here. */
function unpack(payload: string | undefined, relay: number): BusEvent | undefined {
  try {
    const event = carried.parse(JSON.parse(payload ?? ""));
    if (event.from === relay) return undefined;
    if (event.kind === "registered") {
      const { account, name, at } = event;
      if (!validName(name)) return undefined;
      return { kind: "registered", accountId: idFromHex(accountId, account), name, registeredAt: BigInt(at) };
    }
    if (event.kind === "moved") {
      const conversation = idFromHex(conversationId, event.conversation);
      return { kind: "moved", conversationId: conversation, devices: event.devices };
    }
    return {
      kind: "removed",
      accountId: idFromHex(accountId, event.account),
      deviceId: idFromHex(deviceId, event.device),
      ...(event.disabled ? { disabled: true } : {}),
    };
  } catch {
    return undefined;
  }
}
