import { randomBytes } from "../../keys/public.ts";
import { MessagingService } from "../../proto/gen/sotto/relay/v1/messaging_pb.ts";
import type { Bus } from "../fanout/bus.ts";
import { ConnectedDevices } from "../fanout/connected-devices.ts";
import { defaultRates, type MessageRates } from "../limits.ts";
import { SeldomLog } from "../log-seldom.ts";
import { describeError } from "../logger.ts";
import type { Parts } from "../parts.ts";
import { type Service, service } from "../service.ts";
import { RETENTION_MS } from "../upkeep/limits.ts";
import { Acknowledgements } from "./acknowledgements.ts";
import { Allowances } from "./allowances.ts";
import { Deadlines } from "./deadlines.ts";
import type { UnansweredLimits } from "./decide.ts";
import { eraseRow } from "./erase-row.ts";
import { getRoster } from "./get-roster.ts";
import { Greetings } from "./greetings.ts";
import {
  HELLO_TIMEOUT_MS,
  MAX_CONVERSATIONS_OPENED,
  MAX_CONVERSATIONS_OPENED_A_DAY,
  MAX_PAGES_AT_ONCE,
  MAX_STREAMS_PER_DEVICE,
  MAX_UNANSWERED_ROWS,
  MAX_UNANSWERED_ROWS_OF_FELLOWS,
  STORAGE_COUNT_MS,
  STORAGE_QUOTA,
} from "./limits.ts";
import { openDirect } from "./open-direct.ts";
import { Rosters } from "./rosters.ts";
import { Session, type Shared } from "./session.ts";
import { Signals } from "./signals.ts";
import { Storage, type StorageQuota } from "./storage.ts";
import { Turns } from "./turns.ts";
import { Writer } from "./writer.ts";

export interface MessagingOptions {
  readonly maxOpened?: number;
  readonly maxOpenedADay?: number;
  readonly unanswered?: UnansweredLimits;
  readonly maxStreams?: number;
  readonly helloTimeoutMs?: number;
  readonly rates?: Partial<MessageRates>;
  readonly quota?: StorageQuota;
  readonly countStorageMs?: number;
  readonly retentionMs?: number;
}

export function messagingService(
  parts: Pick<Parts, "database" | "clock" | "log" | "metrics">,
  bus: Bus,
  {
    maxOpened = MAX_CONVERSATIONS_OPENED,
    maxOpenedADay = MAX_CONVERSATIONS_OPENED_A_DAY,
    unanswered = { strangers: MAX_UNANSWERED_ROWS, fellows: MAX_UNANSWERED_ROWS_OF_FELLOWS },
    maxStreams = MAX_STREAMS_PER_DEVICE,
    helloTimeoutMs = HELLO_TIMEOUT_MS,
    rates,
    quota = STORAGE_QUOTA,
    countStorageMs = STORAGE_COUNT_MS,
    retentionMs = RETENTION_MS,
  }: MessagingOptions = {},
): Service {
  const { database, clock, log, metrics } = parts;
  const rosters = new Rosters();
  const failures = new SeldomLog(log);
  const onError = (error: unknown): void => failures.error(() => describeError(error), "could not store");
  const pages = new Turns(MAX_PAGES_AT_ONCE);
  metrics.pullsWaiting.from(() => pages.waiting);
  const shared: Shared = {
    parts,
    connected: new ConnectedDevices(bus, maxStreams, metrics),
    writer: new Writer({ database, rosters, bus, clock, unanswered, metrics, onError }),
    acknowledgements: new Acknowledgements(database, metrics, onError),
    signals: new Signals(database, rosters, bus, metrics, onError),
    allowances: new Allowances({ rates: { ...defaultRates, ...rates }, metrics }),
    storage: new Storage({ database, clock, quota, retentionMs, everyMs: countStorageMs, metrics, onError }),
    pages,
    greetings: new Greetings(database),
    deadlines: new Deadlines(),
    helloTimeoutMs,
  };
  return service(MessagingService, {
    openDirect: {
      access: "devices",
      handle: (request, caller) =>
        openDirect(
          { database, rosters, random: randomBytes, clock, maxOpened, maxOpenedADay },
          request,
          caller,
        ),
    },
    getRoster: {
      access: "devices",
      handle: (request, caller) => getRoster(database, rosters, request, caller),
    },
    eraseRow: {
      access: "devices",
      handle: (request, caller) => eraseRow(database, request, caller),
    },
    connect: {
      access: "devices",
      handle: (call, caller) => new Session(shared, call, caller).start(),
    },
  });
}
