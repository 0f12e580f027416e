/** Streams that one device may hold open: a hundred `chat send` processes at once are a legitimate device. */
export const MAX_STREAMS_PER_DEVICE = 128;
/** Submits of one stream that are not answered yet; further ones wait unread. */
export const MAX_SUBMITS_UNDER_WAY = 256;
/** Submits of one account that are not answered yet, over all its streams: half a batch of the writer. */
export const MAX_SUBMITS_OF_ACCOUNT = 512;
/** Answers that a stream does not read; beyond it, it is not read. */
export const MAX_ANSWERS_WAITING = 4_096;
/** A stream that says nothing at first is ended. */
export const HELLO_TIMEOUT_MS = 10_000;
export const MAX_PULL_ROWS = 500;
export const DEFAULT_PULL_ROWS = 200;
/** Rows of one answer, but for a single one that is larger. With everything else in a frame, well below 2 MiB. */
export const MAX_PULL_BYTES = 1024 * 1024;
export const MAX_CURSORS = 1_000;
/** Conversations that one account may open; those that others open with it do not count. */
export const MAX_CONVERSATIONS_OPENED = 5_000;
/** Of them within a day. */
export const MAX_CONVERSATIONS_OPENED_A_DAY = 500;
/** Rows of one account in a direct conversation in which the other one never wrote: he may not want any. */
export const MAX_UNANSWERED_ROWS = 100;
/** The same between members of a group: what their programs tell each other of it goes that way. */
export const MAX_UNANSWERED_ROWS_OF_FELLOWS = 10_000;
export const MAX_PACKED_WRAPS_BYTES = 1_572_864;

/** What an account may have stored that is not yet as old as messages get. */
export const STORAGE_QUOTA = { rows: 5_000_000, bytes: 16 * 1024 ** 3 };
/** How often it is counted. */
export const STORAGE_COUNT_MS = 5_000;

/** Pushed rows that wait for a reader; beyond it the reader is owed heads instead. */
export const MAX_PUSHED_BYTES = 256 * 1024;
/** Signals that wait for a reader; beyond it they are dropped. */
export const MAX_SIGNALS_WAITING = 16;
/** Conversations whose heads a reader is owed; beyond it, it is told to resync. */
export const MAX_HEADS_OWED = 1_000;
export const MAX_HEADS_A_FRAME = 500;
/** Pages and owed heads read from the database at the same time, so that readers leave connections to the writer. */
export const MAX_PAGES_AT_ONCE = 4;
/** The same of one account, so that it does not keep everybody else's waiting. */
export const MAX_PAGES_OF_ACCOUNT = 2;

/** Devices that come whose conversations one statement looks for: each may be in thousands. */
export const MAX_GREETED_AT_ONCE = 32;
/** The same for the few numbers that each is told of itself. */
export const MAX_PASTS_AT_ONCE = 128;

/** Submits that one transaction takes. In a large batch a reader's rows share a frame, which is what a message costs most by. */
export const MAX_BATCH = 1_024;
export const MAX_BATCH_BYTES = 8 * 1024 * 1024;
/** Submits that wait for the writer, over all streams; beyond it, streams are not read. */
export const MAX_QUEUED_BYTES = 64 * 1024 * 1024;
