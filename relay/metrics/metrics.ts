// What the relay counts. Three questions: is it healthy, who is slow, what is lost. No name, id, address or text may ever
// become a label; whatever does is one of a few words that stand in this program.
import { Registry } from "prom-client";
import { failureKinds } from "../db/pool.ts";
import { reasonNames } from "../errors.ts";
import { Counts } from "./family.ts";

/** Seconds: what one person waits for. */
const WAITS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** Seconds: what one statement takes; fewer, since there are many statements. */
const STATEMENTS = [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10];
const ROWS = [1, 2, 4, 8, 16, 32, 64, 128, 256];

/** A stream that is written to. */
export interface Reader {
  /** Bytes of pushed rows that wait for it to read. */
  readonly waitingBytes: number;
  /** It was left something out and has not caught up since. */
  readonly isSlow: boolean;
}

export type Metrics = ReturnType<typeof createMetrics>;

/** One of these a relay. Whatever is counted costs some nanoseconds; text is made when somebody asks. */
export function createMetrics() {
  const registry = new Registry();
  const counts = new Counts(registry);
  const named = (name: string, help: string) => ({ name: `sotto_relay_${name}`, help });
  const readers = new Set<Reader>();

  const slowReaders = counts.gauge(
    named(
      "slow_readers",
      "Streams that were left rows out because they do not read. They catch up by pulling.",
    ),
  );
  slowReaders.from(() => [...readers].filter(({ isSlow }) => isSlow).length);
  const waitingBytes = counts.gauge(
    named(
      "waiting_bytes",
      "Bytes of pushed rows that wait for their readers, over all streams. Bounded for each stream.",
    ),
  );
  waitingBytes.from(() => [...readers].reduce((sum, reader) => sum + reader.waitingBytes, 0));

  return {
    registry,

    // Healthy?
    build: counts.gauges(named("build_info", "1, with the version of Sotto and of Node."), [
      "version",
      "node",
    ]),
    ready: counts.gauge(
      named("ready", "1 while the relay can do its work. At 0, /readyz says why; send no clients here."),
    ),
    notReady: counts.gauges(named("not_ready", "1 for the reason why the relay is not ready."), ["reason"]),
    callsOpen: counts.gauges(
      named("calls_open", "Calls and streams open now; Connect is one a connected client."),
      ["method"],
    ),
    calls: counts.counters(
      named(
        "calls_total",
        "Calls that have ended, by method and gRPC code. INTERNAL and UNAVAILABLE are ours to mend.",
      ),
      ["method", "code"],
    ),
    callSeconds: counts.histograms(
      named("call_seconds", "How long unary calls took. Look at statement_seconds when it grows."),
      ["method"],
      WAITS,
    ),
    callsRefused: counts
      .counters(
        named(
          "calls_refused_total",
          "Calls and streams that were refused, by the reason that the client was given. token_reused: somebody copied a profile or stole a token.",
        ),
        ["reason"],
      )
      .beginWith(reasonNames),
    incidents: counts.counter(
      named(
        "incidents_total",
        "Errors that nobody foresaw. Each has a line `unforeseen error` in the log: a bug.",
      ),
    ),
    connectionsOpen: counts.gauge(named("connections_open", "TCP connections of clients or of the proxy.")),
    certificateExpiry: counts.gauge(
      named(
        "certificate_expiry_timestamp_seconds",
        "When the TLS certificate runs out. Renew it well before.",
      ),
    ),
    restoredConversations: counts.gauge(
      named(
        "restored_conversations",
        "Conversations that this start found put back to an older state; clients send again what was lost. Clear with the next start.",
      ),
    ),
    marked: counts.gauge(
      named(
        "mark_timestamp_seconds",
        "When the mark by which an older database is noticed last moved. Every minute, unless the data folder or the database cannot be written.",
      ),
    ),
    rateLimited: counts.counters(
      named(
        "rate_limited_total",
        "What was refused as too often, or made to wait, by limit. A limit that honest people meet is too low.",
      ),
      ["limit"],
    ),
    quotaExceeded: counts.counters(named("quota_exceeded_total", "What was refused as too much, by quota."), [
      "quota",
    ]),
    connectionsRefused: counts.counters(
      named(
        "connections_refused_total",
        "Connections that were closed, and calls that were cut, because of what they did, by reason.",
      ),
      ["reason"],
    ),

    // What is sent.
    submitsAccepted: counts.counter(
      named(
        "submits_accepted_total",
        "Messages that were stored, or had been before, and acknowledged to their sender.",
      ),
    ),
    submitsRefused: counts
      .counters(
        named(
          "submits_refused_total",
          "Messages that were not taken, by reason. stale_roster is everyday; relay_unavailable is ours.",
        ),
        ["reason"],
      )
      .beginWith(reasonNames),
    rowsStored: counts.counter(named("rows_stored_total", "Rows of messages that were committed.")),
    storedBytes: counts.counter(
      named(
        "stored_bytes_total",
        "Bytes of envelopes and wraps that were committed: how fast the disk fills.",
      ),
    ),
    submitSeconds: counts.histogram(
      named(
        "submit_seconds",
        "From a message's arrival to its answer, the wait for the writer included: what senders feel.",
      ),
      WAITS,
    ),
    storeSeconds: counts.histogram(
      named(
        "store_seconds",
        "What a batch of messages took in the database. Grows with the disk's flush time.",
      ),
      WAITS,
    ),
    batchRows: counts.histogram(
      named("batch_rows", "Messages that one transaction took. Near 256: the database is the bound."),
      ROWS,
    ),
    storeRetries: counts.counter(
      named(
        "store_retries_total",
        "Messages decided anew, since another relay moved the same conversation meanwhile.",
      ),
    ),
    queueRows: counts.gauge(
      named(
        "writer_queue_rows",
        "Messages that wait for the writer. Grows when the database is slower than the senders.",
      ),
    ),
    queueBytes: counts.gauge(
      named(
        "writer_queue_bytes",
        "Bytes of messages that wait for the writer. At 64 MiB streams are read no further.",
      ),
    ),

    // What is received.
    pushed: counts.counter(
      named("deliveries_pushed_total", "Rows that were pushed to live streams from memory."),
    ),
    pulled: counts.counter(
      named("deliveries_pulled_total", "Rows that were read from the log for whoever pulled."),
    ),
    pushesLeftOut: counts.counter(
      named(
        "pushes_left_out_total",
        "Rows that were not pushed since their reader is too slow. They are pulled: late, not lost.",
      ),
    ),
    headsOwed: counts.counter(
      named("heads_owed_total", "Times that a device was to be told a head in place of a row."),
    ),
    resyncs: counts.counter(
      named("resyncs_total", "Times that a reader was so far behind that it had to look at everything anew."),
    ),
    readers,
    slowReaders,
    waitingBytes,
    pullSeconds: counts.histogram(
      named(
        "pull_seconds",
        "From a pull to its page, the wait for a turn included: what those who come back feel.",
      ),
      WAITS,
    ),
    pullsWaiting: counts.gauge(
      named(
        "pulls_waiting",
        "Pulls, and heads that are owed, that wait for their turn at the database. High while many come back at once.",
      ),
    ),
    acknowledged: counts.counter(named("acknowledgements_total", "Cursors that were moved in the database.")),
    acknowledgeSeconds: counts.histogram(
      named(
        "acknowledgement_seconds",
        "From an acknowledgement to its commit. What is lost of it is delivered twice, no more.",
      ),
      WAITS,
    ),
    acknowledgementsWaiting: counts.gauge(
      named(
        "acknowledgements_waiting",
        "Cursors that wait to be moved. At 20000 streams are read no further.",
      ),
    ),
    signals: counts.counter(named("signals_total", "Signals (typing, presence) that were passed on.")),
    signalsDropped: counts.counters(
      named(
        "signals_dropped_total",
        "Signals that were dropped: by a slow reader, over the rate, or invalid. Never a message.",
      ),
      ["reason"],
    ),
    streamsOpen: counts.gauge(named("streams_open", "Streams of clients, live or not.")),
    devicesLive: counts.gauge(
      named("devices_live", "Devices whose live stream is here: they are pushed to."),
    ),

    // The database.
    statementSeconds: counts.histograms(
      named(
        "statement_seconds",
        "What each statement took, the way to the database included, by its name. The slow one leads to its SQL file.",
      ),
      ["statement"],
      STATEMENTS,
    ),
    statementErrors: counts
      .counters(
        named(
          "statement_errors_total",
          "Statements that failed, by kind: away, timeout, full (disk), read_only, limit, conflict (everyday, done anew), other (a bug).",
        ),
        ["kind"],
      )
      .beginWith(failureKinds),
    poolInUse: counts.gauge(named("pool_connections_in_use", "Connections to the database that work now.")),
    poolOpen: counts.gauge(named("pool_connections_open", "Connections to the database.")),
    poolSize: counts.gauge(
      named("pool_connections_max", "Connections to the database that the relay may have."),
    ),
    poolWaiting: counts.gauge(
      named(
        "pool_waiting",
        "Statements that wait for a connection. Above 0 for long: the database is too slow.",
      ),
    ),

    // Other relays.
    busConnected: counts.gauge(
      named(
        "bus_connected",
        "1 while NATS is there; without it mail comes by polling, up to 2 s later. Absent without --nats.",
      ),
    ),
    busPublished: counts.counters(named("bus_published_total", "Events told to other relays, by kind."), [
      "kind",
    ]),
    busReceived: counts.counters(named("bus_received_total", "Events heard from other relays, by kind."), [
      "kind",
    ]),
    busRejected: counts.counters(
      named(
        "bus_rejected_total",
        "Events that were not told or not believed, by reason. They cost latency only.",
      ),
      ["reason"],
    ),
    polls: counts.counter(
      named("polls_total", "Times that the database was asked for news of devices that are live here."),
    ),
    pollSeconds: counts.histogram(named("poll_seconds", "What such a question took."), WAITS),
    headsByPoll: counts.counter(
      named(
        "heads_by_poll_total",
        "Heads that only a poll found. Many while NATS is there: its events get lost.",
      ),
    ),

    // Upkeep.
    upkeepDone: counts.counters(
      named(
        "upkeep_done_total",
        "What was cleared away, by task: messages emptied, devices lapsed, tokens and accounts deleted.",
      ),
      ["task"],
    ),
    upkeepFailed: counts.counters(
      named(
        "upkeep_failures_total",
        "Times that a task failed. It is tried again every minute; the log says why.",
      ),
      ["task"],
    ),
    upkeepDoneAt: counts.gauge(
      named(
        "upkeep_success_timestamp_seconds",
        "When all tasks last came to their end. Older than an hour: look at the log.",
      ),
    ),
  };
}
