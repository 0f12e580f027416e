const DAY_MS = 24 * 3_600_000;

/** Messages older than this are emptied, unless `--retention` says otherwise. */
export const RETENTION_MS = 30 * DAY_MS;
/** A device that is silent for so long is left out of rosters. Its refresh token lives longer than that. */
export const LAPSE_MS = 45 * DAY_MS;
/** A clock that is set by more is not believed about what is old, */
export const CLOCK_LEAP_MS = DAY_MS;
/** until it has gone on for so long. */
export const CLOCK_STEADY_MS = DAY_MS;
/** A device is noted as seen at most this often. */
export const SEEN_EVERY_MS = 3_600_000;
/** A token that ran out is told from a made-up one for so long. */
export const ENDED_TOKENS_MS = 30 * DAY_MS;

export const UPKEEP_EVERY_MS = 60_000;
/** Rows of one statement: a lock on them is short, and the writer gets its turn in between. */
export const UPKEEP_BATCH = 500;
/** The pause after a batch, as a multiple of what it took: so much of the disk is left to those who send and read. */
export const UPKEEP_PAUSE = 3;
/** Devices and accounts that are cleared away in one go: each may have thousands of rows that nobody else looks at. */
export const CLEARED_A_BATCH = 20;
/** Devices that lapse in one go: each is a transaction over all of its conversations. */
export const LAPSES_A_BATCH = 20;
